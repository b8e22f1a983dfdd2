"""Code that is fetched when the container starts."""

from sdk import task, workflow

SETTINGS = {"fast": {"enabled": True, "destination_dir": "/root", "distribution_location": "s3://bucket/code.tar.gz"}}


@task(retries=2)
def fetched(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return fetched(a=a)
