"""Files inside dataclasses."""

import typing
from dataclasses import dataclass

from sdk import FlyteDirectory, FlyteFile, task, workflow


@dataclass
class Paths:
    one: FlyteFile
    many: typing.List[FlyteFile]
    folder: FlyteDirectory


@task
def make() -> Paths:
    return Paths(FlyteFile("s3://bucket/a"), [], FlyteDirectory("s3://bucket/d"))


@task
def take(file: FlyteFile, folder: FlyteDirectory) -> int:
    return 1


@workflow
def flow() -> int:
    paths = make()
    return take(file=paths.one, folder=paths.folder)
