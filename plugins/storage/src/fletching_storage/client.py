"""What all stores have in common: time limits, retries, and where settings are read."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from fletching.errors import StorageError

__all__ = ["chunk_size", "client_options", "first_of", "retry_options", "truthy", "upload_attributes"]

RETRIES = 8
"""With a pause that doubles from 0.1 s, drawn at random: half a minute until a service that refuses is given up."""
CHUNK = 8 * 1024 * 1024
_IDENTITY = {
    "project": ("FLYTE_INTERNAL_EXECUTION_PROJECT", "_F_PRJ"),
    "domain": ("FLYTE_INTERNAL_EXECUTION_DOMAIN", "_F_DM"),
    "launchplan": ("FLYTE_INTERNAL_EXECUTION_LAUNCHPLAN", "_F_LP"),
    "workflow": ("FLYTE_INTERNAL_EXECUTION_WORKFLOW", "_F_WF"),
    "name": ("FLYTE_INTERNAL_EXECUTION_ID", "_F_NM"),
}


def first_of(*names: str) -> str:
    """Return the first of these environment variables that is set, or an empty string."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")


def truthy(*names: str) -> bool:
    """Return whether one of these environment variables says yes."""
    return any(os.environ.get(name, "").strip().lower() in ("1", "true", "yes", "on") for name in names)


def client_options(endpoint: str, certificates: str = "") -> dict[str, Any]:
    """Return the library's options of a connection.

    Args:
        endpoint: the address; plain HTTP is spoken only where it says so.
        certificates: a file of certificates to trust besides those of the system, or empty.
    """
    options: dict[str, Any] = {
        "timeout": timedelta(minutes=10),
        "read_timeout": timedelta(seconds=30),
        "connect_timeout": timedelta(seconds=5),
    }
    if endpoint.startswith("http://"):
        options["allow_http"] = True
    if certificates:
        try:
            with open(certificates, "rb") as stream:
                options["root_certificate"] = stream.read()
        except OSError as error:
            raise StorageError(f"the certificates {certificates!r} cannot be read: {error.strerror}") from error
    return options


def retry_options(count: str, name: str) -> dict[str, Any]:
    """Return the library's options of retries.

    Args:
        count: how often a request is repeated, as text, or empty.
        name: the environment variable that says it.
    """
    if count and not count.isdecimal():
        raise StorageError(f"{name} is a number of retries, got {count!r}")
    return {"max_retries": int(count or RETRIES)}


def chunk_size(size: int) -> int:
    """Return the bytes of a part of an upload: stores take 10,000 parts at most, and none below 5 MiB."""
    wanted = first_of("_F_P_WRITE_CHUNK_SIZE")
    if wanted and not wanted.isdecimal():
        raise StorageError(f"_F_P_WRITE_CHUNK_SIZE is a number of bytes, got {wanted!r}")
    return max(int(wanted or CHUNK), 5 * 1024 * 1024, -(-size // 9000))


def upload_attributes(store: object) -> dict[str, str] | None:
    """Return what is written beside an object of this store: which execution made it, or None if it was none."""
    from urllib.parse import quote

    dash = "_" if type(store).__name__ == "AzureStore" else "-"  # Azure's names are those of variables
    found = {key: first_of(*names) for key, names in _IDENTITY.items()}
    said = {f"flyte-execution-{key}": quote(value, safe=" ~:/@+=,") for key, value in found.items() if value}
    return {name.replace("-", dash): value for name, value in said.items()} or None
