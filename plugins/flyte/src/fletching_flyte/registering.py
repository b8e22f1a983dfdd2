"""What registering needs of a caller who said little: images, and settings made of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching import ImageConfig
from fletching.extend import SerializationSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["settings_for"]


def settings_for(
    given: SerializationSettings | None,
    *,
    project: str | None,
    domain: str | None,
    version: str | None = None,
    image: str | ImageConfig | None = None,
    env: Mapping[str, str] | None = None,
    source_root: str | None = None,
) -> SerializationSettings:
    """Return settings in which what was said stands, over what the given ones say."""
    from dataclasses import replace

    if given is None:
        given = SerializationSettings(image_config=None)
    changed: dict[str, Any] = {
        "project": given.project or project,
        "domain": given.domain or domain,
        "version": version or given.version,
    }
    if isinstance(image, str):
        changed["image_config"] = ImageConfig.auto(img_name=image)
    elif image is not None:
        changed["image_config"] = image
    elif given.image_config is None:
        changed["image_config"] = ImageConfig.auto_default_image()
    if env:
        changed["env"] = {**(given.env or {}), **env}
    if source_root:
        changed["source_root"] = source_root
    return replace(given, **changed)
