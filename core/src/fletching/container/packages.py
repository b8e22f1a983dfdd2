"""Packages that a task wants installed when its container starts."""

from __future__ import annotations

import os
import sys

from fletching.errors import ConfigError

__all__ = ["install_runtime_packages"]

VARIABLE = "_F_RUNTIME_PACKAGES"
LAST_LINES = 10


def install_runtime_packages() -> None:
    """Install what the container's environment names, and make it importable.

    Raises:
        ConfigError: it cannot be installed.
    """
    packages = os.environ.get(VARIABLE, "").split()
    if not packages:
        return
    import importlib
    import site
    import subprocess

    command = [*_installer(), *packages]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-LAST_LINES:])
        raise ConfigError(f"the packages of {VARIABLE} cannot be installed: {' '.join(packages)}\n{last}")
    # What is new may be found by a .pth file, or be in a folder that was not on the path when Python started.
    for folder in site.getsitepackages():
        site.addsitedir(folder)
    importlib.invalidate_caches()


def _installer() -> list[str]:
    """Return the command of the installer there is: environments made by uv have no pip."""
    import shutil
    from importlib.util import find_spec

    uv = shutil.which("uv") if find_spec("pip") is None else None
    if uv is not None:
        return [uv, "pip", "install", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
