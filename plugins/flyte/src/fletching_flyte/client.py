"""FlyteClient: calls of a backend's services, each with a deadline, repeated while that makes sense, and signed."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

from fletching_flyte.auth import SignIn
from fletching_flyte.channel import open_channel
from fletching_flyte.problems import problem_of

if TYPE_CHECKING:
    from fletching_flyte.config import PlatformConfig

__all__ = ["FlyteClient"]

PASSING = frozenset({"UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "DEADLINE_EXCEEDED"})
"""What may be over in a moment. Each request says by name what it makes, so that twice is as good as once."""

LONGEST_PAUSE = 5.0

SERVICES = {
    "AdminService": "admin_pb2_grpc",
    "AuthMetadataService": "auth_pb2_grpc",
    "DataProxyService": "dataproxy_pb2_grpc",
    "IdentityService": "identity_pb2_grpc",
    "SignalService": "signal_pb2_grpc",
}

_random = random.Random()  # noqa: S311 - spreads repetitions; the global one may be seeded by a program


class FlyteClient:
    """Speaks to one backend. Threads may share it; the connection opens with the first call.

    Args:
        platform: where it is and how one signs in.
    """

    def __init__(self, platform: PlatformConfig) -> None:
        self.platform = platform
        self._lock = threading.Lock()
        self._channel: Any = None
        self._stubs: dict[str, Any] = {}
        self._sign_in = SignIn(platform, self._metadata)

    def call(self, service: str, method: str, request: Any, *, doing: str, patience: float | None = None) -> Any:
        """Call a method and return its answer.

        Args:
            service: as ``AdminService``.
            method: as ``GetTask``.
            request: its message.
            doing: what errors say could not be done, as ``fetch task 'x'``.
            patience: seconds for one attempt; that of the platform unless given.

        Raises:
            BackendError: one of its subclasses that says why.
        """
        return self._repeated(self._sign_in, service, method, request, doing, patience)

    def _repeated(
        self, sign_in: SignIn | None, service: str, method: str, request: Any, doing: str, patience: float | None = None
    ) -> Any:
        """Call a method, with a token if there is something to sign in with, as often as that may help."""
        import grpc

        attempts = 0
        signed = False
        token = sign_in.current() if sign_in else None
        while True:
            try:
                return self._stub(service, method)(
                    request,
                    timeout=patience or self.platform.rpc_timeout,
                    metadata=sign_in.header(token) if sign_in else [],
                )
            except grpc.RpcError as error:
                code = error.code().name
                if code == "UNAUTHENTICATED" and sign_in and sign_in.possible and not signed:
                    signed = True  # once: a token that was just had, and is refused, will not get better
                    token = sign_in.renew(token)
                    continue
                if not _passes(code, error) or attempts >= self.platform.rpc_retries:
                    raise problem_of(error, doing, self.platform.endpoint) from error
                attempts += 1
                self.rest(attempts)

    def admin(self, method: str, request: Any, *, doing: str) -> Any:
        """Call a method of the AdminService; see `call`."""
        return self.call("AdminService", method, request, doing=doing)

    def close(self) -> None:
        """Hang up; the next call connects again."""
        with self._lock:
            channel, self._channel = self._channel, None
            self._stubs = {}
        if channel is not None:
            channel.close()

    def __enter__(self) -> FlyteClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rest(self, attempts: int) -> None:
        """Wait before something is done again; longer each time, and never as long as others that wait."""
        longest = min(self.platform.rpc_pause * 2 ** (attempts - 1), LONGEST_PAUSE)
        time.sleep(_random.uniform(longest / 2, longest))

    def _stub(self, service: str, method: str) -> Any:
        stub = self._stubs.get(service)
        if stub is None:
            from importlib import import_module

            module = import_module(f"flyteidl.service.{SERVICES[service]}")
            with self._lock:
                if self._channel is None:
                    self._channel = open_channel(self.platform)
                stub = self._stubs[service] = getattr(module, f"{service}Stub")(self._channel)
        return getattr(stub, method)

    def _metadata(self) -> Any:
        """Ask what clients have to know before they sign in; these calls carry no token."""
        from flyteidl.service.auth_pb2 import OAuth2MetadataRequest, PublicClientAuthConfigRequest

        return tuple(
            self._repeated(None, "AuthMetadataService", method, request, "ask how to sign in")
            for method, request in (
                ("GetPublicClientConfig", PublicClientAuthConfigRequest()),
                ("GetOAuth2Metadata", OAuth2MetadataRequest()),
            )
        )


def _passes(code: str, error: Any) -> bool:
    # What a connection that breaks in the middle of an answer looks like, depending on the moment.
    return code in PASSING or (code in ("UNKNOWN", "INTERNAL") and "tream removed" in (error.details() or ""))
