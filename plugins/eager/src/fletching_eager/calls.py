"""EagerCall: a call made in an eager task, until it is awaited and while it runs."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from fletching.errors import ExecutionWarning, PromiseError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from types import CodeType

    from fletching_eager.session import Session

__all__ = ["EagerCall", "UnawaitedCallError", "unawaited_in"]


class UnawaitedCallError(PromiseError, AttributeError):
    """A call in an eager task was used as if it were its value, or awaited twice."""


class EagerCall(Coroutine[Any, Any, Any]):
    """What a call gives inside an eager task: to be awaited, once, or wrapped in an asyncio task.

    Nothing runs before that. It passes for a coroutine wherever asyncio wants one.
    """

    __slots__ = ("__weakref__", "_code", "_driver", "_entity", "_inner", "_inputs", "_line", "_session")

    def __init__(
        self, session: Session, entity: Any, inputs: Mapping[str, Any], code: CodeType, line: int | None
    ) -> None:
        self._session = session
        self._entity = entity
        self._inputs: Mapping[str, Any] | None = inputs
        self._code = code
        self._line = line or 0
        self._inner: Coroutine[Any, Any, Any] | None = None
        self._driver: asyncio.Task[Any] | None = None
        session.unbegun += 1

    # As a coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._begin().__await__()

    def _begin(self) -> Coroutine[Any, Any, Any]:
        inputs = self._inputs
        if inputs is None:
            raise UnawaitedCallError(
                f"{self._what()} was awaited already; keep what it gave, or wrap it in asyncio.create_task(...), "
                "which can be awaited more than once"
            )
        self._inputs = None
        self._session.unbegun -= 1
        inner = self._inner = self._session.run(self._entity, inputs)
        return inner

    def send(self, value: Any, /) -> Any:
        """Go on; for the event loop."""
        inner = self._inner
        if inner is None:
            if self._session.ended and self._inputs is not None:
                self._forget()
                raise asyncio.CancelledError  # its asyncio task was made, and left, by one that has ended
            inner = self._begin()
            self._driver = asyncio.current_task()
        elif self._driver is not asyncio.current_task():
            return self._begin().send(value)  # which says that it is too late
        return inner.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an error where it waits; for the event loop."""
        if self._inner is not None:
            return self._inner.throw(*error)
        self._forget()
        first = error[0]
        raise first if isinstance(first, BaseException) else (error[1] if len(error) > 1 and error[1] else first())

    def close(self) -> None:
        """Give it up."""
        self._forget()
        if self._inner is not None:
            self._inner.close()

    def _forget(self) -> None:
        """Take note that it will not begin."""
        if self._inputs is not None:
            self._inputs = None
            self._session.unbegun -= 1

    def __del__(self) -> None:
        if self._inputs is None:
            return
        self._forget()
        if not self._session.failed:
            message = f"{self._what()} was never awaited, so it did not run; write 'await' in front of it"
            warnings.warn_explicit(message, ExecutionWarning, self._code.co_filename, self._line)

    # As what it is not: a value

    def _what(self) -> str:
        return f"the call of {self._entity.name!r} at {self._code.co_filename}:{self._line}"

    def _refuse(self, how: str) -> UnawaitedCallError:
        return UnawaitedCallError(f"{self._what()} {how} before it was awaited; write 'await' in front of it")

    def __repr__(self) -> str:
        state = "un-awaited" if self._inputs is not None else "awaited"
        return f"<{state} call of {self._entity.name!r} at {self._code.co_filename}:{self._line}>"

    def __getattr__(self, name: str) -> Any:
        if name in ("__name__", "__qualname__"):
            return self._entity.short_name  # what asyncio calls the task that it is wrapped in
        if name.startswith(("__", "cr_", "gi_", "ag_", "_asyncio")):
            raise AttributeError(name)  # asked by asyncio and inspect of whatever might be a coroutine
        raise self._refuse(f"was asked for {name!r}")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, EagerCall):
            return NotImplemented
        raise self._refuse("was compared")

    __hash__ = object.__hash__


def _forbid(name: str, how: str) -> None:
    def refuse(self: EagerCall, *_: Any) -> Any:
        raise self._refuse(how)

    refuse.__name__ = name
    setattr(EagerCall, name, refuse)


for _name in ("lt", "le", "gt", "ge"):
    _forbid(f"__{_name}__", "was compared")
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul"):
    _forbid(f"__{_name}__", "was calculated with")
    _forbid(f"__r{_name}__", "was calculated with")
for _name in ("and", "or", "xor", "lshift", "rshift"):
    _forbid(f"__{_name}__", "was calculated with")
    _forbid(f"__r{_name}__", "was calculated with")
for _name in ("neg", "pos", "abs", "invert", "int", "float", "index", "round"):
    _forbid(f"__{_name}__", "was used as a number")
for _name in ("iter", "len", "contains", "getitem", "setitem", "delitem", "reversed"):
    _forbid(f"__{_name}__", "was used as a collection")
_forbid("__bool__", "was used as a condition")


def unawaited_in(value: Any) -> EagerCall | None:
    """Return a call that stands where a value should: ``value`` itself, or one in a list, tuple or dict."""
    if isinstance(value, EagerCall):
        return value
    if isinstance(value, (list, tuple)):
        for each in value:
            if isinstance(each, (EagerCall, list, tuple, dict)):
                found = unawaited_in(each)
                if found is not None:
                    return found
    elif isinstance(value, dict):
        return unawaited_in(list(value.values()))
    return None
