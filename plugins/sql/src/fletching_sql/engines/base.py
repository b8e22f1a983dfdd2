"""What every engine gives: a session that binds, runs, streams, cancels and closes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, ConversionError
from fletching_sql.query import Placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from fletching_sql.identifiers import Identifier
    from fletching_sql.query import Query

__all__ = ["BATCH", "CHANGES", "UNMANAGED", "Answer", "Session", "render"]

CHANGES = frozenset(
    ("insert", "update", "delete", "merge", "replace", "copy", "create", "alter", "drop", "truncate", "into")
)
"""Words of statements that do more than read."""

BATCH = 20_000
"""Rows fetched at a time: large enough to be fast, small enough to keep memory flat."""

UNMANAGED = {
    ("analyze",),
    ("attach",),
    ("checkpoint",),
    ("create", "database"),
    ("detach",),
    ("drop", "database"),
    ("pragma",),
    ("reindex",),
    ("vacuum",),
}
"""How statements begin that must not stand inside a transaction."""


class Answer(ABC):
    """What a query gave, readable once, in one of three ways."""

    names: tuple[str, ...] = ()
    """The columns' names; empty if the statement gives no rows."""
    changed: int | None = None
    """How many rows the statement changed, where the engine says so."""

    @abstractmethod
    def reader(self) -> pa.RecordBatchReader:
        """Return the rows as Arrow batches that are fetched while they are read."""

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield the rows as Python values, fetched while they are read."""
        for batch in self.reader():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


class Session(ABC):
    """One connection, for one attempt of one task."""

    dialect: str
    lists = False
    """A list may be bound as one value."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def quote(self, part: str) -> str:
        """Return one part of a name as the dialect quotes it."""

    @abstractmethod
    def mark(self, number: int) -> str:
        """Return the driver's placeholder for the value named ``p<number>``."""

    def escape(self, text: str) -> str:
        """Return SQL text so that the driver reads it as ``text``."""
        return text

    @abstractmethod
    def adapt(self, value: Any) -> Any:
        """Return a scalar as the driver takes it."""

    @abstractmethod
    def register(self, name: str, table: Any) -> None:
        """Let the query select from ``table`` under ``name``."""

    @abstractmethod
    def run(self, query: Query, sql: str, values: dict[str, Any], *, counts: bool) -> Answer:
        """Run a rendered query; ``counts`` says that only the number of changed rows is wanted."""

    @abstractmethod
    def commit(self) -> None:
        """Keep what the query changed."""

    @abstractmethod
    def close(self) -> None:
        """Release everything; what was not committed is undone."""

    def empty_list(self) -> str | None:
        """Return what stands after ``in`` when there is nothing to be in; None: compare with an empty array instead."""
        return "(select null where 1 = 0)"


def render(
    session: Session, query: Query, values: Mapping[str, Any], safe: Callable[[str], bool]
) -> tuple[str, dict[str, Any]]:
    """Return the SQL with the driver's own placeholders, and the value of each.

    Only an `Identifier` becomes text, quoted; every other value goes to the driver beside the SQL.

    Args:
        session: whose placeholders to use.
        query: the parsed query.
        values: the inputs by name.
        safe: says of an input's name whether its identifier is on a list of the author's.
    """
    from fletching_sql.identifiers import Identifier

    pieces: list[str] = []
    bound: dict[str, Any] = {}
    marks: dict[str, str] = {}

    def bind(value: Any) -> str:
        mark = session.mark(len(bound))
        bound[f"p{len(bound)}"] = value
        return mark

    for part in query.parts:
        if not isinstance(part, Placeholder):
            pieces.append(session.escape(part))
            continue
        value = values[part.name]
        if isinstance(value, Identifier):
            pieces.append(quoted(session, value, part.name, safe(part.name)))
        elif isinstance(value, (list, tuple)) and (part.after_in or not session.lists):
            if not part.after_in:
                raise ConversionError(
                    "a single value",
                    f"list of {len(value)}",
                    hint=f"{session.dialect} has no lists; write ... in :{part.name}",
                ).within("", f"argument {part.name!r}")
            if value:
                text = ", ".join(bind(adapted(session, one, part.name)) for one in value)
                pieces.append(text if part.wrapped else f"({text})")
            else:
                pieces.append(nothing(session, pieces, part, bind))
        else:
            if part.name not in marks:
                converted = (
                    [adapted(session, one, part.name) for one in value] if isinstance(value, (list, tuple)) else None
                )
                marks[part.name] = bind(adapted(session, value, part.name) if converted is None else converted)
            pieces.append(marks[part.name])
    return "".join(pieces), bound


def nothing(session: Session, pieces: list[str], part: Placeholder, bind: Callable[[Any], str]) -> str:
    """Return what makes ``x in <empty list>`` false and ``x not in <empty list>`` true, whatever x is."""
    empty = session.empty_list()
    if empty is None:
        import re

        match = re.search(r"(not\s+)?in\s*\(?\s*$", pieces[-1], re.IGNORECASE)
        if match:
            pieces[-1] = pieces[-1][: match.start()] + ("<> all (" if match.group(1) else "= any (")
            return bind([]) + ("" if part.wrapped else ")")
        empty = "(select null where 1 = 0)"
    return empty[1:-1] if part.wrapped else empty


def adapted(session: Session, value: Any, name: str) -> Any:
    import enum

    if isinstance(value, enum.Enum):
        value = value.value
    try:
        return session.adapt(value)
    except ConversionError as error:
        raise error.within("", f"argument {name!r}") from None


def quoted(session: Session, name: Identifier, argument: str, allowed: bool) -> str:
    parts = name.parts
    if len(parts) > 1 and session.dialect == "duckdb" and not allowed:
        raise ConfigError(
            f"argument {argument!r}: DuckDB may read the dotted name {str(name)!r} as a file; "
            "limit the input with Annotated[Identifier, Allowed(...)], or pass the name without dots"
        )
    return ".".join(session.quote(part) for part in parts)
