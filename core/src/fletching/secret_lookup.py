"""Finding the value of a secret while a task runs: in the environment, then in a mounted file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, overload

from fletching.errors import ConfigError, SecretNotFoundError
from fletching.redaction import remember_secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fletching.security import Secret

__all__ = ["SecretsManager", "lookup_secret"]


@overload
def lookup_secret(
    group: str | None = None,
    key: str | None = None,
    group_version: str | None = None,
    encode_mode: Literal["r"] = "r",
    *,
    requests: Iterable[Secret] = (),
    local: bool = True,
) -> str: ...
@overload
def lookup_secret(
    group: str | None = None,
    key: str | None = None,
    group_version: str | None = None,
    encode_mode: Literal["rb"] = ...,
    *,
    requests: Iterable[Secret] = (),
    local: bool = True,
) -> bytes: ...
def lookup_secret(
    group: str | None = None,
    key: str | None = None,
    group_version: str | None = None,
    encode_mode: Literal["r", "rb"] = "r",
    *,
    requests: Iterable[Secret] = (),
    local: bool = True,
) -> str | bytes:
    """Return the value of a secret, and have it redacted in every text from now on.

    The environment is looked at first, then the files. Text loses one line ending at its end and nothing else; bytes
    are as they are in the file.

    Args:
        group: as in the task's ``secret_requests``.
        key: as in the task's ``secret_requests``.
        group_version: as in the task's ``secret_requests``.
        encode_mode: ``"r"`` for text, ``"rb"`` for bytes.
        requests: what the task asked for: an ``env_var`` chosen there is looked at first.
        local: also look for the environment variable without its prefix.

    Raises:
        SecretNotFoundError: it is in none of these places.
    """
    if encode_mode not in {"r", "rb"}:
        raise ConfigError(f"encode_mode is {encode_mode!r}, expected 'r' for text or 'rb' for bytes")
    requests = tuple(requests)
    variables = [*chosen_variables(requests, group, key, group_version), variable_of(group, key, group_version)]
    if local:
        variables.append(variables[-1].removeprefix(prefix()))
    for variable in variables:
        text = os.environ.get(variable)
        if text is not None:
            return found(os.fsencode(text), encode_mode)
    files = [*chosen_files(requests, group, key, group_version), file_of(group, key, group_version)]
    for file in files:
        try:
            with open(file, "rb") as stream:
                return found(stream.read(), encode_mode)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
    given = {"group": group, "key": key, "group_version": group_version}
    asked = ", ".join(f"{name}={value!r}" for name, value in given.items() if value)
    missing = (
        "" if any(matching(requests, *given.values())) else f"add secret_requests=[Secret({asked})] to the task, or "
    )
    raise SecretNotFoundError(
        f"no secret {asked}: environment variable {variables[-2 if local else -1]} is not set"
        f" and file {files[-1]} does not exist; {missing}set the variable to run it here"
    )


def found(raw: bytes, encode_mode: str) -> str | bytes:
    value: str | bytes
    if encode_mode == "rb":
        value = raw
    else:
        text = raw.decode("utf-8", "surrogateescape")
        # Editors and `echo` end a file with a line break that is not part of the secret; other white space may be.
        value = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    remember_secret(value)
    return value


def prefix() -> str:
    return os.environ.get("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")


def name_parts(group: str | None, key: str | None, group_version: str | None) -> list[str]:
    for field, part in (("group", group), ("key", key), ("group_version", group_version)):
        if part is not None and not isinstance(part, str):
            raise ConfigError(f"secret {field} is {part!r}, expected a str or None")
        # A name becomes a path: it must not leave the folder of secrets.
        if part and (part in {".", ".."} or any(char in part for char in "/\\\0")):
            raise ConfigError(f"secret {field} is {part!r}, expected a name without slashes")
    parts = [part for part in (group, group_version, key) if part]
    if not group and not key:
        raise ConfigError("a secret is looked up by its group and key, and neither was given")
    return parts


def variable_of(group: str | None, key: str | None, group_version: str | None) -> str:
    return prefix() + "_".join(part.upper() for part in name_parts(group, key, group_version))


def file_of(group: str | None, key: str | None, group_version: str | None) -> str:
    *folders, last = (part.lower() for part in name_parts(group, key, group_version))
    root = os.environ.get("FLYTE_SECRETS_DEFAULT_DIR", os.path.join(os.sep, "etc", "secrets"))
    return os.path.join(root, *folders, os.environ.get("FLYTE_SECRETS_FILE_PREFIX", "") + last)


def matching(requests: Iterable[Secret], *name: str | None) -> Iterable[Secret]:
    """Yield what asks for the secret of this group, key and version."""
    wanted = [part or "" for part in name]
    for secret in requests:
        if [part or "" for part in (secret.group, secret.key, secret.group_version)] == wanted:
            yield secret


def chosen_variables(requests: Iterable[Secret], *name: str | None) -> list[str]:
    from fletching.security import MountType

    found = (one for one in matching(requests, *name) if one.mount_requirement is not MountType.FILE)
    return [one.env_var for one in found if one.env_var]


def chosen_files(requests: Iterable[Secret], *name: str | None) -> list[str]:
    from fletching.security import MountType

    chosen = (one.env_var for one in matching(requests, *name) if one.mount_requirement is MountType.FILE)
    return [os.environ[variable] for variable in chosen if variable and variable in os.environ]


class SecretsManager:
    """What ``current_context().secrets`` is: `get`, or ``secrets.group.key``.

    Args:
        requests: what the running task asked for.
        local: also look for environment variables without their prefix.
    """

    def __init__(self, requests: Iterable[Secret] = (), *, local: bool = True) -> None:
        self._requests = tuple(requests)
        self._local = local

    @overload
    def get(
        self,
        group: str | None = ...,
        key: str | None = ...,
        group_version: str | None = ...,
        encode_mode: Literal["r"] = ...,
    ) -> str: ...
    @overload
    def get(
        self,
        group: str | None = ...,
        key: str | None = ...,
        group_version: str | None = ...,
        encode_mode: Literal["rb"] = ...,
    ) -> bytes: ...
    def get(
        self,
        group: str | None = None,
        key: str | None = None,
        group_version: str | None = None,
        encode_mode: Literal["r", "rb"] = "r",
    ) -> str | bytes:
        """Return the value of a secret; see `lookup_secret`."""
        mode: Any = encode_mode
        value: str | bytes = lookup_secret(group, key, group_version, mode, requests=self._requests, local=self._local)
        return value

    def get_secrets_env_var(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None
    ) -> str:
        """Return the name of the environment variable that holds a secret."""
        return variable_of(group, key, group_version)

    def get_secrets_file(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None
    ) -> str:
        """Return the path of the file that holds a secret."""
        return file_of(group, key, group_version)

    def __getattr__(self, group: str) -> SecretGroup:
        if group.startswith("__"):
            raise AttributeError(group)
        return SecretGroup(self, group)


class SecretGroup:
    """The secrets of one group, by attribute."""

    def __init__(self, manager: SecretsManager, group: str) -> None:
        self._manager = manager
        self._group = group

    def __getattr__(self, key: str) -> str:
        if key.startswith("__"):
            raise AttributeError(key)
        return self._manager.get(self._group, key)
