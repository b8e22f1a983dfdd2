"""A module that uses what another one declares."""

import typing

import wf_nested
import wf_plain

from sdk import task, workflow


@task
def own(a: int) -> int:
    return a


@workflow
def flow(a: int) -> typing.Tuple[int, int]:
    x = wf_plain.chain(a=own(a=a))
    y = wf_nested.outer(a=wf_plain.add(a=x, b=1))
    return x, y.o0
