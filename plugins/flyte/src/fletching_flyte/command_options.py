"""The options that every command has: which backend, which project and domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching_flyte.remote import FlyteRemote

__all__ = ["CODE_OPTIONS", "REMOTE_OPTIONS", "pairs", "remote_of", "settings_of", "with_options"]

REMOTE_OPTIONS = (
    click.option("-p", "--project", help="The project. [default: $FLYTE_PROJECT, or that of the config]"),
    click.option("-d", "--domain", help="The domain. [default: $FLYTE_DOMAIN, or that of the config]"),
    click.option(
        "--config",
        "config_file",
        type=click.Path(dir_okay=False),
        help="flytectl's configuration file. [default: $FLYTECTL_CONFIG, or ~/.flyte/config.yaml]",
    ),
    click.option("--endpoint", metavar="HOST:PORT", help="The backend, over what the config says."),
    click.option("--insecure/--secure", default=None, help="Speak without TLS, or with it."),
)

CODE_OPTIONS = (
    click.option("--version", help="The version. [default: that of the content]"),
    click.option(
        "--image",
        "images",
        multiple=True,
        metavar="[NAME=]IMAGE",
        help="The image of tasks that name none, or one that tasks call NAME. [default: $FLYTE_INTERNAL_IMAGE]",
    ),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="An environment variable of every container."),
    click.option(
        "--copy",
        type=click.Choice(("auto", "all", "none")),
        default="auto",
        show_default=True,
        help="The code that is sent beside the image: the modules that are imported, every file, or none.",
    ),
    click.option("--dest-dir", default=".", show_default=True, help="Where a container unpacks the code."),
    click.option(
        "--source-root",
        type=click.Path(exists=True, file_okay=False),
        help="The folder that module names start from. [default: that of the first file]",
    ),
)


def with_options(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Return a decorator that gives a command options."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def remote_of(given: Mapping[str, Any]) -> FlyteRemote:
    """Return the backend that the options of `REMOTE_OPTIONS` name."""
    from fletching_flyte.config import Config
    from fletching_flyte.remote import FlyteRemote

    config = Config.auto(given["config_file"])
    changed = {name: given[name] for name in ("endpoint", "insecure") if given[name] is not None}
    return FlyteRemote(config.with_platform(**changed), given["project"], given["domain"])


def settings_of(given: Mapping[str, Any], remote: FlyteRemote, sources: tuple[str, ...]) -> Any:
    """Return the settings that the options of `CODE_OPTIONS` make."""
    from fletching.extend import chosen_settings, source_root_of

    asked = {
        **given,
        "project": remote.default_project or "",
        "domain": remote.default_domain or "",
        "version": given["version"] or "",
        "fast": False,  # who sends the code says where it is
        "source_root": given["source_root"] or source_root_of(sources),
    }
    return chosen_settings(asked).settings


def pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """Return the pairs that an option was given as ``NAME=VALUE``."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.UsageError(f"{option} {text}: expected NAME=VALUE")
        found[name] = value
    return found
