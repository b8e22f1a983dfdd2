"""Labels and annotations of a task's pods."""

from sdk import task


@task(labels={"team": "a", "app": "b"}, annotations={"note": "c"})
def labelled(a: int) -> int:
    return a


@task(labels={"team": "a"})
def labels_only(a: int) -> int:
    return a
