"""A port in front of another one, whose connections can be cut at any moment."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress

__all__ = ["Wire"]


class Wire:
    """Hands on what arrives at `port` to another port, and back, until it is cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.lag = 0.0
        """Seconds that it takes to hand something on, as to and from far away."""
        self._open: set[socket.socket] = set()
        self._carrying: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._accepting.start()

    def cut(self) -> None:
        """Break every connection there is, as a cable that is pulled; new ones are fine."""
        with self._lock:
            broken, self._open = self._open, set()
        for each in broken:
            with suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """End, and leave no thread and no file behind."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listening.close()
        self.cut()
        for each in self._carrying:
            each.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            thread = threading.Thread(target=self._carry, args=(near, far), daemon=True)
            self._carrying.append(thread)
            thread.start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
        back.start()
        self._pump(near, far)
        back.join()
        with self._lock:
            self._open -= {near, far}
        # Not before both have ended: the number of one that is closed belongs to the next that is opened.
        near.close()
        far.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self.lag)
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
