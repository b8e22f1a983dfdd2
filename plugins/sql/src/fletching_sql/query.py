"""A query text cut into SQL and placeholders, so that a value can only ever be bound.

`parse` knows what a placeholder is not: string literals, quoted identifiers, comments, dollar quoting,
``a::int`` casts, ``arr[lo:hi]`` slices and ``f(x := 1)`` arguments pass through untouched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fletching.errors import ConfigError, close_match

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Placeholder", "Query", "Syntax", "parse", "syntax_of"]


class Placeholder(NamedTuple):
    """One ``:name`` or ``{{ .inputs.name }}`` in a query."""

    name: str
    after_in: bool
    """It is the right side of ``in``: ``x in :names`` or ``x in (:names)``; a list is spread there."""
    wrapped: bool
    """Parentheses of its own stand around it already."""


class Syntax(NamedTuple):
    """Where the dialects differ in what a token is."""

    dollar: bool = False
    """``$tag$ text $tag$`` is a string."""
    nested: bool = False
    """``/* */`` comments nest."""
    backslash: bool = False
    r"""``\'`` does not end an ordinary string."""
    brackets: bool = False
    """``[name]`` is an identifier, not a subscript."""
    escapes: bool = False
    r"""``E'\''`` strings exist."""
    hash_comments: bool = False
    """``#`` starts a comment."""


class Query(NamedTuple):
    """A parsed query: SQL text and placeholders in turn."""

    text: str
    """As the user wrote it."""
    parts: tuple[str | Placeholder, ...]
    words: tuple[str, ...]
    """Keywords, bare and quoted identifiers in order, lower case: what `check` and the engines look at."""

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders' names, each once, in order."""
        return tuple(dict.fromkeys(part.name for part in self.parts if isinstance(part, Placeholder)))

    @property
    def named(self) -> str:
        """The query with every placeholder spelt ``:name``."""
        return "".join(part if isinstance(part, str) else f":{part.name}" for part in self.parts)

    def check(self, owner: str, bound: Iterable[str], tables: Iterable[str]) -> None:
        """Raise `ConfigError` unless the placeholders are just ``bound`` and every table is mentioned."""
        bound, tables = list(bound), list(tables)
        for name in self.names:
            if name in tables:
                raise ConfigError(f"{owner}: input {name!r} is a table and no value; write {name} without the colon")
            if name not in bound:
                known = f"the inputs are {', '.join(map(repr, bound))}" if bound else "there are no inputs"
                hint = close_match(name, bound)
                raise ConfigError(f"{owner}: the query uses :{name}, which is no input{hint or '; ' + known}")
        for name in bound:
            if name not in self.names:
                raise ConfigError(
                    f"{owner}: input {name!r} is not used by the query; "
                    f"write :{name} where its value belongs, or remove it"
                )
        for name in tables:
            if name.lower() not in self.words:
                raise ConfigError(
                    f"{owner}: table {name!r} is not used by the query; select from {name}, or remove the input"
                )


SYNTAX: Mapping[str, Syntax] = {
    "sqlite": Syntax(brackets=True),
    "duckdb": Syntax(dollar=True, nested=True, escapes=True),
    "postgresql": Syntax(dollar=True, nested=True, escapes=True),
    "mysql": Syntax(backslash=True, hash_comments=True),
    "mariadb": Syntax(backslash=True, hash_comments=True),
    "mssql": Syntax(nested=True, brackets=True),
}


def syntax_of(dialect: str) -> Syntax:
    """Return what a token is in a dialect; one we don't know is read as standard SQL."""
    return SYNTAX.get(dialect, Syntax())


TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<line>--[^\n]*)
    | (?P<comment>/\*)
    | (?P<template>\{\{)
    | (?P<escape>[eE]')
    | (?P<string>')
    | (?P<quoted>["`])
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d[\w.]*)
    | (?P<colons>::+|:=)
    | (?P<bind>:(?P<name>[^\W\d]\w*))
    | (?P<end>;)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
TEMPLATE = re.compile(r"\{\{\s*\.?\s*inputs\s*\.\s*([^\W\d]\w*)\s*\}\}", re.IGNORECASE)
HASH = re.compile(r"[^\n]*")


def parse(text: str, syntax: Syntax, owner: str = "query") -> Query:
    """Cut a query into SQL and placeholders; ``owner`` begins the messages of `ConfigError`."""
    if not text.strip():
        raise ConfigError(f"{owner}: the query is empty; give the SQL to run")
    parts: list[str | Placeholder] = []
    words: list[str] = []
    before: list[str] = []  # the last two tokens that are not space
    start = position = 0
    ended = False

    def placeholder(name: str, begin: int, end: int) -> None:
        nonlocal start
        if not name.isidentifier():  # as ¼ is none, which a regular expression takes for a letter
            raise ConfigError(f"{owner}: the query uses :{name}, and no input can be called so; rename it")
        parts.append(text[start:begin])
        after = text[end:].lstrip()[:1]
        wrapped = before[-2:] == ["in", "("] and after == ")"
        parts.append(Placeholder(name, wrapped or before[-1:] == ["in"], wrapped))
        start = end

    while position < len(text):
        match = TOKEN.match(text, position)
        assert match is not None  # the last alternative takes any character
        kind, token, end = match.lastgroup or "", match.group(), match.end()
        if kind in ("space", "line"):
            position = end
            continue
        if token == "#" and syntax.hash_comments:
            position = HASH.match(text, position).end()  # type: ignore[union-attr]
            continue
        if kind == "comment":
            position = comment_end(text, end, syntax, owner)
            continue
        if ended:
            raise ConfigError(f"{owner}: the query has more than one statement; make a task of each")
        if kind == "escape" and not syntax.escapes:
            kind, end = "word", position + 1
            token = text[position]
        if kind == "dollar" and not syntax.dollar:
            end = position + 1
        if kind == "string":
            end = closing(text, end, "'", syntax.backslash, owner)
            no_template(text[position:end], owner)
        elif kind == "escape":
            end = closing(text, end, "'", True, owner)
            no_template(text[position:end], owner)
        elif kind == "quoted":
            end = closing(text, end, token, False, owner)
            token = text[position + 1 : end - 1].replace(token * 2, token).lower()
            words.append(token)
            no_template(text[position:end], owner)
        elif kind == "dollar" and syntax.dollar:
            found = text.find(token, end)
            if found < 0:
                raise ConfigError(f"{owner}: a string that starts with {token} never ends")
            end = found + len(token)
            no_template(text[position:end], owner)
        elif token == "[" and syntax.brackets:
            found = text.find("]", end)
            if found < 0:
                raise ConfigError(f"{owner}: an identifier that starts with [ never ends")
            words.append(text[position + 1 : found].lower())
            end = found + 1
        elif kind == "word":
            token = token.lower()
            words.append(token)
        elif kind == "bind":
            # A colon straight after a word, a bracket or a quote is a slice or a struct key.
            if position and (text[position - 1].isalnum() or text[position - 1] in "_$]})'\"`:"):
                end = position + 1
            else:
                placeholder(match.group("name"), position, end)
        elif kind == "template":
            found_template = TEMPLATE.match(text, position)
            if found_template is None:
                shown = text[position : position + 40].partition("}}")[0]
                raise ConfigError(f"{owner}: {shown + '}}'!r} is no placeholder; write {{{{ .inputs.name }}}} or :name")
            end = found_template.end()
            placeholder(found_template.group(1), position, end)
        elif kind == "end":
            ended = True  # not every driver takes a semicolon, so it is left out
            parts.append(text[start:position])
            start = end
        before = [*before[-1:], "" if kind == "quoted" else token]
        position = end
    parts.append(text[start:])
    return Query(text, tuple(part for part in parts if part != ""), tuple(words))


def closing(text: str, position: int, quote: str, backslash: bool, owner: str) -> int:
    """Return the index after the quote that ends a literal begun before ``position``."""
    while position < len(text):
        char = text[position]
        if char == "\\" and backslash:
            position += 2
        elif char == quote:
            if text[position + 1 : position + 2] != quote:
                return position + 1
            position += 2
        else:
            position += 1
    raise ConfigError(
        f"{owner}: a {'string' if quote == chr(39) else 'quoted name'} that starts with {quote} never ends"
    )


def comment_end(text: str, position: int, syntax: Syntax, owner: str) -> int:
    """Return the index after a ``/*`` comment begun before ``position``."""
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(text, position):
        if match.group() == "*/":
            depth -= 1
        elif syntax.nested:
            depth += 1
        if not depth:
            return match.end()
    raise ConfigError(f"{owner}: a comment that starts with /* never ends")


def no_template(literal: str, owner: str) -> None:
    """Refuse ``'{{ .inputs.x }}'``: elsewhere that pastes text, here it would compare with the braces."""
    match = TEMPLATE.search(literal)
    if match:
        raise ConfigError(
            f"{owner}: {match.group()} stands inside quotes; values are bound, not pasted: remove the quotes"
        )
