"""``task_mock`` and ``patch``: a test says what a task gives, wherever it is called in this process."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, NonCallableMock

from fletching.errors import ConfigError
from fletching.executable import Executable
from fletching.gate import MOCKS, close_gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fletching.metadata import TaskMetadata

__all__ = ["patch", "task_mock"]


class StandIn(Executable):
    """What is called in place of an entity: its interface around a mock.

    It stays in this process, where the mock is, so nobody stops it at a deadline; and what it gives is nothing to
    remember, so there is no cache.
    """

    stays_here = True
    code_digest = "a mock"
    """No run goes on from what a mock gave: where the real code is called, that is changed code."""

    def __init__(self, entity: Executable, mock: MagicMock) -> None:
        self._entity = entity
        self._mock = mock
        self._locate(entity.instantiated_in)
        self._name = entity.name
        self._python_interface = entity.python_interface
        self._metadata = None if entity.metadata_is_for_parts else self.metadata_beside(entity.metadata)
        self.node_kind = entity.node_kind
        self.is_async = entity.is_async

    @property
    def short_name(self) -> str:
        return self._entity.short_name

    @property
    def enable_deck(self) -> bool:
        """It makes no report."""
        return False

    def metadata_beside(self, metadata: TaskMetadata | None) -> TaskMetadata | None:
        """Return what of a metadata holds for a mock."""
        if metadata is None or not (metadata.cache or metadata.timeout):
            return metadata
        from dataclasses import replace

        return replace(
            metadata, cache=False, cache_version="", cache_serialize=False, cache_ignore_input_vars=(), timeout=0
        )

    def execute(self, /, **kwargs: Any) -> Any:
        """Call the mock with native values, by keyword."""
        value = self._checked(self._mock(**kwargs))
        if inspect.iscoroutine(value):
            from fletching.run.loop import run_on_loop

            return run_on_loop(value)
        return value

    async def async_execute(self, /, **kwargs: Any) -> Any:
        """The same in place of an async task: what the mock gives may be something to await."""
        value = self._checked(self._mock(**kwargs))
        return await value if inspect.isawaitable(value) else value

    def _checked(self, value: Any) -> Any:
        if self._python_interface.outputs and isinstance(value, NonCallableMock):
            raise ConfigError(
                f"the mock of {self.node_kind} {self.name!r} was called and has nothing to give; "
                "set mock.return_value = ... or mock.side_effect = ..."
            )
        return value

    def __repr__(self) -> str:
        return f"StandIn({self.name!r})"


@contextmanager
def task_mock(t: Any) -> Iterator[MagicMock]:
    """Have a mock called in place of ``t`` in the block, and give the mock: ``mock.return_value = 3``.

    It gets the inputs as native values, by keyword, and what it gives has to fit the outputs' types. ``t`` may be a
    task of any kind, a reference, a workflow, a launch plan or a map. The cache is left alone meanwhile, and deadlines
    do not count; retries do. Calls made in other processes see nothing of it.

    Raises:
        ConfigError: ``t`` is nothing that can be called in a workflow.
    """
    if not isinstance(t, Executable):
        raise ConfigError(f"task_mock takes a task, a workflow, a launch plan or a reference, got {t!r}")
    mock = MagicMock(name=t.short_name)
    before = MOCKS.get(id(t))
    MOCKS[id(t)] = StandIn(t, mock)
    close_gate()
    try:
        yield mock
    finally:
        if before is None:
            del MOCKS[id(t)]
        else:
            MOCKS[id(t)] = before
        close_gate()


def patch(target: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mock ``target`` while a test runs; the test gets the mock as its first argument, after ``self`` if it has one."""

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(test)
        names = list(signature.parameters)
        place = 1 if names[:1] in (["self"], ["cls"]) else 0

        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> Any:
            with task_mock(target) as mock:
                return test(*args[:place], mock, *args[place:], **kwargs)

        # A test runner asks for the parameters, and the mock is none that it has to fill.
        kept = [parameter for name, parameter in signature.parameters.items() if name not in names[place : place + 1]]
        run.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return run

    return decorate
