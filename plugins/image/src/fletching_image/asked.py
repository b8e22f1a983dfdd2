"""Which images a program asks for: those whose names are needed while it is written for a backend."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fletching import Image, ImageConfig, SerializationSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fletching_image.spec import ImageSpec

__all__ = ["images_of", "named"]

NAMED: ContextVar[dict[ImageSpec, None] | None] = ContextVar("NAMED", default=None)


class AnyImage(ImageConfig):
    """Has an image of every name: what a template means has no part in what a specification is."""

    def find_image(self, name: str) -> Image | None:
        """Return an image."""
        return Image(name, "any", "0")


def named(spec: ImageSpec) -> None:
    """Tell whoever listens that the name of an image was needed."""
    listening = NAMED.get()
    if listening is not None:
        listening[spec] = None


def images_of(entities: Iterable[Any]) -> list[ImageSpec]:
    """Return the specifications that entities ask for, wherever they do; each after the one it is based on.

    Raises:
        ConfigError: a file that goes into an image is missing.
        SerializationError: an entity has no wire form.
    """
    from fletching.extend import serialize

    found: dict[ImageSpec, None] = {}
    token = NAMED.set(found)
    try:
        config = AnyImage(Image("default", "any", "0"))
        serialize(list(entities), SerializationSettings(config, project="any", domain="any", version="0"))
    finally:
        NAMED.reset(token)
    return list(found)
