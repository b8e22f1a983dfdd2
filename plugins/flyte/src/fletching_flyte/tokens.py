"""Tokens, and the file in which those wait that a person had to sign in for."""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

from fletching.extend import cache_dir, remember_secret

__all__ = ["Token", "TokenFile"]

EARLY = 20.0
"""Seconds before its end from which on a token is not used: a call takes a while to arrive."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a backend lets one in with. Its text is shown nowhere."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    """What a new one is had for without signing in again."""
    expires: float | None = None
    """When it ends, in seconds since 1970; None if nobody said."""

    def __post_init__(self) -> None:
        remember_secret(self.access)
        if self.refresh:
            remember_secret(self.refresh)

    @property
    def fresh(self) -> bool:
        """Whether it may still be used, as far as one knows."""
        return self.expires is None or time.time() < self.expires - EARLY


class TokenFile:
    """Keeps the token of one backend and client in a file that only its owner can read.

    A file and no keyring: it works in a container, over ssh and in CI, asks for no password of its own, and needs no
    package. It is what kubectl, gcloud and the aws command do.
    """

    def __init__(self, *key: str) -> None:
        import hashlib

        self._name = hashlib.sha256("\0".join(key).encode()).hexdigest()[:24] + ".json"

    def read(self) -> Token | None:
        """Return the token, or None if there is none that can be used."""
        try:
            path = self._path()
            with open(path, encoding="utf-8") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                    return None  # somebody else may have read it, or written it
                data = json.load(file)
            return Token(access=data["access"], refresh=data["refresh"], expires=data["expires"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, token: Token) -> None:
        """Keep a token; that of before is replaced in one step. A folder that cannot be written to is no problem."""
        data: dict[str, Any] = {"access": token.access, "refresh": token.refresh, "expires": token.expires}
        try:
            path = self._path()
            handle, made = tempfile.mkstemp(dir=os.path.dirname(path))  # made with mode 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file)
            os.replace(made, path)
        except OSError:
            pass  # one signs in again next time

    def _path(self) -> str:
        return os.path.join(cache_dir("flyte-tokens"), self._name)
