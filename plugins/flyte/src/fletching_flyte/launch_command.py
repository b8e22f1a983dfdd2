"""``fletch launch``: a file's entity, registered first, or one that a backend has, with its inputs as options."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fletching_flyte.command_options import (
    CODE_OPTIONS,
    REMOTE_OPTIONS,
    pairs,
    remote_of,
    settings_of,
    with_options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching_flyte.executions import FlyteWorkflowExecution
    from fletching_flyte.remote import FlyteRemote

__all__ = ["launch"]

HELP = {"help_option_names": ["-h", "--help"]}

Start = "Callable[[dict[str, Any]], FlyteWorkflowExecution]"


class Targets(click.Group):
    """Takes a file, or the name of something registered, as its command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return nothing: anything may be named."""
        return []

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of a file, or of something registered, which is fetched now."""
        given = dict(ctx.params)
        if ctx.params["module"] or cmd_name.endswith(".py") or os.sep in cmd_name:
            return Entities(cmd_name, given)
        remote = ctx.find_root().with_resource(remote_of(given))
        entity = _registered(remote, cmd_name, given["kind"])

        def start(inputs: dict[str, Any]) -> FlyteWorkflowExecution:
            return _execute(remote, entity, inputs, given)

        return _command(cmd_name, entity, start, given, remote)


class Entities(click.Group):
    """The tasks, workflows and launch plans of one file as commands."""

    def __init__(self, source: str, given: dict[str, Any]) -> None:
        from fletching.extend import declared_entities

        self.source, self.given = source, given
        self.found = declared_entities([] if given["module"] else [source], [source] if given["module"] else [])
        super().__init__(name=source, subcommand_metavar="NAME [--input VALUE]...", context_settings=HELP)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        return [each.variable for each in self.found]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of a task, workflow or launch plan."""
        from fletching.extend import pick_entities

        entity = pick_entities(self.found, [cmd_name], self.source)[0].entity
        remote = ctx.find_root().with_resource(remote_of(self.given))
        given = self.given

        def start(inputs: dict[str, Any]) -> FlyteWorkflowExecution:
            from fletching_flyte.launching import launch as launched
            from fletching_flyte.launching import options_of

            return launched(
                remote.client,
                entity,
                inputs,
                settings=settings_of(given, remote, () if given["module"] else (self.source,)),
                copy=given["copy"],
                name=given["name"],
                told=options_of(None, _told(given)),
            )

        return _command(cmd_name, entity, start, given, remote)


def _registered(remote: FlyteRemote, text: str, kind: str) -> Any:
    from fletching_flyte.naming import parse_target
    from fletching_flyte.problems import FlyteEntityNotExistException

    name, version = parse_target(text)
    if kind == "task":
        return remote.fetch_task(name=name, version=version)
    try:
        return remote.fetch_launch_plan(name=name, version=version)
    except FlyteEntityNotExistException as error:
        if kind == "launch-plan":
            raise
        try:
            return remote.fetch_task(name=name, version=version)
        except FlyteEntityNotExistException:
            raise error from None


def _execute(remote: FlyteRemote, entity: Any, inputs: dict[str, Any], given: dict[str, Any]) -> FlyteWorkflowExecution:
    return remote.execute(
        entity,
        inputs,
        remote.default_project,
        remote.default_domain,
        execution_name=given["name"],
        **_told(given),
    )


def _told(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "labels": pairs("--label", given["label"]),
        "annotations": pairs("--annotation", given["annotation"]),
        "envs": pairs("--set-env", given["set_env"]),
        "tags": given["tag"],
        "raw_output_prefix": given["raw_output_prefix"],
        "service_account": given["service_account"],
        "max_parallelism": given["max_parallelism"],
        "interruptible": given["interruptible"],
        "overwrite_cache": given["overwrite_cache"] or None,
    }


def _command(
    name: str,
    entity: Any,
    start: Callable[[dict[str, Any]], FlyteWorkflowExecution],
    given: dict[str, Any],
    remote: FlyteRemote,
) -> click.Command:
    """Return the command that starts an execution; its options are the inputs."""
    from fletching.extend import input_option

    def run(**inputs: Any) -> None:
        from fletching_flyte.run_commands import tell_end, watched

        context = click.get_current_context()
        asked = {
            key: value
            for key, value in inputs.items()
            if context.get_parameter_source(key) is not ParameterSource.DEFAULT
        }
        execution = start(asked)
        click.echo(f"{execution.name} runs {execution.launched.name} at version {execution.launched.version}", err=True)
        click.echo(f"  {remote.generate_console_url(execution)}", err=True)
        if given["wait"]:
            context.exit(tell_end(watched(execution)))
        click.echo(execution.name)

    options: list[click.Parameter] = [input_option(entity, each) for each in entity.python_interface.inputs]
    return click.Command(
        name, callback=run, params=options, help=f"Launch {entity.name}.", no_args_is_help=False, context_settings=HELP
    )


@click.command(
    cls=Targets,
    subcommand_metavar="FILE NAME [--input VALUE]... | REGISTERED[@VERSION] [--input VALUE]...",
    context_settings=HELP,
    epilog="'fletch launch FILE NAME --help' and 'fletch launch REGISTERED --help' list the inputs. The exit code is 0 "
    "for what was launched, or with --wait for what succeeded, 1 for what failed, and 2 for wrong usage.",
)
@with_options(CODE_OPTIONS)
@with_options(REMOTE_OPTIONS)
@click.option("-m", "--module", is_flag=True, help="FILE is the name of a module.")
@click.option(
    "--kind",
    type=click.Choice(("launch-plan", "task")),
    help="What REGISTERED is. [default: a launch plan if there is one of the name, else a task]",
)
@click.option("--wait", is_flag=True, help="Show how it goes, and print the outputs or the error.")
@click.option("--name", help="The execution's name. One that has it already, and is the same, is adopted.")
@click.option("--label", multiple=True, metavar="NAME=VALUE", help="A label of the execution.")
@click.option("--annotation", multiple=True, metavar="NAME=VALUE", help="An annotation of the execution.")
@click.option("--tag", multiple=True, help="A tag of the execution.")
@click.option("--set-env", multiple=True, metavar="NAME=VALUE", help="An environment variable of this execution only.")
@click.option("--raw-output-prefix", metavar="URI", help="Where its data is put.")
@click.option("--service-account", help="The Kubernetes service account of its pods.")
@click.option("--max-parallelism", type=click.IntRange(min=1), help="How many of its nodes run at the same time.")
@click.option("--interruptible/--no-interruptible", default=None, help="Whether its pods may be taken away.")
@click.option("--overwrite-cache", is_flag=True, help="Run also what is cached, and cache it anew.")
def launch(**_: Any) -> None:
    """Launch a task, workflow or launch plan on a backend: one of a file, which is registered first, or a known one.

    The options below stand before FILE or REGISTERED; its inputs are options behind.
    """
