"""Which Arrow memory nobody can write to but through Arrow itself, and copies of the rest.

Arrow calls its data immutable, yet ``pa.array(numpy_array)``, ``pa.py_buffer(bytearray())`` and
``pa.Table.from_pandas(frame)`` only borrow: write to the array, the bytes or the frame, and the table changes too.
Memory from Arrow's own allocator has no such second owner, and is shared between tasks instead of copied.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["copied", "has_inner_dictionary", "keep_as", "kept_as", "own", "owned_by_arrow", "sealed"]

Columns = TypeVar("Columns", pa.Table, pa.RecordBatch)

POINTER = ctypes.sizeof(ctypes.c_void_p)

_sealed: dict[int, tuple[weakref.ref[Any], set[str]]] = {}
"""Tables known to be safe, by id, and the formats known to keep them: neither changes, so one look is enough."""


def own(columns: Columns) -> Columns:
    """Return ``columns``, itself if only Arrow owns its memory, else as a copy."""
    known = _sealed.get(id(columns))
    if known is not None and known[0]() is columns:
        return columns
    if not all(owned_by_arrow(array) for array in _arrays(columns)):
        columns = copied(columns)
    return sealed(columns)


def sealed(columns: Columns) -> Columns:
    """Remember that nobody but Arrow owns the memory of ``columns``, and return it."""
    key = id(columns)
    known = _sealed.get(key)
    if known is not None and known[0]() is columns:
        return columns

    def forget(reference: weakref.ref[Any]) -> None:
        if (entry := _sealed.get(key)) is not None and entry[0] is reference:
            del _sealed[key]

    _sealed[key] = (weakref.ref(columns, forget), set())
    return columns


def keep_as(columns: Columns, format: str) -> Columns:
    """Remember that ``format`` gives the sealed ``columns`` back as they are, and return them."""
    sealed(columns)
    _sealed[id(columns)][1].add(format)
    return columns


def kept_as(columns: object, format: str) -> bool:
    """Tell whether `keep_as` was told so: then there is nothing to check, and nothing to copy."""
    known = _sealed.get(id(columns))
    return known is not None and known[0]() is columns and format in known[1]


def owned_by_arrow(array: pa.Array) -> bool:
    """Tell whether every byte of ``array`` came from Arrow's allocator; False also where that cannot be seen."""
    if isinstance(array, pa.DictionaryArray):
        return _own_buffers(array.indices) and owned_by_arrow(array.dictionary)
    # buffers() leaves the dictionaries of inner columns out.
    return not (array.type.num_fields and has_inner_dictionary(array.type)) and _own_buffers(array)


def has_inner_dictionary(data_type: pa.DataType) -> bool:
    """Tell whether a type holds a dictionary anywhere below its top."""
    data_type = getattr(data_type, "storage_type", data_type)
    for index in range(data_type.num_fields):
        inner = data_type.field(index).type
        if pa.types.is_dictionary(getattr(inner, "storage_type", inner)) or has_inner_dictionary(inner):
            return True
    return False


def copied(columns: Columns) -> Columns:
    """Return a copy that shares no memory; slices are copied as slices."""
    is_table = isinstance(columns, pa.Table)
    # Counting first costs no copy, and spares the growing of a buffer of unknown size.
    counted = pa.MockOutputStream()
    _write(columns, counted)
    memory = pa.allocate_buffer(counted.size())
    _write(columns, pa.FixedSizeBufferWriter(memory))
    with pa.ipc.open_stream(memory) as reader:
        return reader.read_all() if is_table else reader.read_next_batch()


def _write(columns: Any, sink: Any) -> None:
    with pa.ipc.new_stream(sink, columns.schema) as writer:
        writer.write(columns)


def _arrays(columns: pa.Table | pa.RecordBatch) -> Iterator[pa.Array]:
    # By batches: asking each column for its chunks takes three times as long.
    for batch in [columns] if isinstance(columns, pa.RecordBatch) else columns.to_batches():
        yield from batch.columns


def _own_buffers(array: pa.Array) -> bool:
    layout = _layout()
    if layout is None:
        return False
    offset, own_class = layout
    for buffer in array.buffers():
        if buffer is None or buffer.size == 0:
            continue
        root, parent = buffer, buffer.parent
        while parent is not None:
            root, parent = parent, parent.parent
        if _word(_word(id(root) + offset)) != own_class:
            return False
    return True


@functools.cache
def _layout() -> tuple[int, int] | None:
    """Return where a Python buffer keeps its C++ buffer, and the C++ class of the allocator's; None if unknown.

    Who owns a buffer is known to its C++ class only, and pyarrow does not show that. Here it is learned from buffers
    whose owner is certain. An interpreter or a pyarrow that is built otherwise is noticed, and then all is copied.
    """
    if sys.implementation.name != "cpython":
        return None
    one, other = pa.array([1, 2, 3]), pa.array([4, 5, 6])
    first, again, second = one.buffers()[1], one.buffers()[1], other.buffers()[1]
    foreign = pa.py_buffer(bytes(first.size))
    for offset in range(2 * POINTER, type(first).__basicsize__, POINTER):
        here = [_word(id(buffer) + offset) for buffer in (first, again, second, foreign)]
        # The pointer is the first word that belongs to the C++ buffer, neither to its wrapper nor to its size.
        if 0 in here or here[0] != here[1] or len(set(here)) != 3:
            continue
        classes = [_word(word) for word in here]
        if classes[0] and classes[0] == classes[2] != classes[3]:
            return offset, classes[0]
        return None
    return None


def _word(address: int) -> int:
    return ctypes.c_void_p.from_address(address).value or 0
