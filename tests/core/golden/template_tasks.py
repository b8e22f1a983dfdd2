"""Tasks written for both SDKs; ``sdk`` and ``accelerators`` are put here by whoever runs this file."""

import datetime
import typing
from dataclasses import dataclass
from enum import Enum


@dataclass
class Row:
    a: int
    b: typing.List[str]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@sdk.task
def plain(a: int, b: str = "x") -> float:
    return 1.0


@sdk.task
def nothing() -> None: ...


@sdk.task
def documented(a: int, b: int) -> int:
    """Short line.

    A longer text
    on two lines.

    :param a: the first
    :param b: the second
    :return: the sum
    """
    return a + b


@sdk.task(
    retries=3,
    timeout=datetime.timedelta(minutes=5),
    interruptible=True,
    deprecated="old",
    cache=True,
    cache_version="1.0",
    cache_serialize=True,
    cache_ignore_input_vars=("b",),
    environment={"A": "1"},
    pod_template_name="template",
    labels={"k": "v"},
    annotations={"n": "w"},
    enable_deck=True,
)
def everything(a: int, b: int) -> typing.Tuple[int, str]:
    return a, ""


@sdk.task(
    requests=sdk.Resources(cpu="1", mem="1Gi", ephemeral_storage="2Gi"),
    limits=sdk.Resources(cpu="2", mem="2Gi", gpu="1"),
    container_image="{{.image.default.fqn}}:{{.image.default.version}}",
)
def resourced(a: int) -> int:
    return a


@sdk.task(accelerator=accelerators.T4, shared_memory="2Gi")
def accelerated(a: int) -> int:
    return a


@sdk.task(accelerator=accelerators.A100.partition_1g_5gb, shared_memory=True)
def partitioned(a: int) -> int:
    return a


@sdk.task(
    secret_requests=[
        sdk.Secret(group="g", key="k", mount_requirement=sdk.Secret.MountType.FILE),
        sdk.Secret(group="g2", env_var="TOKEN", mount_requirement=sdk.Secret.MountType.ENV_VAR),
    ]
)
def secretive(a: int) -> int:
    return a


@sdk.task
def types(
    rows: typing.List[Row],
    mapping: typing.Dict[str, int],
    color: Color,
    maybe: typing.Optional[int],
    when: datetime.datetime,
    how_long: datetime.timedelta,
    untyped: dict,
    flag: bool,
) -> typing.List[typing.Dict[str, float]]:
    return []


@sdk.task
async def later(a: int) -> int:
    return a


@sdk.task(docs=sdk.Documentation(long_description=sdk.Description(value="mine")))
def short_docs(a: int) -> int:
    """One line only."""
    return a
