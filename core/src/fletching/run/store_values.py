"""Values of a run as the store holds them: wire messages by their hash, the files they name by content."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from flyteidl.core.literals_pb2 import Literal, LiteralMap

__all__ = ["Data", "InputsDigest", "Values", "is_read_once", "kind_of_outputs", "values_of"]

INLINE = 1024
"""Up to this many bytes a message stands in the row that names it."""
LARGE = 256 * 1024
"""From this many bytes on a message is a file of its own."""
PLAIN = frozenset({int, float, str, bool})
"""Whose ``repr`` says all there is to them, if they are declared as what they are."""


class Data(NamedTuple):
    """A message and the hash it is found by; where it is kept depends on its size."""

    hash: bytes
    data: bytes
    contents: tuple[str, ...] = ()
    """What the message refers to, as names below the folder of the store."""

    @property
    def inline(self) -> bytes | None:
        """What stands in the row."""
        return self.data if len(self.data) <= INLINE else None


class Values:
    """Where messages and the files they name are kept: the ``blobs`` table, and folders beside it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def hold(self, literals: LiteralMap, *, files: bool = True) -> Data:
        """Make a message ready for `insert`: its files are copied, and itself is a file if it is large.

        Args:
            literals: the message; names the copies afterwards.
            files: whether its type has room for files.

        Raises:
            OSError: the disk is full, or a file is gone.
        """
        import hashlib

        contents: tuple[str, ...] = ()
        if files:
            from fletching.run.cache_files import keep_files

            contents = tuple(sorted(keep_files(literals, self.folder)))
        data = literals.SerializeToString(deterministic=True)
        made = Data(hashlib.sha256(data).digest(), data, contents)
        if len(data) > LARGE:
            from fletching.run.cache_files import keep_value

            keep_value(data, made.hash.hex(), self.folder)
        return made

    def hold_inputs(self, literals: LiteralMap) -> Data:
        """Make the inputs of a run ready for `insert`. Of files, only those of this process alone are copied.

        The others may be large, and are where the user put them.
        """
        from fletching.run.cache_files import keep_files, local_uri, set_uri
        from fletching.types.blobs import is_inside, local_path, output_prefix

        contents: set[str] = set()
        for literal in _nested(literals):
            uri = local_uri(literal)
            if uri is not None and is_inside(local_path(output_prefix()), local_path(uri)):
                copy = type(literals)()
                copy.literals["it"].CopyFrom(literal)
                contents.update(keep_files(copy, self.folder))
                set_uri(literal, str(local_uri(copy.literals["it"])))
        made = self.hold(literals, files=False)
        return made._replace(contents=tuple(sorted(contents)))

    def insert(self, connection: sqlite3.Connection, made: Data) -> None:
        """Add to the tables what does not stand in a row; part of the caller's transaction."""
        if made.contents:
            rows = [(made.hash, name) for name in made.contents]
            connection.executemany("INSERT OR IGNORE INTO files VALUES (?, ?)", rows)
        if len(made.data) > INLINE:
            data = made.data if len(made.data) <= LARGE else None
            connection.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (made.hash, data))

    def read(self, connection: sqlite3.Connection, key: bytes, inline: bytes | None) -> bytes | None:
        """Return the message of a hash; None if it is gone or damaged."""
        import hashlib

        data = inline
        if data is None:
            row = connection.execute("SELECT data FROM blobs WHERE hash = ?", (key,)).fetchone()
            if row is None:
                return None
            data = row[0]
        if data is None:
            from fletching.run.cache_files import VALUES

            try:
                with open(os.path.join(self.folder, VALUES, key.hex()), "rb") as file:
                    data = file.read()
            except OSError:
                return None
        return data if hashlib.sha256(data).digest() == key else None

    def outputs(self, interface: Any, data: bytes) -> tuple[Any, LiteralMap]:
        """Return stored outputs as the call returned them, and their message.

        Raises:
            OSError: a file that they name is gone or changed.
            TypeEngineError: they do not fit the interface any more.
        """
        from flyteidl.core.literals_pb2 import LiteralMap

        from fletching.run.cache_files import check_files
        from fletching.types.idl import from_literal_map

        literals = LiteralMap.FromString(data)
        check_files(literals)
        return interface.returned(from_literal_map(interface.outputs, literals, kind="output")), literals


def values_of(interface: Any, value: Any) -> LiteralMap:
    """Return the outputs that a call returned as a message."""
    from fletching.types.idl import to_literal_map

    return to_literal_map(interface.outputs, interface.named_outputs(value), kind="output")


def kind_of_outputs(interface: Any) -> str:
    """Return what is special about a call's outputs: ``plain``, ``streams``, or ``any`` for the others."""
    from fletching.types.iterators import holds_iterator

    types = interface.outputs.values()
    if all(isinstance(each, type) and each in PLAIN for each in types):
        return "plain"
    return "streams" if any(map(holds_iterator, types)) else "any"


def is_read_once(annotation: Any, value: Any) -> bool:
    """Tell whether writing a value down would take it away from who is to have it."""
    from fletching.types.iterators import holds_iterator

    return holds_iterator(annotation) and _iterates(value)


def _iterates(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_iterates, value))
    if isinstance(value, dict):
        return any(map(_iterates, value.values()))
    return not isinstance(value, (str, bytes, int, float, type(None)))


class InputsDigest:
    """Makes the hash of a call's inputs, equal in every process for inputs that are.

    A value that came out of a node was hashed when it was stored: it is recognised and not written out again.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any, str]] = {}

    def __call__(self, interface: Any, inputs: Mapping[str, Any]) -> bytes | None:
        """Return 32 bytes, or None if a value has no wire form or can be read only once."""
        import hashlib

        parts = []
        for name, annotation in interface.inputs.items():
            if name not in inputs:
                continue
            value = inputs[name]
            kind = type(value)
            try:
                text = repr(value) if kind is annotation and kind in PLAIN else self._of(annotation, value)
            except Exception:  # noqa: BLE001 - a transformer of anybody; that the value is wrong is told by the attempt
                return None
            if not text:
                return None
            parts.append((name, kind.__name__, text))
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()

    def _of(self, annotation: Any, value: Any) -> str:
        from fletching.types.engine import transformer

        writer = transformer(annotation)
        known = self._known.get(id(value))
        if known is not None and known[0]() is value and known[1] is writer:
            return known[2]
        return "" if is_read_once(annotation, value) else _reduced(writer.to_literal(value))

    def learn(self, interface: Any, value: Any, literals: LiteralMap) -> None:
        """Remember the outputs of a node, by identity, for the nodes that take them."""
        import weakref

        from fletching.types.engine import transformer

        for name, each in interface.named_outputs(value).items():
            if type(each) in PLAIN:
                continue
            key = id(each)
            try:
                reference = weakref.ref(each, self._forget(key))
            except TypeError:
                continue  # lists and dicts can't be watched; they are written out
            self._known[key] = (reference, transformer(interface.outputs[name]), _reduced(literals.literals[name]))

    def _forget(self, key: int) -> Callable[[object], None]:
        known = self._known  # not self: what is watched may outlive it
        return lambda _: known.pop(key, None) and None


def _reduced(literal: Literal) -> str:
    """Return the hash of a value by what it is: the hash it was given, a file's content, the message of the rest."""
    import hashlib

    if not _is_plain(literal):
        from flyteidl.core.literals_pb2 import Literal

        copy = Literal()
        copy.CopyFrom(literal)
        literal = copy
        _reduce(literal)
    return hashlib.sha256(literal.SerializeToString(deterministic=True)).hexdigest()


def _reduce(literal: Literal) -> None:
    from fletching.run.cache_files import children, content_hash, local_uri, set_uri

    if literal.hash:
        given = literal.hash
        literal.Clear()
        literal.hash = given
        return
    for one in children(literal):
        _reduce(one)
    uri = local_uri(literal)
    if uri is not None:
        set_uri(literal, f"sha256:{content_hash(uri)}")


def _is_plain(literal: Literal) -> bool:
    if literal.hash or literal.WhichOneof("value") != "scalar":
        return False
    return literal.scalar.WhichOneof("value") in ("primitive", "none_type")


def _nested(literals: LiteralMap) -> Iterator[Literal]:
    from fletching.run.cache_files import children

    waiting = list(literals.literals.values())
    while waiting:
        literal = waiting.pop()
        yield literal
        waiting.extend(children(literal))
