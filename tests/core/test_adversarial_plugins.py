"""Hooks and plugins that misbehave: what they break is their own, and the message says whose it was."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fletching import task
from fletching.errors import PluginContractError
from fletching.extend import hookimpl, manager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@task
def positive(a: int) -> int:
    if a < 0:
        raise ValueError("negative")
    return a


@task
async def positive_later(a: int) -> int:
    return positive.task_function(a)


CALLS: list[Callable[[int], int]] = [positive, lambda a: asyncio.run(positive_later(a))]  # type: ignore[arg-type]


class Around:
    """A hook whose context manager does as it is told."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    @hookimpl
    def fletching_around_execution(self) -> Any:
        return self.make()


@contextmanager
def registered(*makes: Callable[[], Any]) -> Iterator[None]:
    hooks = [Around(make) for make in makes]
    for each in hooks:
        manager().register(each)
    try:
        yield
    finally:
        for each in hooks:
            manager().unregister(each)


@contextmanager
def swallows() -> Iterator[None]:
    try:
        yield
    except ValueError:
        pass


@contextmanager
def fails_to_leave() -> Iterator[None]:
    yield
    raise LookupError("leaving")


@contextmanager
def fails_to_enter() -> Iterator[None]:
    raise LookupError("entering")
    yield


@pytest.mark.parametrize("call", CALLS, ids=["sync", "async"])
def test_a_hook_cannot_swallow(call: Callable[[int], int]) -> None:
    with registered(swallows), pytest.raises(ValueError, match="negative"):
        call(-1)


@pytest.mark.parametrize("call", CALLS, ids=["sync", "async"])
def test_a_hook_that_fails_stops_the_attempt_and_hides_no_error_of_the_task(call: Callable[[int], int]) -> None:
    with registered(fails_to_leave, swallows):
        with pytest.raises(LookupError, match="leaving"):
            call(1)
        with pytest.raises(ValueError, match="negative"):
            call(-1)
    with registered(swallows, fails_to_enter), pytest.raises(LookupError, match="entering"):
        call(1)
    assert call(1) == 1


@pytest.mark.parametrize("junk", [5, "text", Around, iter(())], ids=["int", "str", "class", "iterator"])
def test_what_is_no_context_manager_is_named_with_its_maker(junk: object) -> None:
    with registered(lambda: junk), pytest.raises(PluginContractError) as caught:
        positive(1)
    assert str(caught.value).endswith(f"got {type(junk).__name__} from one of {__name__}.Around")


def test_two_objects_of_one_class_are_two_hooks() -> None:
    entered = []

    @contextmanager
    def enters() -> Iterator[None]:
        entered.append(1)
        yield

    with registered(enters, enters):
        assert positive(1) == 1
    assert len(entered) == 2


@dataclass(frozen=True)
class Frozen(Exception):
    code: int


@task
def freezes(a: int) -> int:
    raise Frozen(a)


def test_an_error_that_cannot_be_touched_passes_through_hooks() -> None:
    with registered(fails_to_leave, swallows), pytest.raises(Frozen) as caught:
        freezes(3)
    assert caught.value.code == 3


class NoText:
    def __repr__(self) -> str:
        raise RuntimeError("no text")


def test_a_plugin_without_text_is_refused_in_words() -> None:
    with pytest.raises(PluginContractError, match=r"must be a subclass of .*, got a NoText"):
        manager().provide("tasks", "adversarial", NoText())
