"""What the value classes share: read-only mappings and checks whose errors name the field and the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FrozenDict", "check_flag", "check_mapping", "check_names", "check_text", "refuse", "set_field"]


class FrozenDict(dict[str, str]):
    """A ``dict`` of strings that cannot be changed, so that a frozen value stays hashable and safe to share."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping belongs to a frozen value; copy it with dict(...) and make a new value")

    # One refusal stands for every mutator.
    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # a dict is unhashable because it changes; this one does not
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[object, ...]:
        return FrozenDict, (dict(self),)

    def copy(self) -> dict[str, str]:
        """Return an ordinary dict, free to change."""
        return dict(self)


def set_field(value: object, name: str, content: object) -> None:
    """Store a normalised field of a frozen dataclass from its ``__post_init__``."""
    object.__setattr__(value, name, content)


def refuse(owner: object, field: str, value: object, allowed: str) -> NoReturn:
    """Raise `ConfigError` for a field: which class, which field, what it is, what it may be."""
    raise ConfigError(f"{type(owner).__name__}: {field} is {value!r}, expected {allowed}")


def check_text(owner: object, *fields: str, optional: bool = False, empty: bool = True) -> None:
    """Require that each field of ``owner`` is a string; ``optional`` admits None, ``empty`` the empty string."""
    for field in fields:
        value = getattr(owner, field)
        if isinstance(value, str):
            if value or empty:
                continue
        elif value is None and optional:
            continue
        refuse(owner, field, value, ("a str" if empty else "a non-empty str") + (" or None" if optional else ""))


def check_flag(owner: object, *fields: str, optional: bool = False) -> None:
    """Require that each field of ``owner`` is True or False; ``optional`` admits None."""
    for field in fields:
        value = getattr(owner, field)
        if not isinstance(value, bool) and not (value is None and optional):
            refuse(owner, field, value, "True, False or None" if optional else "True or False")


def check_mapping(owner: object, *fields: str) -> None:
    """Require that each field is None or a mapping of str to str, and store a read-only copy of it."""
    for field in fields:
        value: Mapping[Any, Any] | None = getattr(owner, field)
        if value is None or type(value) is FrozenDict:
            continue
        if not hasattr(value, "keys"):
            refuse(owner, field, value, "a dict of str to str, or None")
        for key, item in value.items():
            if not isinstance(key, str):
                refuse(owner, f"{field} key", key, "a str")
            if not isinstance(item, str):
                refuse(owner, f"{field}[{key!r}]", item, "a str")
        set_field(owner, field, FrozenDict(value))


def check_names(owner: object, field: str) -> tuple[str, ...]:
    """Require that a field is one input name or several, and store them as a tuple."""
    value: str | Iterable[str] = getattr(owner, field)
    given = (value,) if isinstance(value, str) else value
    names = tuple(given) if isinstance(given, (tuple, list, set, frozenset)) else None
    if names is None:
        refuse(owner, field, value, "a tuple of input names")
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            refuse(owner, field, value, f"a tuple of input names, and {name!r} cannot be one")
    if isinstance(given, (set, frozenset)):
        names = tuple(sorted(names))
    set_field(owner, field, names)
    return names
