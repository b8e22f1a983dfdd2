"""What a URI of an object store names, and with which settings it is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fletching.errors import StorageError

__all__ = ["FOLDER_MARK", "Options", "Place", "split"]

FOLDER_MARK = ".fletching-folder"
"""The object that stands for a folder without anything in it; stores know objects only."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How one bucket is reached."""

    kind: str
    """The class of the library: ``S3Store``, ``GCSStore`` or ``AzureStore``."""
    config: dict[str, Any] = field(repr=False)
    """What it is made with."""
    identity: tuple[Any, ...] = field(repr=False, default=())
    """What tells apart credentials that ``config`` holds as a function."""
    who: str = ""
    """Where the credentials come from, as an error says it; empty: there are none."""
    endpoint: str = ""
    """The address of the service."""
    settings: str = ""
    """The environment variables that say another service or other credentials."""

    @property
    def anonymous(self) -> bool:
        """Whether requests are not signed."""
        return bool(self.config.get("skip_signature"))

    def key(self) -> str:
        """Return what is the same for options that reach the same thing in the same way."""
        plain = {name: value for name, value in self.config.items() if not callable(value)}
        return repr((self.kind, sorted(plain.items(), key=lambda item: item[0]), self.identity))


@dataclass(frozen=True, kw_only=True)
class Place:
    """A URI, taken apart."""

    uri: str
    bucket: str
    """The bucket, or the container of an Azure account."""
    key: str
    """The name in it, without slashes at its ends; empty: the bucket itself."""
    account: str = ""
    """The host that a URI of Azure names, or empty."""


def split(uri: str) -> Place:
    """Return what a URI names; every character after the bucket belongs to the name, also ``#``, ``?`` and ``%``."""
    bucket, _, key = uri.partition("://")[2].partition("/")
    bucket, _, account = bucket.partition("@")
    key = key.strip("/")
    if not bucket:
        raise StorageError(f"{uri!r} names no bucket; a URI is scheme://bucket/name")
    if any(part in ("", ".", "..") for part in key.split("/")) and key:
        raise StorageError(
            f"{uri!r} has an empty part, '.' or '..' in its name, which an object store does not resolve"
        )
    return Place(uri=uri, bucket=bucket, key=key, account=account)
