"""``sleep``, ``wait_for_input`` and ``approve``: nodes of a workflow that wait, for a while or for a person."""

from __future__ import annotations

import datetime
import io
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, ConversionError, DisapprovedError, GraphError, RunError
from fletching.executable import Executable
from fletching.graph.builder import current_builder
from fletching.graph.promise import Promise, VoidPromise
from fletching.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.graph.node import NodeMetadata

__all__ = ["ApproveGate", "Gate", "InputGate", "SleepGate", "approve", "sleep", "wait_for_input"]

ANSWERS = "FLETCHING_ANSWERS"
"""Environment variable with a JSON object of gate name to answer, for runs that nobody sits in front of."""

HOUR = datetime.timedelta(hours=1)
POLL = 0.1
"""Seconds between two looks whether a question is still wanted."""


class Gate(Executable):
    """What a node that waits calls. It runs on the event loop, so that waiting costs no worker."""

    node_kind = "gate"
    is_async = True

    def __init__(self, name: str, interface: Interface, timeout: datetime.timedelta | None = None) -> None:
        from fletching.metadata import TaskMetadata

        if not isinstance(name, str) or not name:
            raise ConfigError(f"a gate's name must be a non-empty string, got {name!r}")
        self._locate()
        self._name = name
        self._python_interface = interface
        self._metadata = TaskMetadata(timeout=timeout)

    def construct_node_metadata(self) -> NodeMetadata:
        from fletching.graph.node import NodeMetadata

        return NodeMetadata(name=self.short_name, timeout=self.metadata.timeout or HOUR)

    async def async_execute(self, /, **kwargs: Any) -> Any:
        """Wait, and return what the node gives."""
        raise NotImplementedError

    def execute(self, /, **kwargs: Any) -> Any:
        """The same for a caller that is not async."""
        from fletching.run.loop import run_on_loop

        return run_on_loop(self.async_execute(**kwargs))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class SleepGate(Gate):
    """Waits for a while."""

    def __init__(self, duration: datetime.timedelta) -> None:
        if not isinstance(duration, datetime.timedelta) or duration < datetime.timedelta(0):
            raise ConfigError(f"sleep: duration must be a datetime.timedelta of 0 or more, got {duration!r}")
        super().__init__("sleep-gate", Interface())
        self.duration = duration
        """How long."""

    async def async_execute(self, /, **kwargs: Any) -> Any:
        import asyncio

        await asyncio.sleep(self.duration.total_seconds())


class InputGate(Gate):
    """Asks somebody for a value."""

    def __init__(self, name: str, timeout: datetime.timedelta, expected_type: Any) -> None:
        from fletching.types.engine import transformer

        super().__init__(name, Interface(outputs={"o0": expected_type}), timeout)
        self._transformer = transformer(expected_type)

    async def async_execute(self, /, **kwargs: Any) -> Any:
        from fletching.types.display import type_name

        kind = self._python_interface.outputs["o0"]
        return await _answer(self, f"{self.name} ({type_name(kind)}): ", self._read)

    def _read(self, answer: Any) -> Any:
        plain = self._transformer
        if isinstance(answer, str) and self._python_interface.outputs["o0"] is not str:
            try:
                answer = json.loads(answer)
            except ValueError:
                pass  # a text that needs no quotes, such as a date
        return plain.from_plain(answer)


class ApproveGate(Gate):
    """Asks somebody whether to go on, and gives what it was given."""

    def __init__(self, name: str, timeout: datetime.timedelta, inputs: Mapping[str, Any]) -> None:
        super().__init__(name, Interface(inputs, dict(inputs)), timeout)

    async def async_execute(self, /, **kwargs: Any) -> Any:
        from fletching.types.display import preview

        value = next(iter(kwargs.values()), None)
        told = f" {preview(value)}" if kwargs else ""
        if not await _answer(self, f"approve {self.name}{told}? [y/n] ", _yes_or_no):
            raise DisapprovedError(f"{self.name!r} was not approved")
        return value


def sleep(duration: datetime.timedelta) -> VoidPromise:
    """Add a node that waits for a while; put it in order with ``>>``.

    Raises:
        GraphError: no workflow is being built here.
    """
    made: VoidPromise = current_builder("sleep()").call(SleepGate(duration), {})
    return made


def wait_for_input(name: str, timeout: datetime.timedelta = HOUR, expected_type: Any = str) -> Promise:
    """Add a node that asks for a value: locally on the terminal, where ``FLETCHING_ANSWERS`` has none.

    Args:
        name: what is asked for.
        timeout: how long to wait; then the node fails.
        expected_type: the value's type.

    Raises:
        GraphError: no workflow is being built here.
    """
    made: Promise = current_builder("wait_for_input()").call(InputGate(name, timeout, expected_type), {})
    return made


def approve(upstream_item: Any, name: str, timeout: datetime.timedelta = HOUR) -> Any:
    """Add a node that passes a value on once somebody approved of it; `DisapprovedError` if they don't.

    Args:
        upstream_item: the promise to pass on, or what a call gave that returns nothing.
        name: what is asked for.
        timeout: how long to wait; then the node fails.

    Raises:
        GraphError: no workflow is being built here, or there are several values.
    """
    builder = current_builder("approve()")
    if isinstance(upstream_item, Promise):
        inputs = {upstream_item.var: upstream_item._type}
        return builder.call(ApproveGate(name, timeout, inputs), {upstream_item.var: upstream_item})
    if isinstance(upstream_item, VoidPromise):
        made = builder.call(ApproveGate(name, timeout, {}), {})
        upstream_item.runs_before(made)
        return made
    raise GraphError(f"approve {name!r} takes one promise, got {upstream_item!r}; pick one of its outputs")


async def _answer(gate: Gate, question: str, read: Callable[[Any], Any]) -> Any:
    """Return what somebody answers: in the environment, or else on the terminal."""
    known = _known_answers()
    if gate.name in known:
        try:
            return read(known[gate.name])
        except (ConversionError, ValueError) as error:
            raise RunError(f"{ANSWERS}: the answer for {gate.name!r} does not fit: {error}") from error
    if not _can_ask():
        raise RunError(
            f"{gate.name!r} needs an answer, and there is no terminal to ask at; "
            f"""set {ANSWERS}='{{"{gate.name}": ...}}' or run it in a terminal"""
        )
    import asyncio

    loop, unwanted = asyncio.get_running_loop(), threading.Event()
    answered: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if not answered.done():
            answered.set_result(value) if error is None else answered.set_exception(error)

    def work() -> None:
        try:
            value, problem = _ask(question, read, unwanted), None
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            value, problem = None, error
        if not unwanted.is_set():
            loop.call_soon_threadsafe(settle, value, problem)

    threading.Thread(target=work, name=f"fletching-gate-{gate.name}", daemon=True).start()
    try:
        return await answered
    finally:
        unwanted.set()


def _can_ask() -> bool:
    """Whether lines come from a terminal, or from what a program has put in place of one; a pipe may be anybody's."""
    stdin = sys.stdin
    return stdin is not None and (stdin.isatty() or isinstance(stdin, io.StringIO))


_asking = threading.Lock()
"""Held while a question is on the terminal: one after another."""


def _ask(question: str, read: Callable[[Any], Any], unwanted: threading.Event) -> Any:
    while not _asking.acquire(timeout=POLL):
        if unwanted.is_set():
            return None
    try:
        while True:
            _tell(question)
            line = _line(unwanted)
            if line is None:
                return None
            if not line:
                raise RunError(f"nobody answered {question.strip()!r}: the terminal was closed")
            try:
                return read(line.strip())
            except (ConversionError, ValueError) as error:
                _tell(f"{error}\n")
    finally:
        _asking.release()


def _tell(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _line(unwanted: threading.Event) -> str | None:
    """Return a line from the terminal, or None once nobody wants it any more."""
    if os.name == "posix" and sys.stdin.isatty():
        import select

        while not select.select([sys.stdin], [], [], POLL)[0]:
            if unwanted.is_set():
                return None
    return sys.stdin.readline()  # elsewhere there is no way to look whether there is a line


def _known_answers() -> dict[str, Any]:
    text = os.environ.get(ANSWERS)
    if not text:
        return {}
    try:
        known = json.loads(text)
    except ValueError as error:
        raise RunError(f"{ANSWERS} is no JSON: {error}") from error
    if not isinstance(known, dict):
        raise RunError(f"{ANSWERS} must be a JSON object of gate name to answer, got {known!r}")
    return known


def _yes_or_no(answer: Any) -> bool:
    words = {True: True, False: False, "y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}
    word = answer.lower() if isinstance(answer, str) else answer
    if not isinstance(word, (bool, str)) or word not in words:
        raise ValueError(f"expected yes or no, got {answer!r}")
    return words[word]
