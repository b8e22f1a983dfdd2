"""``fletch runs``: what ran, what came of it, and running it again."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from fletching.run.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["command"]

STATES = ("running", "succeeded", "failed", "cancelled", "lost")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
ID = "ID is the id of a run, its beginning or end, the name of one, or 'last'."


class Age(click.ParamType[float]):
    """A duration such as ``30d`` or ``12h``, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        import datetime

        from fletching.cli.values import ValueType

        seconds: float = ValueType(datetime.timedelta).convert(value, param, ctx).total_seconds()
        return seconds


def _choosing(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the list."""
    for option in (
        JSON,
        click.option("--status", type=click.Choice(STATES), help="Only those with this status."),
        click.option("--tag", default="", metavar="TAG", help="Only those with this tag."),
        click.option("--name", default="", metavar="NAME", help="Only those of this name."),
        click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many."),
    ):
        function = option(function)
    return function


@click.group("runs", invoke_without_command=True)
@_choosing
@click.pass_context
def command(context: click.Context, /, **chosen: Any) -> None:
    """List the latest runs, or tell about one."""
    if context.invoked_subcommand is None:
        show_list(**chosen)


@command.command("list")
@_choosing
def list_(**chosen: Any) -> None:
    """List the latest runs, the newest first; the same as without a command."""
    show_list(**chosen)


def show_list(*, as_json: bool, **chosen: Any) -> None:
    from fletching.cli.runs_text import json_of, print_json, print_runs

    chosen["status"] = chosen["status"] or ""
    with RunStore() as store:
        runs = store.runs(**chosen)
    if as_json:
        print_json([json_of(run) for run in runs])
    elif runs:
        print_runs(runs)
    else:
        click.echo(
            "there is no such run" if any(chosen[each] for each in ("name", "tag", "status")) else "there is no run"
        )


@command.command(help=f"Show the nodes of a run: how they ended, after how long, and why.\n\n{ID}")
@click.argument("id")
@JSON
def show(id: str, as_json: bool) -> None:
    """Show one run."""
    from fletching.cli.runs_text import json_of, print_json, print_run
    from fletching.cli.runs_values import plain_inputs, plain_outputs

    with RunStore() as store:
        run = store.run(store.find(id))
        nodes, events = store.nodes(run.id), store.events(run.id)
        inputs, outputs = plain_inputs(store, run.id), plain_outputs(store, run.id)
        if not as_json:
            print_run(run, nodes, events, inputs)
            return
        told = [
            {**json_of(node), "tries": [json_of(one) for one in store.attempts(run.id, node.path)]} for node in nodes
        ]
    events_told = [json_of(event) for event in events]
    print_json({**json_of(run), "inputs": inputs, "outputs": outputs, "nodes": told, "events": events_told})


@command.command(help=f"Print what the attempts of a run printed, or those of one NODE, such as n0 or n2/dn1.\n\n{ID}")
@click.argument("id")
@click.argument("node", required=False)
def logs(id: str, node: str | None) -> None:
    """Print what was printed."""
    with RunStore() as store:
        run_id = store.find(id)
        paths = [one.path for one in store.nodes(run_id)] if node is None else [_node(store, run_id, node)]
        files = [
            (path, one.number, store.log_path(run_id, path, one.number))
            for path in paths
            for one in store.attempts(run_id, path)
        ]
    found = [each for each in files if os.path.exists(each[2]) and os.path.getsize(each[2])]
    if not found:
        click.echo(f"nothing was printed by {'run ' + run_id if node is None else 'node ' + node}", err=True)
    for path, number, file in found:
        if len(found) > 1:
            click.secho(f"--- {path or 'top'}, attempt {number + 1}", dim=True)
        with open(file, encoding="utf-8", errors="replace") as stream:
            text = stream.read()
        click.echo(text, nl=not text.endswith("\n"))


@command.command(help=f"Print the outputs of a run, or of its NODE, such as n0 or n2/dn1.\n\n{ID}")
@click.argument("id")
@click.argument("node", required=False)
@JSON
def outputs(id: str, node: str | None, as_json: bool) -> None:
    """Print outputs."""
    import json

    from fletching.cli.runs_text import print_json
    from fletching.cli.runs_values import plain_outputs

    with RunStore() as store:
        run_id = store.find(id)
        path = None if node is None else _node(store, run_id, node)
        found = plain_outputs(store, run_id, path)
    what = f"run {run_id}" if node is None else f"node {node} of run {run_id}"
    if found is None:
        raise click.ClickException(
            f"{what} has no outputs that are kept; 'fletch runs show {run_id}' says how it ended"
        )
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        text = value if isinstance(value, str) else json.dumps(value, indent=2)
        click.echo(text if len(found) == 1 else f"{name}: {text}")


def _node(store: RunStore, run_id: str, node: str) -> str:
    """Return the path of a node; a usage error if there is none."""
    from fletching.errors import close_match

    known = [one.path for one in store.nodes(run_id)]
    if node in known:
        return node
    raise click.UsageError(f"run {run_id} has no node {node!r}{close_match(node, known)}")


@command.command(help=f"Run it again: the same file or module, task and inputs.\n\n{ID}")
@click.argument("id")
def rerun(id: str) -> None:
    """Run it again."""
    with RunStore() as store:
        run = store.run(store.find(id))
        found = store.inputs(run.id)
    if not run.source:
        raise click.ClickException(
            f"run {run.id} was not started by 'fletch run'; call {run.entity} where it was called"
        )
    if found is None:
        raise click.ClickException(f"the inputs of run {run.id} could not be kept; give them again to 'fletch run'")
    from fletching.cli.run import run_again

    if os.path.isdir(run.folder):
        os.chdir(run.folder)
    sys.exit(run_again(run.source, run.variable, found[1], **run.options))


@command.command(help=f"Tell which nodes of two runs differ, and in what.\n\n{ID}")
@click.argument("id")
@click.argument("other")
@click.option("--all", "whole", is_flag=True, help="Also those that differ in how long they took alone.")
@JSON
def diff(id: str, other: str, whole: bool, as_json: bool) -> None:
    """Compare two runs."""
    from fletching.cli.runs_diff import compare, print_differences
    from fletching.cli.runs_text import print_json

    with RunStore() as store:
        found = compare(store, store.find(id), store.find(other))
    if as_json:
        print_json(found)
    else:
        print_differences(found, whole=whole)


@command.command(help=f"Forget runs, with their logs and outputs.\n\n{ID}")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def delete(ids: tuple[str, ...]) -> None:
    """Forget runs."""
    with RunStore() as store:
        chosen = list(dict.fromkeys(store.find(word) for word in ids))
        for run_id in chosen:
            if store.run(run_id).status == "running":
                raise click.ClickException(f"run {run_id} is running; stop it first")
        count = store.delete(chosen)
    click.echo(f"{_counted(count)} forgotten")


@command.command()
@click.option("--older-than", type=Age(), help="Those that started before so long: 30d, 12h.")
@click.option("--keep", type=click.IntRange(min=0), default=0, help="Leave so many of the latest in any case.")
def prune(older_than: float | None, keep: int) -> None:
    """Forget old runs, and what a run that was killed left behind."""
    import time

    if older_than is None and not keep:
        raise click.UsageError("say which are to be forgotten: --older-than 30d, --keep 100, or both")
    with RunStore() as store:
        forgotten = store.prune(before=None if older_than is None else time.time() - older_than, keep=keep)
    click.echo(f"{_counted(len(forgotten))} forgotten")


def _counted(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"
