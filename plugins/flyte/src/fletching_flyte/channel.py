"""The connection to a backend: with or without TLS, kept alive, and open to large answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching_flyte.problems import FlyteSystemUnavailableException

if TYPE_CHECKING:
    from fletching_flyte.config import PlatformConfig

__all__ = ["open_channel"]

OPTIONS = [
    ("grpc.keepalive_time_ms", 300_000),  # more often, and Go's servers hang up
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.max_receive_message_length", -1),  # a workflow with thousands of nodes has many megabytes
    ("grpc.max_send_message_length", -1),
    # How soon a connection that broke is tried again: sooner than a call is repeated. The least of these pauses is left
    # as it is: gRPC takes it as the time that connecting may take, too, and a backend may be far away.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5_000),
]


def open_channel(platform: PlatformConfig) -> Any:
    """Return a channel; nothing is sent yet.

    Raises:
        ConfigError: the certificate's file cannot be read.
    """
    import grpc

    if platform.insecure:
        return grpc.insecure_channel(platform.endpoint, options=OPTIONS)
    options: list[tuple[str, Any]] = list(OPTIONS)
    roots: bytes | None = None
    if platform.ca_cert_file_path:
        try:
            with open(platform.ca_cert_file_path, "rb") as file:
                roots = file.read()
        except OSError as error:
            raise ConfigError(f"ca_cert_file_path {platform.ca_cert_file_path!r} cannot be read: {error}") from error
    elif platform.insecure_skip_verify:
        roots, name = _shown(platform)
        options.append(("grpc.ssl_target_name_override", name))
    return grpc.secure_channel(
        platform.endpoint, grpc.ssl_channel_credentials(root_certificates=roots), options=options
    )


def _shown(platform: PlatformConfig) -> tuple[bytes, str]:
    """Return the certificate that a server shows, and a name in it: gRPC itself cannot trust just anything."""
    import socket
    import ssl

    host, _, port = platform.endpoint.partition(":")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = (host, int(port or 443))
    try:
        with (
            socket.create_connection(address, timeout=platform.rpc_timeout) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            binary = secured.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise FlyteSystemUnavailableException(f"{platform.endpoint} shows no certificate: {error}") from error
    return ssl.DER_cert_to_PEM_cert(binary).encode(), _name_in(binary) or host


def _name_in(binary: bytes) -> str:
    """Return the first name that a certificate is for; Python's ssl tells it only of certificates that it trusts."""
    marker = b"\x06\x03\x55\x1d\x11"  # the object identifier of the alternative names
    at = binary.find(marker)
    if at < 0:
        return ""
    rest = binary[at + len(marker) :]
    found = rest.find(b"\x82")  # a DNS name
    if found < 0 or found + 1 >= len(rest):
        return ""
    return rest[found + 2 : found + 2 + rest[found + 1]].decode("ascii", "replace")
