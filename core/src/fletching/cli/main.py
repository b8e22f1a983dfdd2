"""``fletch``: finds a command by name and imports only that one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from fletching.cli.output import plain_warnings, watched_output
from fletching.errors import close_match

if TYPE_CHECKING:
    from fletching.installed import EntryPoint

__all__ = ["INTERRUPTED", "main"]

OWN = {
    "cache": ("fletching.cli.cache:command", "List, prune and clear the cache, and explain a hit or a miss."),
    "package": ("fletching.cli.package:command", "Write what is registered for files or modules into files."),
    "plugins": ("fletching.cli.plugins:command", "List what is installed, check it, and explain a name."),
    "render": (
        "fletching.cli.render:command",
        "Show what a backend would be sent, where each field came from, what changed.",
    ),
    "run": ("fletching.cli.run:command", "Run a task or workflow of a file or module, with inputs as options."),
    "runs": ("fletching.cli.runs:command", "List what ran, show a run, its logs and outputs, run it again."),
}
"""Core's commands: where each is, and its line in the help, so that showing the help imports none of them."""

INTERRUPTED = 130
"""The status of what Ctrl-C ended, as shells have it."""


class Commands(click.Group):
    """Core's commands and those that plugins bring, none imported before it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, core's first."""
        return [*OWN, *(name for name in _installed() if name not in OWN)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now."""
        if cmd_name in OWN:
            from importlib import import_module

            module, _, attribute = OWN[cmd_name][0].partition(":")
            found: click.Command = getattr(import_module(module), attribute)
            return found
        if cmd_name not in _installed():
            return None
        from fletching.errors import PluginContractError
        from fletching.plugins import manager

        command = manager().load("commands", cmd_name)
        if not isinstance(command, click.Command):
            raise PluginContractError(f"the plugin's command {cmd_name!r} is {command!r}, expected a click.Command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words begin with; a misspelt one is answered with the nearest."""
        word = args[0] if args else ""
        if word and not word.startswith("-") and word not in self.list_commands(ctx):
            ctx.fail(_why_not(word) or f"no such command {word!r}{close_match(word, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; Ctrl-C ends it with a status of its own, wherever it comes."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, each plugin's below its name; none is imported."""
        from fletching.cli.brought import first_line

        sections: dict[str, list[tuple[str, str]]] = {"Commands": [(name, line) for name, (_, line) in OWN.items()]}
        for name, entry in sorted(_installed().items()):
            if name not in OWN:
                sections.setdefault(f"Commands of {entry.distribution.name}", []).append(
                    (name, first_line(entry.value))
                )
        for heading in sorted(sections, key=lambda heading: heading != "Commands"):
            with formatter.section(heading):
                formatter.write_dl(sections[heading])


def _installed() -> dict[str, EntryPoint]:
    """Return the commands that plugins bring; imports none of them."""
    from fletching.plugins import manager

    names = set(manager().names("commands"))
    return {entry.name: entry for entry in manager().installed().of("commands") if entry.name in names}


def _why_not(word: str) -> str:
    """Return why a command that an official plugin brings is not there; empty if none brings it."""
    from fletching.errors import PluginError
    from fletching.official import by_entry
    from fletching.plugins import manager

    if by_entry("commands", word) is None:
        return ""
    try:
        manager().load("commands", word)
    except PluginError as error:
        return str(error)
    return ""


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fletching", prog_name="fletch")
def fletch() -> None:
    """Typed tasks: run them here, list what is installed."""


def main(args: list[str] | None = None) -> Any:
    """Run ``fletch`` and exit: 0 for success, 1 for what failed, 2 for wrong usage, 130 after Ctrl-C."""
    from fletching.errors import FletchingError

    with watched_output(), plain_warnings():
        try:
            return fletch.main(args=args, prog_name="fletch")
        except FletchingError as error:
            from fletching.redaction import redact

            click.echo(redact(f"error: {error}"), err=True)
            for note in getattr(error, "__notes__", ()):
                click.echo(redact(f"  {note}"), err=True)
            sys.exit(1)
