"""A Flyte backend for tests: the published gRPC services, what they check, signed uploads, and faults to order.

It is a server on a port of this machine, with a real connection that can really be cut. What it is asked to run it
runs, as `flyte_runs` does. It keeps everything in memory and in one folder.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from flyteidl.service import (
    admin_pb2_grpc,
    auth_pb2_grpc,
    dataproxy_pb2_grpc,
    identity_pb2_grpc,
    signal_pb2_grpc,
)

from flyte_admin import Admin
from flyte_http import Http
from flyte_wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Call", "Fault", "FlyteServer"]

OPEN = {"GetPublicClientConfig", "GetOAuth2Metadata"}
"""What may be called by somebody who is not signed in."""


class Call(NamedTuple):
    """One call that arrived."""

    number: int
    """How many arrived before it since the server began."""
    method: str
    request: Any


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with a call."""

    code: str = ""
    """The name of a status that is answered."""
    cut: bool = False
    """Whether every connection is cut."""
    hang: bool = False
    """Whether no answer comes before the caller gives up."""
    after: bool = False
    """Whether the call has its effect first."""


class FlyteServer:
    """A backend with the projects ``flytesnacks`` and ``other``, at `endpoint`, until the block ends.

    Args:
        folder: where it keeps files.
        tokens: the bearer tokens that let one in; None lets in anybody.
        credentials: private key and certificate, in PEM, to speak TLS with.
    """

    def __init__(
        self, folder: Path, *, tokens: set[str] | None = None, credentials: tuple[bytes, bytes] | None = None
    ) -> None:
        self.folder = folder
        self.tokens = tokens
        self.calls: Counter[str] = Counter()
        """How often each method was called."""
        self.metadata: list[dict[str, str]] = []
        """What each call carried beside its message."""
        self.fault: Callable[[Call], Fault | None] = lambda call: None
        """Decides what goes wrong."""
        self._index = 0
        self._lock = threading.Lock()
        self._pool = futures.ThreadPoolExecutor(24)
        self._server = grpc.server(self._pool, interceptors=[_Gate(self)])
        self.http = Http(folder / "uploads")
        self.admin = Admin(folder, self.http)
        admin_pb2_grpc.add_AdminServiceServicer_to_server(self.admin, self._server)
        dataproxy_pb2_grpc.add_DataProxyServiceServicer_to_server(self.admin.proxy, self._server)
        auth_pb2_grpc.add_AuthMetadataServiceServicer_to_server(self.admin.auth, self._server)
        identity_pb2_grpc.add_IdentityServiceServicer_to_server(self.admin.identity, self._server)
        signal_pb2_grpc.add_SignalServiceServicer_to_server(self.admin.signals, self._server)
        if credentials is None:
            self._port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            self._port = self._server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([credentials]))
        self.wire = Wire(self._port)

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return f"localhost:{self.wire.port}"

    @property
    def registered(self) -> dict[str, set[tuple[str, str]]]:
        """Kind -> the names and versions that it has."""
        with self.admin.lock:  # what nobody waits for any more may still come in
            return {kind: {key[2:] for key in found} for kind, found in self.admin.entities.items()}

    def __enter__(self) -> FlyteServer:
        self._server.start()
        self.http.start()
        self.wire.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.admin.runs.stop()
        self.wire.stop()
        self._server.stop(None).wait()
        self._pool.shutdown(wait=False)
        self.http.stop()

    def arrived(self, method: str, request: Any, metadata: dict[str, str]) -> Call:
        """Note a call."""
        with self._lock:
            call = Call(self._index, method, request)
            self._index += 1
            self.calls[method] += 1
            self.metadata.append(metadata)
            return call

    @contextmanager
    def faults(self, fault: Callable[[Call], Fault | None]) -> Iterator[None]:
        """Have something go wrong while the block runs."""
        before, self.fault = self.fault, fault
        try:
            yield
        finally:
            self.fault = before


class _Gate(grpc.ServerInterceptor):  # type: ignore[misc]  # gRPC publishes no types
    """Stands before every method: counts, asks who it is, and lets things go wrong."""

    def __init__(self, server: FlyteServer) -> None:
        self._server = server

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler
        method = details.method.rpartition("/")[2]
        server = self._server

        def answer(request: Any, context: Any) -> Any:
            metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
            call = server.arrived(method, request, metadata)
            fault = server.fault(call) or Fault()
            if not fault.after:
                _happen(server, fault, context)
            if server.tokens is not None and method not in OPEN:
                word, _, token = metadata.get(server.admin.auth.key, "").partition(" ")
                if word != "Bearer" or token not in server.tokens:
                    context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token has expired" if token else "no token")
            made = handler.unary_unary(request, context)
            if fault.after:
                _happen(server, fault, context)
            return made

        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )


def _happen(server: FlyteServer, fault: Fault, context: Any) -> None:
    if fault.cut:
        server.wire.cut()
        context.abort(grpc.StatusCode.UNAVAILABLE, "nobody hears this")
    if fault.hang:
        gone = threading.Event()
        if context.add_callback(gone.set):
            gone.wait(60)
        context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "nobody hears this")
    if fault.code:
        context.abort(grpc.StatusCode[fault.code], f"{fault.code.lower()} was ordered")
