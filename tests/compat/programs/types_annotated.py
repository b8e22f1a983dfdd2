"""What an annotation carries beside its type."""

import typing
from typing import Annotated

from sdk import FlyteAnnotation, HashMethod, task, workflow


def digest(value: int) -> str:
    return str(value)


@task
def hashed(a: int) -> Annotated[int, HashMethod(digest)]:
    return a


@task(cache=True, cache_version="1")
def annotated(
    a: Annotated[int, FlyteAnnotation({"unit": "m", "range": [1, 2]})],
) -> typing.List[Annotated[int, HashMethod(digest)]]:
    return [a]


@workflow
def flow(a: int) -> typing.List[int]:
    return annotated(a=hashed(a=a))
