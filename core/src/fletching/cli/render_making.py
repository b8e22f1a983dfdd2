"""Making entities again with something left out, to see what that something does to them."""

from __future__ import annotations

import enum
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

from fletching.errors import ResolverError
from fletching.executable import Executable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from fletching.made import Made

__all__ = ["Recipe", "State", "other_values", "settle", "state_without", "states"]

State = tuple["Executable", dict[str, Any]]
"""An entity, and what its attributes are to be for a while."""

PLACE = ("_instantiated_in", "_lhs")
"""What says where an entity lives: in this module nothing is made that lives anywhere else."""

FROM_FUNCTION = ("_python_interface", "_task_function", "_workflow_function", "_name")
"""What changes with the function, also where it compares equal."""


class Recipe:
    """How one entity was made, as its user wrote it: options by name, and the function it goes in front of."""

    def __init__(self, made: Made) -> None:
        self.entity: Executable = made.entity
        self.options, self._make = _by_name(made)
        self.function = next(
            (each for each in (*made.args, *made.options.values()) if type(each) is FunctionType), None
        )
        self._first: dict[str, Any] | None = None
        self.stuck: list[str] = []
        """The options that could neither be left out nor changed."""

    def works(self) -> bool:
        """Whether the same can be made again at all."""
        if self._first is None:
            try:
                self._first = vars(self._make(**self.options))
            except Exception:  # noqa: BLE001 - its class does what it likes; then nothing is known about its options
                self._first = {}
        return bool(self._first)

    def without(self, option: str) -> State | None:
        """Return the entity's attributes without an option, or with another value of it where it has to be there."""
        rest = {name: value for name, value in self.options.items() if name != option}
        for options in (rest, *({**self.options, option: other} for other in other_values(self.options[option]))):
            try:
                made = vars(self._make(**options))
            except Exception:  # noqa: BLE001, S112 - it may not be left out: another value is tried
                continue
            return self.entity, self._changed(made)
        return self._without_both(option, rest)

    def _without_both(self, option: str, rest: Mapping[str, Any]) -> State | None:
        """Leave an option out together with one that needs it, and take back what that other one does by itself."""
        first, now = self._first or {}, vars(self.entity)
        for other in rest:
            try:
                both, alone = (
                    vars(self._make(**{name: value for name, value in options.items() if name != other}))
                    for options in (rest, self.options)
                )
            except Exception:  # noqa: BLE001, S112 - that other one is not what needs it
                continue
            changed = {name: value for name, value in both.items() if not _same(first.get(name), value)}
            kept = {name for name, value in alone.items() if not _same(first.get(name), value)}
            return self.entity, {**now, **{name: changed[name] for name in changed.keys() - kept - {*PLACE}}}
        if not isinstance(self.options[option], Executable):  # which has a name and options of its own
            self.stuck.append(option)
        return None

    def bare(self, option: str) -> State | None:
        """Return the entity's attributes if an option's value said nothing, or None if that is no other value."""
        value = self.options[option]
        try:
            if isinstance(value, (str, int, float, Executable, type(None))):
                return None
            plain = type(value)()
            if _same(plain, value):
                return None
            made = vars(self._make(**{**self.options, option: plain}))
        except Exception:  # noqa: BLE001 - its class takes arguments, or an empty one fits nowhere
            return None
        return self.entity, self._changed(made)

    def with_value(self, value: Any, others: Iterable[Any]) -> State | None:
        """Return the entity's attributes if a value it was given were the first of others that it takes."""
        option = next((name for name, each in self.options.items() if each is value), None)
        if option is None:
            return None
        for other in others:
            try:
                made = vars(self._make(**{**self.options, option: other}))
            except Exception:  # noqa: BLE001, S112 - not every value is one that it takes
                continue
            return self.entity, self._changed(made)
        return None

    def with_function(self, change: Callable[[FunctionType], FunctionType]) -> State | None:
        """Return the entity's attributes if its function were another one."""
        if self.function is None:
            return None
        other = change(self.function)
        try:
            options = {name: other if value is self.function else value for name, value in self.options.items()}
            made = vars(self._make(**options))
        except Exception:  # noqa: BLE001 - an option may be about the function
            return None
        state = self._changed(made)
        state.update({name: made[name] for name in FROM_FUNCTION if name in made})
        return self.entity, state

    def again(self) -> State | None:
        """Return the entity's attributes if it were made now: hooks that are switched off have no say then."""
        try:
            return self.entity, self._changed(vars(self._make(**self.options)))
        except Exception:  # noqa: BLE001 - then nothing can be told
            return None

    def as_made(self) -> State | None:
        """Return the entity's attributes as they were when it was made; None if they still are."""
        if not self.works():
            return None
        now, first = vars(self.entity), self._first or {}
        undone = {
            name: value
            for name, value in first.items()
            if name not in PLACE and name in now and now[name] is not None and not _same(now[name], value)
        }
        return (self.entity, {**now, **undone}) if undone else None

    def _changed(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """Return the entity's attributes with those on top that differ from what is made with all options."""
        assert self.works(), "asked only of what can be made again"
        first, now = self._first or {}, vars(self.entity)
        if self.entity.node_kind != "workflow" and self.as_made() is None:
            return {**made, **{name: now[name] for name in PLACE if name in now}}
        # It has more than it was made with, such as calls that were added: only what the option does is changed.
        different = {
            name: value
            for name, value in made.items()
            if name not in PLACE and (name not in first or not _same(first[name], value))
        }
        return {**now, **different}


def _by_name(made: Made) -> tuple[dict[str, Any], Callable[..., Any]]:
    """Return everything that was given, by name, and what takes it; what has no name stays where it is."""
    import inspect

    if isinstance(made.make, type):
        try:
            signature = inspect.signature(made.make)
            bound = signature.bind(*made.args, **made.options)
        except (TypeError, ValueError):
            return dict(made.options), lambda **options: made.make(*made.args, **options)
        kinds = {name: each.kind for name, each in signature.parameters.items()}
        if not any(
            kinds[name] in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)
            for name in bound.arguments
        ):
            options: dict[str, Any] = {}
            for name, value in bound.arguments.items():
                options.update(value if kinds[name] is inspect.Parameter.VAR_KEYWORD else {name: value})
            return options, made.make
    function = made.args[0] if len(made.args) == 1 and type(made.args[0]) is FunctionType else None
    if function is None:
        return dict(made.options), lambda **options: made.make(*made.args, **options)
    return {FUNCTION: function, **made.options}, lambda **options: made.make(options.pop(FUNCTION), **options)


FUNCTION = "the function"
"""The name of what a decorator stands in front of; no option can have it."""


def other_values(value: Any) -> Iterator[Any]:
    """Tell other values of the same kind."""
    if isinstance(value, str):
        yield f"{value}_"
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, enum.Enum):
        yield from (each for each in type(value) if each is not value)
    elif isinstance(value, (dict, list, tuple, set, frozenset)) and value:
        yield type(value)()
        if type(value) in (list, tuple):
            yield type(value)([next(other_values(each), each) for each in list(value)])


def _same(one: Any, other: Any) -> bool:
    """Whether two attributes are alike; what has no equality of its own is, if it is of the same type."""
    if one is other:
        return True
    if type(one) is not type(other) or isinstance(one, (FunctionType, enum.Enum)):
        return False
    equality: Any = type(one).__eq__
    if equality is object.__eq__:
        return True
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - an array has no single truth value
        return False


def state_without(entity: Executable, **attributes: Any) -> State:
    """Return an entity's attributes with some of them replaced."""
    return entity, {**vars(entity), **attributes}


@contextmanager
def states(given: Iterable[State | None]) -> Iterator[None]:
    """Have entities another state in a ``with`` block; afterwards each is as it was."""
    before: list[State] = []
    try:
        for state in given:
            if state is not None:
                entity, attributes = state
                before.append((entity, dict(vars(entity))))
                _set(entity, attributes)
        yield
    finally:
        for entity, attributes in reversed(before):
            _set(entity, attributes)


def _set(entity: Executable, attributes: Mapping[str, Any]) -> None:
    own = vars(entity)
    own.clear()
    own.update(attributes)


def settle(entities: Iterable[Executable]) -> None:
    """Have each entity find the variable that holds it: another one that is made of the same is held by none."""
    for entity in entities:
        try:
            entity.find_lhs()
        except ResolverError:
            continue
