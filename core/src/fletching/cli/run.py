"""``fletch run``: the interface of a task, workflow or launch plan becomes the options of a command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fletching.cli.inputs import input_option
from fletching.cli.main import INTERRUPTED
from fletching.cli.run_entity import inputs_of, print_picture, run_entity
from fletching.cli.run_options import RunSettings, run_parameters, settings_of, with_optional_values
from fletching.cli.run_streams import repair_streams, teed
from fletching.cli.sources import entities_of, importing, load_source, nothing_in
from fletching.errors import close_match

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.executable import Executable

__all__ = ["command", "run_again"]

HELP = {"help_option_names": ["-h", "--help"]}

HEADINGS = {"workflow": "Workflows", "launch plan": "Launch plans"}
"""What stands above the commands of a kind; everything else is a task."""


class Sources(click.Group):
    """Takes a file or module as its command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the file."""
        return super().parse_args(ctx, with_optional_values(args))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of a file or module; it is imported now."""
        # Before the import: a log handler that is made there keeps the stream that it finds.
        repair_streams()
        ctx.find_root().with_resource(teed())
        return _opened(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return nothing: any file or module may be named."""
        return []


def _opened(ctx: click.Context, source: str) -> Entities:
    with importing(ctx, source):
        return Entities(source)


class Entities(click.Group):
    """The tasks, workflows and launch plans of one file or module as commands."""

    def __init__(self, source: str) -> None:
        module = load_source(source)
        self.entities = entities_of(module)
        if not self.entities:
            raise click.UsageError(nothing_in(source, module))
        first = (module.__doc__ or f"What {source} has to run.").strip()
        super().__init__(name=source, help=first, subcommand_metavar="NAME [--input VALUE]...", context_settings=HELP)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        return list(self.entities)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a task, workflow or launch plan."""
        if cmd_name not in self.entities:
            hint = close_match(cmd_name, self.entities) or f"; it has: {', '.join(self.entities)}"
            ctx.fail(f"{self.name} has no task or workflow {cmd_name!r}{hint}")
        return entity_command(str(self.name), cmd_name, self.entities[cmd_name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names by kind, each with its first line."""
        kinds: dict[str, list[tuple[str, str]]] = {}
        width = formatter.width - 6 - max(map(len, self.entities))
        for name, entity in self.entities.items():
            short = click.Command(name, help=_text_of(entity)).get_short_help_str(width)
            kinds.setdefault(HEADINGS.get(entity.node_kind, "Tasks"), []).append((name, short))
        for heading in ("Workflows", "Launch plans", "Tasks"):
            if heading in kinds:
                with formatter.section(heading):
                    formatter.write_dl(kinds[heading])


class Input(click.Option):
    """An input of what is run."""

    def value_is_missing(self, value: Any) -> bool:
        """Whether it has to be given and is not: a picture needs none, and a recovered run has had them."""
        settings = settings_of(click.get_current_context())
        return settings.dry_run is None and settings.recover is None and super().value_is_missing(value)


def entity_command(source: str, name: str, entity: Executable) -> click.Command:
    """Return the command that runs something; its options are the inputs, and those of ``fletch run``."""
    options: list[click.Option] = [input_option(entity, each, Input) for each in entity.python_interface.inputs]
    options += run_parameters([word for option in options for word in (*option.opts, *option.secondary_opts)])

    def run(**inputs: Any) -> None:
        context = click.get_current_context()
        # What was not given is left to the task: a default is a value already and no text to be read.
        given = {
            name: value
            for name, value in inputs.items()
            if context.get_parameter_source(name) is not ParameterSource.DEFAULT
        }
        settings = settings_of(context)
        if settings.dry_run is not None:
            print_picture(entity, settings.dry_run)
            return
        sys.exit(_guarded(entity, given, settings, source=source, variable=name))

    return click.Command(
        name,
        callback=run,
        params=list[click.Parameter](options),
        help=_text_of(entity) or f"Run {entity.name}.",
        epilog="The options of 'fletch run --help', such as --executor and --recover, may stand here as well.",
        no_args_is_help=False,
        context_settings=HELP,
    )


def _guarded(entity: Executable, inputs: dict[str, Any], settings: RunSettings, *, source: str, variable: str) -> int:
    try:
        return run_entity(entity, inputs, settings, source=source, variable=variable)
    except KeyboardInterrupt:
        return INTERRUPTED  # before it began, or while its end was being written


def _text_of(entity: Executable) -> str:
    """Return the documentation of what is run; that of its workflow for a launch plan."""
    docs = getattr(entity, "docs", None) or getattr(getattr(entity, "workflow", None), "docs", None)
    if docs is None:
        return ""
    parts = docs.short_description, docs.long_description and docs.long_description.value
    return "\n\n".join(part for part in parts if part)


def run_again(source: str, variable: str, literals: LiteralMap, **options: Any) -> int:
    """Run what a variable of a file or module holds with recorded inputs, and return the exit code.

    Args:
        source: the file or module.
        variable: the variable.
        literals: the inputs as they were recorded.
        options: as an earlier run was recorded with; others of `RunSettings` are fine.

    Raises:
        click.UsageError: there is no such file or variable, or it does not take these inputs any more.
    """
    context = click.get_current_context()
    repair_streams()
    with teed():
        entities = _opened(context, source).entities
        if variable not in entities:
            raise click.UsageError(f"{source} has no {variable!r} any more{close_match(variable, entities)}")
        entity = entities[variable]
        return _guarded(entity, inputs_of(entity, literals), RunSettings(**options), source=source, variable=variable)


@click.command(
    cls=Sources,
    name="run",
    params=list[click.Parameter](run_parameters()),
    subcommand_metavar="FILE_OR_MODULE NAME [--input VALUE]...",
    context_settings=HELP,
    epilog="'fletch run FILE' lists what a file has to run; 'fletch run FILE NAME --help' lists its inputs. The exit "
    "code is 0 for success, 1 for a run that failed, 2 for wrong usage, 130 after Ctrl-C, and 143 after SIGTERM, which "
    "stops the run at once.",
)
def command() -> None:
    """Run a task, workflow or launch plan of a file or module at once, on this machine.

    Its inputs are options after NAME. Lists, dicts and dataclasses are given as JSON or as @FILE with JSON in it.

    The options below may also stand after NAME, unless an input is called like one of them: there it is the input.

    Ctrl-C lets what runs come to its end and begins nothing new; a second one stops it at once.
    """
