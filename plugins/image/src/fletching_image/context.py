"""The build context of an image: a folder with the recipe and every file that it names."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from fletching.errors import ConfigError
from fletching_image.digests import project_files
from fletching_image.recipe import FILES, PACKAGES, RECIPES, containerfile, package_lines, secrets
from fletching_image.requirement_files import requirement_files

if TYPE_CHECKING:
    from fletching_image.spec import ImageSpec

__all__ = ["build_command", "write_context"]

RECIPE = "Dockerfile"
"""The name that docker, podman and buildah all look for."""
WRITTEN = 315532800
"""The time of all files, so that the same content makes the same layers: 1980, the first year that archives know."""


def write_context(spec: ImageSpec, folder: str | os.PathLike[str]) -> str:
    """Write the context into a new or empty folder, and return its absolute path.

    Raises:
        ConfigError: the folder holds something, or a file is missing.
    """
    place = os.path.abspath(os.fspath(folder))
    recipe = containerfile(spec)
    files = {f"{FILES}/{name}": path for name, path in project_files(spec).items()}
    if spec.requirements:
        files.update({f"{RECIPES}/{name}": path for name, path in requirement_files(spec.requirements).items()})
    os.makedirs(place, exist_ok=True)
    if os.listdir(place):
        raise ConfigError(f"ImageSpec.write_context: the folder {place!r} is not empty")
    for name, path in files.items():
        _copy(path, os.path.join(place, name))
    _write(os.path.join(place, RECIPES, PACKAGES), "".join(f"{line}\n" for line in package_lines(spec)))
    _write(os.path.join(place, RECIPE), recipe)
    return place


def build_command(spec: ImageSpec, folder: str, engine: str = "docker") -> list[str]:
    """Return the words of the command that builds a context."""
    mounts = [word for name, here, _ in secrets(spec) for word in ("--secret", f"id={name},src={here}")]
    return [engine, "build", "--platform", str(spec.platform), "--tag", spec.image_name(), *mounts, folder]


def _copy(path: str, place: str) -> None:
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), place)
        os.utime(place, (WRITTEN, WRITTEN), follow_symlinks=False)
        return
    shutil.copyfile(path, place)
    _settle(place, 0o755 if os.stat(path).st_mode & stat.S_IXUSR else 0o644)


def _write(place: str, text: str) -> None:
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    _settle(place, 0o644)


def _settle(place: str, mode: int) -> None:
    os.chmod(place, mode)
    os.utime(place, (WRITTEN, WRITTEN))
