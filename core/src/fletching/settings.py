"""What is known about a deployment when tasks are written in their wire form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching.frozen import check_flag, check_mapping, check_text, refuse, set_field
from fletching.images import Image, ImageConfig, resolve_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.resources import Resources, ResourceSpec

__all__ = [
    "CONTEXT_VARIABLE",
    "FastSerializationSettings",
    "Image",
    "ImageConfig",
    "SerializationSettings",
    "resolve_image",
]

DEFAULT_INTERPRETER = "/opt/venv/bin/python3"
CONTEXT_VARIABLE = "_F_SS_C"
"""The environment variable by which a container learns the settings it was registered with."""


@dataclass(frozen=True)
class FastSerializationSettings:
    """How code reaches a container without a new image."""

    enabled: bool = False
    destination_dir: str | None = None
    """Where the archive is unpacked."""
    distribution_location: str | None = None
    """Where the archive lies."""

    def __post_init__(self) -> None:
        check_flag(self, "enabled")
        check_text(self, "destination_dir", "distribution_location", optional=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the inverse of `from_dict`."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FastSerializationSettings:
        """Return the settings of `to_dict`'s data."""
        return cls(bool(data.get("enabled")), data.get("destination_dir"), data.get("distribution_location"))


@dataclass(frozen=True)
class SerializationSettings:
    """Where and how the tasks being serialized will run."""

    image_config: ImageConfig | None
    project: str | None = None
    domain: str | None = None
    version: str | None = None
    env: Mapping[str, str] | None = None
    """Environment variables of every container; a task's own come on top."""
    git_repo: str | None = None
    python_interpreter: str = DEFAULT_INTERPRETER
    """Inside the container."""
    flytekit_virtualenv_root: str | None = None
    """Inside the container; taken from the interpreter if not given."""
    fast_serialization_settings: FastSerializationSettings | None = None
    source_root: str | None = None
    """The folder that module names start from."""
    default_resources: Resources | ResourceSpec | None = None
    """For tasks that ask for none."""

    def __post_init__(self) -> None:
        if not isinstance(self.image_config, ImageConfig) and self.image_config is not None:
            refuse(self, "image_config", self.image_config, "an ImageConfig")
        check_text(self, "project", "domain", "version", "git_repo", "source_root", optional=True)
        check_text(self, "python_interpreter", empty=False)
        check_mapping(self, "env")
        check_text(self, "flytekit_virtualenv_root", optional=True)
        if self.flytekit_virtualenv_root is None:
            # <root>/bin/python; written with posix separators, since it lies in a container
            set_field(self, "flytekit_virtualenv_root", self.python_interpreter.rpartition("/")[0].rpartition("/")[0])
        fast = self.fast_serialization_settings
        if fast is not None and not isinstance(fast, FastSerializationSettings):
            refuse(self, "fast_serialization_settings", fast, "a FastSerializationSettings or None")
        if self.default_resources is not None:
            from fletching.resources import Resources, ResourceSpec

            if not isinstance(self.default_resources, (Resources, ResourceSpec)):
                refuse(self, "default_resources", self.default_resources, "a Resources, a ResourceSpec or None")

    @classmethod
    def for_image(
        cls,
        image: str,
        version: str,
        project: str = "",
        domain: str = "",
        python_interpreter_path: str = DEFAULT_INTERPRETER,
    ) -> SerializationSettings:
        """Return the settings for one image that every task uses."""
        config = ImageConfig.create_from(Image.look_up_image_info("default", image, True))
        return cls(config, project, domain, version, python_interpreter=python_interpreter_path)

    def new_builder(self) -> SettingsBuilder:
        """Return what makes other settings of these, as code written for the Flyte SDK does."""
        return SettingsBuilder(self)

    def image_of(self, container_image: Any) -> str:
        """Return the image reference that a task with this ``container_image`` is started from; see `resolve_image`."""
        return resolve_image(container_image, self.image_config)

    def should_fast_serialize(self) -> bool:
        """Return whether code is sent beside the image."""
        return self.fast_serialization_settings is not None and self.fast_serialization_settings.enabled

    def with_serialized_context(self) -> SerializationSettings:
        """Return settings whose environment also holds themselves, for tasks that serialize others while they run."""
        env = dict(self.env or {})
        if CONTEXT_VARIABLE in env:
            return self
        return replace(self, env={**env, CONTEXT_VARIABLE: self.serialized_context})

    @property
    def serialized_context(self) -> str:
        """The settings as text: base64 of gzip of JSON, the same for equal settings."""
        import base64
        import gzip
        import json

        return base64.b64encode(gzip.compress(json.dumps(self.to_dict()).encode(), mtime=0)).decode()

    @classmethod
    def from_transport(cls, s: str) -> SerializationSettings:
        """Return the settings of `serialized_context`'s text."""
        import base64
        import gzip
        import json

        try:
            data = json.loads(gzip.decompress(base64.b64decode(s, validate=True)))
        except (ValueError, OSError, EOFError) as error:
            raise ConfigError(f"serialized settings cannot be read: {error}") from error
        return cls.from_dict(data)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the inverse of `from_dict`; the keys are those other SDKs read."""
        fast = self.fast_serialization_settings
        return {
            "image_config": self.image_config.to_dict() if self.image_config else None,
            "project": self.project,
            "domain": self.domain,
            "version": self.version,
            "env": None if self.env is None else dict(self.env),
            "default_resources": self.default_resources.to_dict() if self.default_resources else None,
            "git_repo": self.git_repo,
            "python_interpreter": self.python_interpreter,
            "flytekit_virtualenv_root": self.flytekit_virtualenv_root,
            "fast_serialization_settings": fast.to_dict() if fast else None,
            "source_root": self.source_root,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SerializationSettings:
        """Return the settings of `to_dict`'s data, also when another SDK wrote it."""
        images, fast, resources = (
            data.get(key) for key in ("image_config", "fast_serialization_settings", "default_resources")
        )
        if resources:
            from fletching.resources import Resources, ResourceSpec

            spec = "requests" in resources or "limits" in resources
            resources = ResourceSpec.from_dict(resources) if spec else Resources.from_dict(resources)
        return cls(
            ImageConfig.from_dict(images) if images else None,
            data.get("project"),
            data.get("domain"),
            data.get("version"),
            data.get("env"),
            data.get("git_repo"),
            data.get("python_interpreter") or DEFAULT_INTERPRETER,
            data.get("flytekit_virtualenv_root"),
            FastSerializationSettings.from_dict(fast) if fast else None,
            data.get("source_root"),
            resources or None,
        )


class SettingsBuilder:
    """Makes settings of others, step by step; ``dataclasses.replace`` does it at once."""

    def __init__(self, settings: SerializationSettings) -> None:
        self._settings = settings

    def with_fast_serialization_settings(self, fss: FastSerializationSettings | None) -> SettingsBuilder:
        """Have code sent beside the image, or not."""
        self._settings = replace(self._settings, fast_serialization_settings=fss)
        return self

    def build(self) -> SerializationSettings:
        """Return the settings."""
        return self._settings
