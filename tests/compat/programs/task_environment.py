"""Variables of the task beside those of the settings."""

from sdk import task

SETTINGS = {"env": {"FROM": "settings", "BOTH": "settings"}}


@task(environment={"BOTH": "task", "Z": "1", "A": "2"})
def own(a: int) -> int:
    return a


@task
def settings_only(a: int) -> int:
    return a


@task(environment={})
def empty(a: int) -> int:
    return a
