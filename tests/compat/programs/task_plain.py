"""A task with a default."""

from sdk import task


@task
def plain(a: int, b: str = "x") -> float:
    return a + len(b)
