"""Files and directories, with formats and without."""

import typing

from sdk import FlyteDirectory, FlyteFile, task, workflow


@task
def files(
    a: FlyteFile,
    b: FlyteFile["csv"],
    c: typing.List[FlyteFile],
    d: FlyteDirectory,
    e: FlyteDirectory["png"],
    f: typing.Optional[FlyteFile] = None,
) -> typing.Tuple[FlyteFile, FlyteDirectory]:
    return a, d


@workflow
def flow(a: FlyteFile, d: FlyteDirectory) -> FlyteFile:
    x, y = files(a=a, b="s3://bucket/a.csv", c=[a, "s3://bucket/b"], d=d, e="s3://bucket/dir")
    return x
