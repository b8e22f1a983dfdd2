"""What Python itself says of a task names the task, and no code of ours."""

from __future__ import annotations

import asyncio
import gc
import importlib.metadata
import traceback
import warnings

import pytest

import fletching
from fletching import task


@task
async def fetch(a: int) -> int:
    raise LookupError(a)


@task
def divide(a: int) -> int:
    return 1 // a


def test_a_coroutine_that_nobody_awaits_is_called_by_its_task() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
        caught.clear()  # what others left behind
        fetch(1)  # type: ignore[unused-coroutine]  # that is what the test is about
        gc.collect()
    assert [str(one.message) for one in caught] == ["coroutine 'fetch' was never awaited"]


def test_an_asyncio_task_is_called_by_its_task() -> None:
    async def main() -> str:
        running = asyncio.ensure_future(fetch(a=1))
        name = str(running.get_coro().__qualname__)  # type: ignore[union-attr]
        with pytest.raises(LookupError):
            await running
        return name

    assert asyncio.run(main()) == "fetch"


def test_a_traceback_names_the_task() -> None:
    divide(1)  # the first call goes another way
    with pytest.raises(ZeroDivisionError) as caught:
        divide(0)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-2:] == ["divide", "divide"]


def test_the_version_of_the_package() -> None:
    assert fletching.__version__ == importlib.metadata.version("fletching")
    assert not hasattr(fletching, "_no_such_name")
