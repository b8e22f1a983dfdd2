"""Names of tables and columns that come in as data: checked, and quoted for the dialect."""

from __future__ import annotations

import re

from fletching.errors import ConfigError, close_match

__all__ = ["Allowed", "Identifier"]

LONGEST = 128
PART = re.compile(r"[^\W\d][\w$]*(?:[ -][\w$]+)*")


class Identifier(str):
    """The name of a table or column given to a query as an input: ``order by :column``.

    Letters, digits, ``_`` and ``$``, words joined by single spaces or hyphens, and dots between the parts of a
    qualified name. It reaches the database quoted, so upper and lower case count where the database says they do.
    """

    __slots__ = ()

    def __new__(cls, name: str) -> Identifier:
        if type(name) is cls:
            return name
        if not isinstance(name, str):
            raise ConfigError(f"an identifier is a str, not {type(name).__name__}")
        if len(name) > LONGEST:
            raise ConfigError(
                f"the identifier {name[:20] + '…'!r} has {len(name)} characters; at most {LONGEST} are allowed"
            )
        for part in name.split("."):
            if not PART.fullmatch(part):
                raise ConfigError(
                    f"{name!r} is no identifier; use letters, digits, _ and $, "
                    "single spaces or hyphens between words, dots between parts"
                )
        return super().__new__(cls, name)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names between the dots."""
        return tuple(self.split("."))

    def __repr__(self) -> str:
        return f"Identifier({str(self)!r})"


class Allowed:
    """Limits an `Identifier` to a list: ``Annotated[Identifier, Allowed("carrier", "origin")]``."""

    __slots__ = ("names",)

    def __init__(self, *names: str) -> None:
        if not names:
            raise ConfigError("Allowed() needs at least one name")
        self.names = tuple(Identifier(name) for name in names)

    def check(self, name: Identifier) -> None:
        """Raise `ConfigError` unless ``name`` is on the list."""
        if name not in self.names:
            known = [str(one) for one in self.names]
            allowed = ", ".join(map(repr, known))
            raise ConfigError(
                f"the identifier {str(name)!r} is not allowed{close_match(name, known)}; allowed: {allowed}"
            )

    def __repr__(self) -> str:
        return f"Allowed({', '.join(repr(str(name)) for name in self.names)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Allowed) and other.names == self.names

    def __hash__(self) -> int:
        return hash(self.names)
