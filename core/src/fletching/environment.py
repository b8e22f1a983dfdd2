"""The environment variables a task asks for, set while an attempt of it runs."""

from __future__ import annotations

import os
from _thread import allocate_lock  # importing threading would cost the first call half a millisecond and more
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.security import Secret

__all__ = ["Overlay", "task_environment"]

_lock = allocate_lock()
_active: list[Overlay] = []
_underneath: dict[str, str | None] = {}


class Overlay:
    """Sets environment variables of this process while it is entered.

    Overlays may end in any order, as attempts on several threads do: a variable has the value of the overlay entered
    last among those still active, and gets its first value back after the last one. The variables belong
    to the process: another thread sees them too.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)

    def __enter__(self) -> Overlay:
        with _lock:
            _active.append(self)
            try:
                for name, value in self.variables.items():
                    _underneath.setdefault(name, os.environ.get(name))
                    os.environ[name] = value
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        with _lock:
            self._leave()

    def _leave(self) -> None:
        _active.remove(self)
        for name in self.variables.keys() & _underneath.keys():
            covering = [overlay.variables[name] for overlay in _active if name in overlay.variables]
            value = covering[-1] if covering else _underneath.pop(name)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def task_environment(task: Any) -> Overlay | None:
    """Return the overlay of a task's ``environment`` and of the secrets it wants in variables, or None.

    Raises:
        SecretNotFoundError: a secret that names its ``env_var`` exists nowhere.
    """
    secrets = task.security_context.secrets if task.security_context else None
    variables = dict(task.environment)
    for secret in secrets or ():
        if secret.env_var:
            variables[secret.env_var] = _secret_variable(secret)
            if "\0" in variables[secret.env_var]:
                raise ConfigError(
                    f"task {task.name!r}: the secret for {secret.env_var!r} has a zero byte, which no environment "
                    "variable can hold; ask for it as a file"
                )
    return Overlay(variables) if variables else None


def _secret_variable(secret: Secret) -> str:
    """Return what the secret's own variable holds: its value, or the path of a file with it."""
    from fletching.security import MountType, lookup_secret

    where = secret.group, secret.key, secret.group_version
    if secret.mount_requirement is not MountType.FILE:
        return lookup_secret(*where, requests=[secret])
    content = lookup_secret(*where, encode_mode="rb", requests=[secret])
    from fletching.types.blobs import new_local_path

    path = new_local_path("secret")
    # Readable by this user only, from the moment it exists.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path
