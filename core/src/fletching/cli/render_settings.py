"""Options that say where and how what is serialized will run, and the settings they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.settings import ImageConfig, SerializationSettings

__all__ = ["FLAGS", "OPTION_NAMES", "Chosen", "chosen", "settings_options"]

OPTION_NAMES = ("project", "domain", "version", "images", "env", "fast", "dest_dir", "source_root")
"""What the options of `settings_options` are called where they are given to `chosen`."""

FLAGS = {
    "project": "--project",
    "domain": "--domain",
    "version": "--version",
    "image_config": "--image",
    "env": "--env",
    "fast_serialization_settings": "--fast",
    "source_root": "--source-root",
}
"""The option that sets a field of the settings."""

DEST_DIR = "/root"
"""Where a container unpacks the code of a fast registration: the folder that images for Flyte start in."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The settings, and which of their fields the command line gave."""

    settings: SerializationSettings
    """What `serialize` takes."""
    given: frozenset[str]
    """The names of the fields."""


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say where and how what is serialized will run.

    They come to the command's function as keyword arguments, which are given to `chosen_settings` as one dict.

    Args:
        command: the function behind the command, below ``@click.command``.
    """
    for option in reversed(OPTIONS):
        command = option(command)
    return command


OPTIONS = (
    click.option("-p", "--project", default="", help="The project. [default: left to who registers]"),
    click.option("-d", "--domain", default="", help="The domain. [default: left to who registers]"),
    click.option("--version", default="", help="The version. [default: left to who registers]"),
    click.option(
        "--image",
        "images",
        multiple=True,
        metavar="[NAME=]IMAGE",
        help="The image of tasks that name none, or one that tasks call NAME. [default: $FLYTE_INTERNAL_IMAGE, or "
        "localhost/fletching for this Python and this version]",
    ),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="An environment variable of every container."),
    click.option("--fast", is_flag=True, help="Code is sent beside the image and not in it."),
    click.option(
        "--dest-dir", default=DEST_DIR, show_default=True, help="Where a container unpacks the code of --fast."
    ),
    click.option(
        "--source-root",
        type=click.Path(exists=True, file_okay=False),
        help="The folder that module names start from. [default: that of the first file]",
    ),
)


def chosen(given: Mapping[str, Any]) -> Chosen:
    """Return the settings that the options of `settings_options` make.

    Args:
        given: what the command's function was called with, or more.

    Raises:
        click.UsageError: a value of one of them is wrong.
    """
    from fletching.settings import FastSerializationSettings, SerializationSettings

    root = given["source_root"]
    # Also where the image has the code: a container that registers others hands on where code would be unpacked.
    fast = FastSerializationSettings(enabled=given["fast"], destination_dir=given["dest_dir"])
    settings = SerializationSettings(
        image_config=_images(given["images"]),
        project=given["project"] or None,
        domain=given["domain"] or None,
        version=given["version"] or None,
        env=_pairs(given["env"]) or None,
        fast_serialization_settings=fast,
        source_root=root,
    )
    fields = {
        "project": given["project"],
        "domain": given["domain"],
        "version": given["version"],
        "image_config": given["images"],
        "env": given["env"],
        "fast_serialization_settings": given["fast"],
        "source_root": root,
    }
    return Chosen(settings=settings, given=frozenset(name for name, value in fields.items() if value))


def _images(given: tuple[str, ...]) -> ImageConfig:
    from fletching.images import Image, ImageConfig

    default: Image | None = None
    others: dict[str, Image] = {}
    for text in given:
        name, equals, reference = text.partition("=")
        if not equals:
            name, reference = "default", text
        try:
            image = Image.look_up_image_info(name, reference, allow_no_tag_or_digest=name == "default")
        except ConfigError as error:
            raise click.UsageError(f"--image {text}: {error}") from error
        if name in others or (name == "default" and default is not None):
            raise click.UsageError(f"--image {text}: there is another image {name!r}; one of each name is possible")
        if name == "default":
            default = image
        else:
            others[name] = image
    if default is None:
        default = ImageConfig.auto_default_image().default_image
    return ImageConfig.create_from(default, others.values())


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--env {text}: expected NAME=VALUE")
        pairs[name] = value
    return pairs
