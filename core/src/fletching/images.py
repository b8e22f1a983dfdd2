"""Container images by name, and how a task's image string becomes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, ImageError, close_match
from fletching.frozen import check_text, refuse, set_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Image", "ImageConfig", "image_key", "resolve_image"]


@dataclass(frozen=True)
class Image:
    """An image a task may refer to by name."""

    name: str
    """What tasks call it: ``{{.image.NAME.fqn}}``."""
    fqn: str
    """Registry and repository, without tag."""
    tag: str | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        check_text(self, "name", "fqn", empty=False)
        check_text(self, "tag", "digest", optional=True, empty=False)
        if self.tag and self.digest:
            refuse(self, "digest", self.digest, "None because tag is given; an image has one or the other")

    @property
    def full(self) -> str:
        """The whole reference: ``fqn:tag`` or ``fqn@digest``."""
        if self.digest:
            return f"{self.fqn}@{self.digest}"
        return f"{self.fqn}:{self.tag}" if self.tag else self.fqn

    @property
    def version(self) -> str | None:
        """The digest or the tag."""
        return self.digest or self.tag

    @classmethod
    def look_up_image_info(cls, name: str, image_identifier: str, allow_no_tag_or_digest: bool = False) -> Image:
        """Return the image that a reference like ``registry:5000/repository:tag`` names.

        Args:
            name: what tasks will call it.
            image_identifier: the reference.
            allow_no_tag_or_digest: accept one that leaves the version open.
        """
        if not isinstance(image_identifier, str) or not image_identifier or any(map(str.isspace, image_identifier)):
            raise ConfigError(
                f"image {name!r} is {image_identifier!r}, expected a reference like 'registry/repository:tag'"
            )
        fqn, _, digest = image_identifier.partition("@")
        # A colon before the last slash belongs to the registry's port.
        head, slash, last = fqn.rpartition("/")
        repository, _, tag = last.partition(":")
        if not tag and not digest and not allow_no_tag_or_digest:
            raise ImageError(f"image {name!r} is {image_identifier!r}, which has neither tag nor digest; add ':TAG'")
        if digest:
            # The digest says which image it is; a tag beside it is part of the name only.
            return cls(name, fqn, None, digest)
        return cls(name, head + slash + repository, tag or None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the inverse of `from_dict`."""
        return {"name": self.name, "fqn": self.fqn, "tag": self.tag, "digest": self.digest}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Image:
        """Return the image of `to_dict`'s data."""
        return cls(data["name"], data["fqn"], data.get("tag"), data.get("digest"))


@dataclass(frozen=True)
class ImageConfig:
    """The images that tasks may refer to, and the one for those that name none."""

    default_image: Image | None = None
    images: Iterable[Image] | None = None
    """All images by name. Stored as a tuple or None."""

    def __post_init__(self) -> None:
        if self.default_image is not None and not isinstance(self.default_image, Image):
            refuse(self, "default_image", self.default_image, "an Image or None")
        if self.images is None:
            return
        images = tuple(self.images)
        for image in images:
            if not isinstance(image, Image):
                refuse(self, "images", image, "a list of Image")
        set_field(self, "images", images)

    def find_image(self, name: str) -> Image | None:
        """Return the image of that name, or None."""
        return next((image for image in self.images or () if image.name == name), None)

    @classmethod
    def create_from(cls, default_image: Image | None, other_images: Iterable[Image] | None = None) -> ImageConfig:
        """Return a config that lists the default image first and then the others."""
        first = [default_image] if default_image else []
        return cls(default_image, [*first, *(other_images or ())])

    @classmethod
    def from_images(cls, default_image: str, m: Mapping[str, str] | None = None) -> ImageConfig:
        """Return a config from references: the default one, and others by name."""
        others = [Image.look_up_image_info(name, reference) for name, reference in (m or {}).items()]
        return cls.create_from(Image.look_up_image_info("default", default_image), others)

    @classmethod
    def auto(cls, config_file: Any = None, img_name: str | None = None) -> ImageConfig:
        """Return a config whose default is ``img_name``, or else that of `auto_default_image`.

        Args:
            config_file: must be None: images are configured in code or on the command line.
            img_name: a reference.
        """
        if config_file is not None:
            raise ConfigError(
                f"ImageConfig.auto: config_file is {config_file!r}, expected None; give images with from_images"
            )
        return (
            cls.create_from(Image.look_up_image_info("default", img_name, True))
            if img_name
            else cls.auto_default_image()
        )

    @classmethod
    def auto_default_image(cls) -> ImageConfig:
        """Return a config with the image of ``FLYTE_INTERNAL_IMAGE``, or the local one for this Python and version."""
        return cls.create_from(default_image())

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the inverse of `from_dict`."""
        return {
            "default_image": self.default_image.to_dict() if self.default_image else None,
            "images": None if self.images is None else [image.to_dict() for image in self.images],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ImageConfig:
        """Return the config of `to_dict`'s data."""
        default, images = data.get("default_image"), data.get("images")
        return cls(
            Image.from_dict(default) if default else None,
            None if images is None else [Image.from_dict(image) for image in images],
        )


def default_image() -> Image:
    """Return the image for tasks that name none."""
    import os
    import sys

    from fletching.versions import own_version

    given = os.environ.get("FLYTE_INTERNAL_IMAGE")
    if given:
        return Image.look_up_image_info("default", given, True)
    tag = f"py{sys.version_info.major}.{sys.version_info.minor}-{own_version()}"
    return Image("default", "localhost/fletching", tag)


def image_key(container_image: Any) -> Any:
    """Return what a version made of an image follows: a string itself, an object's ``cache_key()`` or name."""
    key = getattr(container_image, "cache_key", None) or getattr(container_image, "image_name", None)
    return key() if callable(key) else container_image


PLACEHOLDER = r"(:?)(\{\{\s*\.images?\.([\w-]+)(?:\.(\w+))?\s*\}\})"


def resolve_image(container_image: Any, image_config: ImageConfig | None) -> str:
    """Return the image reference a container is started from.

    Args:
        container_image: None for the default image; a string, in which ``{{.image.NAME.fqn}}``,
            ``{{.image.NAME.version}}`` and ``{{.image.NAME}}`` are filled in; or an object with ``image_name()``.
        image_config: where the names are looked up. An image without version has that of the default image.
    """
    config = image_config or ImageConfig()
    if container_image is None or container_image == "":
        if config.default_image is None:
            raise ConfigError(
                "an image is required: give the task container_image=..., or the settings a default image"
            )
        return config.default_image.full
    if isinstance(container_image, str):
        if "{{" not in container_image:
            return container_image
        import re

        return re.sub(
            PLACEHOLDER, lambda match: fill(*match.groups(), config=config), container_image, flags=re.IGNORECASE
        )
    name = getattr(container_image, "image_name", None)
    if not callable(name):
        raise ConfigError(f"container_image is {container_image!r}, expected a str or an object with image_name()")
    return str(name())


def fill(colon: str, placeholder: str, name: str, attribute: str | None, *, config: ImageConfig) -> str:
    image = config.find_image(name)
    if image is None and name == "default":
        image = config.default_image
    if image is None:
        known = [image.name for image in config.images or ()]
        listed = ", ".join(map(repr, known)) or "none"
        raise ImageError(
            f"{placeholder} names the unknown image {name!r}{close_match(name, known)}; configured: {listed}; others "
            f"are named on the command line, --image {name}=IMAGE, or in the image_config of the settings"
        )
    what = (attribute or "full").lower()
    if what == "fqn":
        return colon + image.fqn
    if what not in {"full", "version"}:
        raise ImageError(f"{placeholder} asks for {attribute!r} of an image, expected fqn or version")
    if image.version is None and config.default_image is not None:
        image = Image(image.name, image.fqn, config.default_image.tag, config.default_image.digest)
    if what == "full":
        return colon + image.full
    if image.version is None:
        raise ImageError(f"{placeholder} asks for the version of {image.fqn!r}, which has none")
    return ("@" if colon and image.digest else colon) + image.version
