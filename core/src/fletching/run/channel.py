"""Frames on the socket between this process and a worker: parts of memory go out and come in without a copy of ours."""

from __future__ import annotations

import array
import mmap
import os
import socket
import struct
import sys
from contextlib import suppress
from select import POLLIN, POLLOUT
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ForeignFrameError", "Piece", "receive", "send"]

Piece: TypeAlias = "bytes | bytearray | memoryview | mmap.mmap"
"""Memory that is sent, or was received."""

HEAD = struct.Struct("!8sIQ")
"""What stands in front of a frame: the token of its job, how many parts it has, how many bytes follow on the socket."""

PART = struct.Struct("!Qq")
"""Of each part its size, and where in the shared memory it is: -1 if it follows on the socket."""

SHARED_FROM = 32 << 20
"""From this size on, a part is cheaper to map than to copy twice: malloc gives no used memory for it any more."""

MAPPED_LIMIT = 128
"""How many mappings may live at once where each keeps a file open."""

SMALL = 1 << 16
"""Up to this size the parts of a frame are sent and received as one."""

PIECES_AT_ONCE = 512
"""The kernel takes 1,024."""

SEALS = 0x2 | 0x4 | 0x8
"""Shared memory that never shrinks, grows or changes again: nobody can pull it away from under the reader."""

_F_ADD_SEALS, _F_GET_SEALS = 1033, 1034
_mapped: WeakSet[mmap.mmap] = WeakSet()


class ForeignFrameError(ConnectionError):
    """Something else than the worker wrote to its socket, or it answered an earlier job."""


def send(
    connection: socket.socket,
    token: bytes,
    parts: Sequence[Sequence[Piece]],
    wait: Callable[[int], None] | None = None,
) -> None:
    """Send one frame of a job.

    Args:
        connection: a socket of the Unix family.
        token: what tells the job from all others.
        parts: each in the pieces that it consists of.
        wait: waits until the socket can be written to or read from, if it does not block by itself.
    """
    sizes = [sum(map(len, part)) for part in parts]
    memory, places = _share(parts, sizes)
    try:
        rest = PART.size * len(parts) + sum(size for size, place in zip(sizes, places, strict=True) if place < 0)
        pieces: list[Any] = [HEAD.pack(token, len(parts), rest)]
        pieces += [PART.pack(size, place) for size, place in zip(sizes, places, strict=True)]
        pieces += [piece for part, place in zip(parts, places, strict=True) if place < 0 for piece in part]
        if rest <= SMALL:
            pieces = [b"".join(pieces)]
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))] if memory >= 0 else []
        _send_all(connection, pieces, ancillary, wait)
    finally:
        if memory >= 0:
            os.close(memory)


def _send_all(
    connection: socket.socket, pieces: list[Any], ancillary: list[Any], wait: Callable[[int], None] | None
) -> None:
    # A caller may have asked for SIGPIPE's own way; that a worker died must not end it.
    flags = getattr(socket, "MSG_NOSIGNAL", 0)
    first = 0
    while first < len(pieces):
        try:
            sent = connection.sendmsg(pieces[first : first + PIECES_AT_ONCE], ancillary, flags)
        except BlockingIOError:
            if wait is None:
                raise
            wait(POLLOUT)
            continue
        ancillary = []
        first = _advance(pieces, first, sent)


def _advance(pieces: list[Any], first: int, done: int) -> int:
    """Return the index of the first piece that is not wholly done; it is cut where it is done in part."""
    while first < len(pieces) and done >= len(pieces[first]):
        done -= len(pieces[first])
        first += 1
    if done:
        pieces[first] = memoryview(pieces[first])[done:]
    return first


def _share(parts: Sequence[Sequence[Piece]], sizes: list[int]) -> tuple[int, list[int]]:
    """Write large parts to shared memory; return its file, or -1, and the place of each part in it."""
    places = [-1] * len(parts)
    if max(sizes, default=0) < SHARED_FROM or not hasattr(os, "memfd_create"):
        return -1, places
    memory = -1
    try:
        memory = os.memfd_create("fletching", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        end = 0
        for number, (part, size) in enumerate(zip(parts, sizes, strict=True)):
            if size >= SHARED_FROM:
                places[number] = end
                _write_at(memory, list(part), end)
                end = -(-(end + size) // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY
        os.ftruncate(memory, end)  # a mapping ends with a page
        import fcntl

        fcntl.fcntl(memory, _F_ADD_SEALS, SEALS)
    except OSError:  # no memory, no file to be had: the socket is slower and asks for neither
        if memory >= 0:
            os.close(memory)
        return -1, [-1] * len(parts)
    return memory, places


def _write_at(memory: int, pieces: list[Any], place: int) -> None:
    first = 0
    while first < len(pieces):
        done = os.pwritev(memory, pieces[first : first + PIECES_AT_ONCE], place)
        place += done
        first = _advance(pieces, first, done)


def receive(
    connection: socket.socket, token: bytes | None = None, wait: Callable[[int], None] | None = None
) -> tuple[bytes, list[Piece]]:
    """Return the token and the parts of the next frame, in writable memory; large parts each in its own.

    Raises:
        EOFError: the other side is gone.
        ForeignFrameError: what came does not belong to the job of ``token``.
    """
    head, files = _read_head(connection, wait)
    try:
        found, count, rest = HEAD.unpack(head)
        if token is not None and found != token:
            raise ForeignFrameError
        end = count * PART.size
        together = memoryview(_read(connection, rest if rest <= SMALL else end, wait))
        parts: list[Piece] = []
        for size, place in PART.iter_unpack(together[:end]):
            if place >= 0:
                parts.append(_map(files, size, place))
            elif rest <= SMALL:
                parts.append(together[end : end + size])
                end += size
            else:
                parts.append(_read(connection, size, wait))
        return found, parts
    finally:
        for file in files:
            os.close(file)


def _read_head(connection: socket.socket, wait: Callable[[int], None] | None) -> tuple[bytes, list[int]]:
    data, files = b"", array.array("i")
    while len(data) < HEAD.size:
        try:
            more, ancillary, _, _ = connection.recvmsg(
                HEAD.size - len(data), socket.CMSG_SPACE(files.itemsize), getattr(socket, "MSG_CMSG_CLOEXEC", 0)
            )
        except BlockingIOError:
            if wait is None:
                raise
            wait(POLLIN)
            continue
        for _, _, content in ancillary:
            files.frombytes(content[: len(content) - len(content) % files.itemsize])
        if not more:
            raise EOFError("the other process is gone")
        data += more
    return data, list(files)


def _read(connection: socket.socket, size: int, wait: Callable[[int], None] | None) -> bytearray:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        try:
            count = connection.recv_into(view[got:])
        except BlockingIOError:
            if wait is None:
                raise
            wait(POLLIN)
            continue
        if not count:
            raise EOFError("the other process is gone")
        got += count
    return data


def _map(files: list[int], size: int, place: int) -> Piece:
    import fcntl

    seals = 0
    if files:
        with suppress(OSError):
            seals = fcntl.fcntl(files[0], _F_GET_SEALS)
    if seals & SEALS != SEALS or os.fstat(files[0]).st_size < place + size:
        raise ForeignFrameError
    # A private copy: it is written to like any memory, and a process forked from ours has its own.
    options: dict[str, Any] = {"access": mmap.ACCESS_COPY, "offset": place}
    if sys.version_info >= (3, 13):
        options["trackfd"] = False
    elif len(_mapped) >= MAPPED_LIMIT:
        return _copy(files[0], size, place)
    found = mmap.mmap(files[0], size, **options)
    if sys.version_info < (3, 13):
        _mapped.add(found)
    return found


def _copy(file: int, size: int, place: int) -> bytearray:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = os.preadv(file, [view[got:]], place + got)
        if not count:
            raise ForeignFrameError
        got += count
    return data
