"""`ImageSpec`: what is in the image of a task, as a value."""

from __future__ import annotations

import dataclasses
import os
import platform as machine
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, FletchingError
from fletching_image.checks import check, frozen, one_or_several, refuse
from fletching_image.copying import CopyFileDetection

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["IMAGE_ID", "ImageSpec"]

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
IMAGE_ID = "_F_IMG_ID"
"""The environment variable by which a container knows which specification its image was built from."""


@dataclass(frozen=True, eq=False)
class ImageSpec:
    """What is in the image of a task; give it as ``container_image``.

    Lists are stored as tuples. Nothing is read, asked or built before the name of the image is needed: the files that
    are named here need not be there where the task runs.
    """

    name: str = "flytekit"
    """The repository in the registry; the default is the Flyte SDK's, so that images stay where they are."""
    python_version: str | None = None
    """The Python inside; None for that of this process, as far as its minor version."""
    builder: str | None = None
    """Who builds it; None for the only one that is installed."""
    source_root: str | None = None
    """A folder whose code goes into the image; with a ``source_copy_mode`` alone, the one that you work in."""
    env: Mapping[str, str] | None = None
    """Environment variables; ``$NAME`` in a value is what the image has so far."""
    registry: str | None = None
    packages: Sequence[str] | None = None
    """Requirements, as pip knows them."""
    conda_packages: Sequence[str] | None = None
    conda_channels: Sequence[str] | None = None
    requirements: str | None = None
    """A file of requirements, or a ``uv.lock`` with its ``pyproject.toml`` beside it."""
    apt_packages: Sequence[str] | None = None
    cuda: str | None = None
    cudnn: str | None = None
    base_image: str | ImageSpec | None = None
    platform: str | None = None
    """Operating system and architecture; None for ``linux/amd64``, or this machine's if the registry is on it."""
    pip_index: str | None = None
    pip_extra_index_url: Sequence[str] | None = None
    pip_secret_mounts: Sequence[tuple[str, str]] | None = None
    """Files of this machine that only the installation of packages sees, and where it sees each."""
    pip_extra_args: str | None = None
    registry_config: str | None = None
    """A file that a builder may need to push the image."""
    entrypoint: Sequence[str] | None = None
    commands: Sequence[str] | None = None
    """Lines of shell that run as root when everything is installed and copied."""
    tag_format: str | None = None
    """The tag, with ``{spec_hash}`` where the digest stands."""
    source_copy_mode: CopyFileDetection | None = None
    """Which files of ``source_root`` are copied; None for the Python files."""
    copy: Sequence[str] | None = None
    """Files and folders, relative to ``source_root`` or to the folder that you work in."""
    python_exec: str | None = None
    """The Python of the base image that packages are installed for; None for an environment of their own."""
    runtime_packages: Sequence[str] | None = None
    """Requirements that are installed when a container starts; no part of the image."""
    builder_options: Mapping[str, Any] | None = None
    """What only the builder understands."""
    builder_config: Mapping[str, Any] | None = None
    force: bool = dataclasses.field(default=False, kw_only=True)
    """Whether a builder shall build it although it is there; no part of the value."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "platform" and value is None:
                value = _platform(self.registry)
            if field.name == "force" and not isinstance(value, bool):
                raise refuse("force", value, "True or False")
            value = check(field.name, value)
            if isinstance(value, dict):
                value = MappingProxyType(dict(value))
            object.__setattr__(self, field.name, value)
        if self.source_root is not None and self.source_copy_mode is None:
            object.__setattr__(self, "source_copy_mode", CopyFileDetection.LOADED_MODULES)

    @classmethod
    def from_env(cls, pinned_packages: Sequence[str] | None = None, **kwargs: Any) -> ImageSpec:
        """Return a specification with the Python of this process, and packages in the versions it has.

        Args:
            pinned_packages: names of distributions.
            kwargs: the other fields.

        Raises:
            ConfigError: one of them is not installed, or ``python_version`` is given.
        """
        from importlib.metadata import PackageNotFoundError, version

        if "python_version" in kwargs:
            raise ConfigError("ImageSpec.from_env: python_version is that of this process; leave it out")
        pinned = []
        for name in check("packages", pinned_packages) or ():
            try:
                pinned.append(f"{name}=={version(name)}")
            except (PackageNotFoundError, ValueError) as error:
                raise ConfigError(
                    f"ImageSpec.from_env: pinned_packages names {name!r}, which is not installed"
                ) from error
        packages = [*(check("packages", kwargs.pop("packages", None)) or ()), *pinned]
        return cls(python_version=RUNNING, packages=packages, **kwargs)

    @property
    def id(self) -> str:
        """A digest of what is in the image by name, whatever the files say: it is the same where they are missing.

        Where an image comes from and goes to, and where the files lie, have no part in it.
        """
        from fletching_image.digests import identity

        return identity(self)

    @property
    def python(self) -> str:
        """The version of Python inside: what is given, or that of this process."""
        return self.python_version or RUNNING

    @property
    def tag(self) -> str:
        """The digest of what is in the image: fields, and the content of the files that are named.

        Raises:
            ConfigError: a file is missing.
        """
        from fletching_image.digests import content

        digest = content(self)
        return self.tag_format.format(spec_hash=digest) if self.tag_format else digest

    def image_name(self) -> str:
        """Return the whole name of the image: ``registry/name:tag``.

        Raises:
            ConfigError: a file that goes into the image is missing.
        """
        from fletching_image.asked import named

        name = f"{self.registry}/{self.name}:{self.tag}" if self.registry else f"{self.name}:{self.tag}"
        named(self)
        return name

    def cache_key(self) -> str:
        """Return what the version of a cached task follows: the name of the image, or `id` where its files are missing.

        A program is imported in places that have no use for the name, like a container of the image. Where it is
        registered, a missing file is an error.
        """
        try:
            return self.image_name()
        except FletchingError:
            return self.id

    def unbuilt(self) -> str:
        """Return what to do for the image to be there, for whoever registers what needs it."""
        from fletching_image.builders import unbuilt

        return unbuilt(self)

    def is_container(self) -> bool:
        """Return whether what only this image has may be imported: in its containers, and where no backend runs us."""
        from fletching.extend import execution_identity

        return execution_identity() is None or os.environ.get(IMAGE_ID) == self.id

    def exist(self) -> bool | None:
        """Return whether the image is in its registry: None, which is to say that it is not known.

        No registry is asked, since that takes a network and credentials. What is not known is not guessed.
        """
        return None

    def build(self) -> str:
        """Have the image built, after the one it is based on, and return its name.

        Raises:
            ConfigError: no builder is installed.
        """
        from fletching_image.builders import build

        return build(self)

    def containerfile(self) -> str:
        """Return the recipe of the image.

        Raises:
            ConfigError: a field has no place in a recipe, or names a file that is missing.
        """
        from fletching_image.recipe import containerfile

        return containerfile(self)

    def write_context(self, folder: str | os.PathLike[str]) -> str:
        """Write the recipe and all files it needs into a new or empty folder, and return its path.

        ``docker build``, ``podman build`` and ``buildah build`` take the folder.

        Raises:
            ConfigError: the folder holds something, or a file is missing.
        """
        from fletching_image.context import write_context

        return write_context(self, folder)

    def with_packages(self, packages: str | Sequence[str]) -> ImageSpec:
        """Return a specification with more packages."""
        return self._extended("packages", packages)

    def with_apt_packages(self, apt_packages: str | Sequence[str]) -> ImageSpec:
        """Return a specification with more Debian packages."""
        return self._extended("apt_packages", apt_packages)

    def with_commands(self, commands: str | Sequence[str]) -> ImageSpec:
        """Return a specification with more commands, which run after the others."""
        return self._extended("commands", commands)

    def with_copy(self, src: str | Sequence[str]) -> ImageSpec:
        """Return a specification that copies more files and folders."""
        return self._extended("copy", src)

    def with_runtime_packages(self, runtime_packages: str | Sequence[str]) -> ImageSpec:
        """Return a specification with more packages that are installed when a container starts."""
        return self._extended("runtime_packages", runtime_packages)

    def with_builder_options(self, builder_options: Mapping[str, Any]) -> ImageSpec:
        """Return a specification whose options for the builder are updated."""
        if not isinstance(builder_options, dict):
            raise refuse("builder_options", builder_options, "a dict by str")
        return dataclasses.replace(self, builder_options={**(self.builder_options or {}), **builder_options})

    def force_push(self) -> ImageSpec:
        """Return a specification that is built although its image is there."""
        return dataclasses.replace(self, force=True)

    def _extended(self, field: str, more: Any) -> ImageSpec:
        longer: dict[str, Any] = {field: (*(getattr(self, field) or ()), *one_or_several(field, more))}
        return dataclasses.replace(self, **longer)

    def fields(self) -> dict[str, Any]:
        """Return the fields that are given, without those that are no part of the value."""
        named = (field.name for field in dataclasses.fields(self) if field.name != "force")
        return {name: getattr(self, name) for name in named if getattr(self, name) is not None}

    def _value(self) -> Any:
        return frozen(self.fields())

    def __eq__(self, other: object) -> bool:
        return self._value() == other._value() if isinstance(other, ImageSpec) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value())

    def __reduce__(self) -> tuple[Any, ...]:
        given = self.fields().items()
        return _remade, ({name: dict(each) if isinstance(each, Mapping) else each for name, each in given}, self.force)


def _platform(registry: Any) -> str:
    here = machine.machine().lower()
    local = isinstance(registry, str) and registry.lower().split(":")[0].split("/")[0] == "localhost"
    return "linux/arm64" if local and here in {"arm64", "aarch64"} else "linux/amd64"


def _remade(given: dict[str, Any], force: bool) -> ImageSpec:
    return ImageSpec(**given, force=force)
