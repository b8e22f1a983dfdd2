"""What a task says of how it is run."""

import datetime

from sdk import task


@task(
    retries=3,
    timeout=datetime.timedelta(minutes=5, milliseconds=250),
    interruptible=True,
    deprecated="old",
    cache=True,
    cache_version="1.0",
    cache_serialize=True,
    cache_ignore_input_vars=("b",),
    environment={"B": "2", "A": "1"},
    pod_template_name="template",
    enable_deck=True,
)
def everything(a: int, b: int) -> int:
    return a


@task(interruptible=False, timeout=90)
def never_interrupted(a: int) -> int:
    return a
