"""Who builds images: the entry points of the group ``fletching.images``, chosen by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fletching.errors import ConfigError, PluginContractError, close_match

if TYPE_CHECKING:
    from fletching_image.spec import ImageSpec

__all__ = ["ImageBuilder", "build", "unbuilt"]


@runtime_checkable
class ImageBuilder(Protocol):
    """What an entry point of ``fletching.images`` makes when it is called without arguments."""

    def build(self, spec: ImageSpec) -> str:
        """Build the image, push it if it has a registry, and return the name it has then.

        What it is based on is built already. An image that is there is left alone unless ``spec.force``.
        """


def build(spec: ImageSpec) -> str:
    """Have an image built, after the one it is based on, and return its name.

    Raises:
        ConfigError: no builder is installed, or which one is open.
        PluginContractError: the builder is none, or gave no name.
    """
    from fletching_image.spec import ImageSpec

    builder = _builder(spec)
    if isinstance(spec.base_image, ImageSpec):
        build(spec.base_image)
    made = builder.build(spec)
    if not isinstance(made, str) or not made:
        raise PluginContractError(
            f"image builder {type(builder).__name__} gave {made!r}, expected the name of an image"
        )
    return made


def unbuilt(spec: ImageSpec) -> str:
    """Return what to type for an image to be there."""
    from fletching.extend import manager

    if manager().names("images"):
        return f"image {spec.image_name()!r} may not be there: build() of its ImageSpec has it built"
    return (
        f"image {spec.image_name()!r} is built by nobody here: 'fletch image FILE -o FOLDER' writes what docker, "
        "podman or buildah build it from, and says how"
    )


def _builder(spec: ImageSpec) -> ImageBuilder:
    from fletching.extend import manager

    names = manager().names("images")
    name = spec.builder or (names[0] if len(names) == 1 else None)
    if not names:
        raise ConfigError(unbuilt(spec))
    if name is None:
        raise ConfigError(f"ImageSpec {spec.name!r}: builder is None, expected one of {', '.join(map(repr, names))}")
    if name not in names:
        raise ConfigError(
            f"ImageSpec {spec.name!r}: builder is {name!r}, which is not installed{close_match(name, names)}; "
            f"installed: {', '.join(map(repr, names))}"
        )
    builder = manager().load("images", name)()
    if not isinstance(builder, ImageBuilder):
        raise PluginContractError(f"image builder {name!r} makes {builder!r}, expected an object with build(spec)")
    return builder
