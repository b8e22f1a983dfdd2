"""What a task that cleans up is told."""

import typing

from sdk import FlyteError, task


@task
def told(a: int, err: typing.Optional[FlyteError] = None) -> None: ...
