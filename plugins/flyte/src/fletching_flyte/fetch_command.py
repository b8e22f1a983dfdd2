"""``fletch fetch``: what a backend has under a name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fletching_flyte.command_options import REMOTE_OPTIONS, remote_of, with_options

if TYPE_CHECKING:
    from fletching_flyte.remote import FlyteRemote

__all__ = ["fetch"]

KINDS = ("task", "workflow", "launch-plan", "execution")
MOST = 100


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("target", metavar="[NAME[@VERSION]]", required=False)
@click.option(
    "--list", "listed", is_flag=True, help=f"List what there is, the newest {MOST}: names, or a name's versions."
)
@click.option("--json", "as_json", is_flag=True, help="Print the backend's whole message as JSON.")
@with_options(REMOTE_OPTIONS)
def fetch(kind: str, target: str | None, listed: bool, as_json: bool, **given: Any) -> None:
    """Show a task, workflow, launch plan or execution that a backend has.

    Without VERSION it is the newest one, and of launch plans the active one.
    """
    if not target and not listed:
        raise click.UsageError("name what to fetch, or give --list")
    with remote_of(given) as remote:
        if listed:
            _list(remote, kind, target or "")
        elif kind == "execution":
            _show_execution(remote, str(target), as_json)
        else:
            _show(remote, kind, str(target), as_json)


def _list(remote: FlyteRemote, kind: str, name: str) -> None:
    from fletching_flyte.fetching import listed

    if kind == "execution":
        for execution in remote.recent_executions(limit=MOST):
            click.echo(f"{execution.name}  {execution.phase.lower():<9}  {execution.launched.name}")
        return
    project, domain = remote.place()
    for each in listed(remote.client, kind.replace("-", "_"), project, domain, name, limit=MOST):
        click.echo(f"{each.id.name}@{each.id.version}")


def _show(remote: FlyteRemote, kind: str, target: str, as_json: bool) -> None:
    from fletching_flyte.naming import parse_target

    name, version = parse_target(target)
    find = {"task": remote.fetch_task, "workflow": remote.fetch_workflow, "launch-plan": remote.fetch_launch_plan}[kind]
    entity: Any = find(name=name, version=version)
    if as_json:
        _print(entity.message)
        return
    at = entity.id
    click.echo(f"{at.name}@{at.version} in {at.project}/{at.domain}")
    click.echo(f"  {_signature(entity.python_interface)}")
    click.echo(f"  {remote.generate_console_url(entity)}")


def _signature(interface: Any) -> str:
    from fletching.extend import type_name

    inputs = ", ".join(f"{name}: {type_name(kind)}" for name, kind in interface.inputs.items())
    outputs = ", ".join(f"{name}: {type_name(kind)}" for name, kind in interface.outputs.items())
    return f"({inputs}) -> ({outputs})"


def _show_execution(remote: FlyteRemote, name: str, as_json: bool) -> None:
    from fletching_flyte.run_commands import tell_end

    execution = remote.fetch_execution(name=name)
    if as_json:
        _print(execution.message)
        return
    at = execution.launched
    click.echo(f"{execution.name} of {at.name}@{at.version}: {execution.phase.lower()}", err=True)
    click.echo(f"  {remote.generate_console_url(execution)}", err=True)
    if execution.is_done:
        tell_end(execution)


def _print(message: Any) -> None:
    from google.protobuf.json_format import MessageToDict

    click.echo(json.dumps(MessageToDict(message), indent=2))
