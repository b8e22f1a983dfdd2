"""One call: repeated while that may help, given up in time, over TLS, and what is said when it fails."""

from __future__ import annotations

import pickle
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fletching.errors import ConfigError
from fletching_flyte import (
    BackendError,
    Config,
    ExecutionFailedError,
    FlyteAuthenticationException,
    FlyteEntityNotExistException,
    FlyteInvalidInputException,
    FlyteRemote,
    FlyteSystemUnavailableException,
    FlyteTimeout,
)
from flyte_server import Call, Fault, FlyteServer


def first(count: int, fault: Fault) -> Callable[[Call], Fault | None]:
    """Return what makes the first calls go wrong."""
    left = iter([fault] * count)
    return lambda call: next(left, None)


def ask(remote: FlyteRemote) -> None:
    assert remote.recent_executions() == []


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "DEADLINE_EXCEEDED"])
def test_what_may_pass_is_done_again(code: str, remote: FlyteRemote, server: FlyteServer) -> None:
    with server.faults(first(5, Fault(code=code))):
        ask(remote)
    assert server.calls["ListExecutions"] == 6
    with server.faults(first(6, Fault(code=code))), pytest.raises(BackendError):
        ask(remote)


@pytest.mark.parametrize(
    ("code", "kind", "builtin", "message"),
    [
        ("NOT_FOUND", FlyteEntityNotExistException, LookupError, "not_found was ordered .the backend is localhost:"),
        ("INVALID_ARGUMENT", FlyteInvalidInputException, ValueError, "invalid_argument was ordered"),
        ("UNAUTHENTICATED", FlyteAuthenticationException, PermissionError, "check auth_mode"),
        ("PERMISSION_DENIED", FlyteAuthenticationException, PermissionError, "does not allow it"),
        ("UNIMPLEMENTED", BackendError, RuntimeError, "does not offer it"),
        ("INTERNAL", BackendError, RuntimeError, "INTERNAL from localhost:"),
    ],
)
def test_what_will_not_pass_is_told_at_once(
    code: str, kind: type[Exception], builtin: type[Exception], message: str, remote: FlyteRemote, server: FlyteServer
) -> None:
    with server.faults(first(1, Fault(code=code))), pytest.raises(kind, match=message) as raised:
        ask(remote)
    assert isinstance(raised.value, builtin)
    assert str(raised.value).startswith("cannot list executions in project 'flytesnacks', domain 'development': ")
    assert server.calls["ListExecutions"] == 1


def test_a_connection_that_breaks_is_made_again(remote: FlyteRemote, server: FlyteServer) -> None:
    ask(remote)
    server.wire.cut()
    ask(remote)
    with server.faults(first(2, Fault(cut=True))):
        ask(remote)


def test_a_backend_that_does_not_answer_is_given_up(remote: FlyteRemote, server: FlyteServer) -> None:
    impatient = FlyteRemote(remote.config.with_platform(rpc_timeout=0.2, rpc_retries=1), "flytesnacks", "development")
    with (
        server.faults(lambda call: Fault(hang=True)),
        pytest.raises(FlyteTimeout, match="did not answer in time; rpc_t"),
    ):
        ask(impatient)
    assert server.calls["ListExecutions"] <= 2  # on a busy machine it is given up before it arrives


def test_a_backend_that_is_far_away_is_waited_for(remote: FlyteRemote, server: FlyteServer) -> None:
    server.wire.lag = 0.15
    ask(FlyteRemote(remote.config.with_platform(rpc_retries=0), "flytesnacks", "development"))


def test_a_backend_that_is_not_there() -> None:
    with socket.socket() as taken:  # where nobody else comes to listen
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        config = Config.for_endpoint(f"localhost:{port}", insecure=True, rpc_retries=1, rpc_pause=0.001)
        with FlyteRemote(config, "p", "d") as remote, pytest.raises(FlyteSystemUnavailableException) as raised:
            ask(remote)
    assert f"localhost:{port} cannot be reached" in str(raised.value)
    assert "check the endpoint, and insecure" in str(raised.value)
    assert "FLYTE_PLATFORM_URL, or flytectl's file" in str(raised.value)
    assert isinstance(raised.value, ConnectionError)


def certificate(folder: Path) -> tuple[Path, tuple[bytes, bytes]]:
    """Make a certificate for localhost that nobody signed, with the openssl of the machine."""
    key, file = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", file),
        ],
        check=True,
        capture_output=True,
    )
    return file, (key.read_bytes(), file.read_bytes())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
def test_tls(tmp_path: Path) -> None:
    file, credentials = certificate(tmp_path)
    with FlyteServer(tmp_path / "server", credentials=credentials) as server:

        def remote(**platform: object) -> FlyteRemote:
            config = Config.for_endpoint(server.endpoint, rpc_retries=0, **platform)
            return FlyteRemote(config, "flytesnacks", "development")

        with remote(ca_cert_file_path=str(file)) as trusting:
            ask(trusting)
        with remote(insecure_skip_verify=True) as careless:
            ask(careless)
        with (
            remote() as careful,
            pytest.raises(FlyteSystemUnavailableException, match=r"(?i)certificate|ssl|handshake"),
        ):
            ask(careful)
        with remote(insecure=True) as plain, pytest.raises(FlyteSystemUnavailableException, match="speaks TLS"):
            ask(plain)
        with pytest.raises(ConfigError, match=r"ca_cert_file_path '.*none.pem' cannot be read"):
            ask(remote(ca_cert_file_path=str(tmp_path / "none.pem")))


def test_an_error_travels() -> None:
    error = ExecutionFailedError("it failed", execution="e", node="n0", code="USER:X", phase="FAILED")
    error.add_note("a note")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.node, again.code, again.__notes__) == ("it failed", "n0", "USER:X", ["a note"])
