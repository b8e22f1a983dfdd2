"""``fletch wait``, ``logs`` and ``terminate``: what becomes of an execution."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fletching_flyte.command_options import REMOTE_OPTIONS, remote_of, with_options

if TYPE_CHECKING:
    from fletching_flyte.executions import FlyteWorkflowExecution

__all__ = ["logs", "tell_end", "terminate", "wait", "watched"]

HELP = {"help_option_names": ["-h", "--help"]}


@click.command(
    context_settings=HELP,
    epilog="The exit code is 0 for what succeeded, 1 for what failed or was stopped or took too long.",
)
@click.argument("name")
@click.option("--timeout", type=click.FloatRange(min=0), help="Give up after so many seconds; the execution goes on.")
@click.option("--poll", type=click.FloatRange(min=0.01), help="Seconds between looks. [default: from 0.1 up to 10]")
@with_options(REMOTE_OPTIONS)
def wait(name: str, timeout: float | None, poll: float | None, **given: Any) -> None:
    """Wait until execution NAME has ended, show how it goes, and print its outputs or its error."""
    with remote_of(given) as remote:
        execution = remote.fetch_execution(name=name)
        status = tell_end(watched(execution, timeout=timeout, poll=poll))
    click.get_current_context().exit(status)


@click.command(context_settings=HELP)
@click.argument("name")
@with_options(REMOTE_OPTIONS)
def logs(name: str, **given: Any) -> None:
    """Print where the logs of every task of execution NAME are, and why those failed that did."""
    from fletching_flyte.nodes import failing_node, task_logs

    with remote_of(given) as remote:
        execution = remote.fetch_execution(name=name)
        count = 0
        for log in task_logs(remote.client, execution.id):
            count += 1
            click.echo(f"{log.node}  attempt {log.attempt + 1}  {log.phase.lower():<9}  {log.name}: {log.uri}")
        if not count:
            click.echo(f"{name} is {execution.phase.lower()} and has no logs yet", err=True)
        if execution.phase == "FAILED":
            node, error = failing_node(remote.client, execution.id)
            error = error or execution.error
            click.echo(f"{node or name} failed: {error.code}: {error.message.strip()}", err=True)


@click.command(context_settings=HELP)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--cause", default="", help="Why, for whoever looks at it later.")
@with_options(REMOTE_OPTIONS)
def terminate(names: tuple[str, ...], cause: str, **given: Any) -> None:
    """Stop executions; nothing happens to those that have ended."""
    with remote_of(given) as remote:
        for name in names:
            execution = remote.fetch_execution(name=name)
            if execution.is_done:
                click.echo(f"{name} has {execution.phase.lower()} already", err=True)
                continue
            execution.terminate(cause)
            click.echo(f"{name} is stopped", err=True)


def watched(
    execution: FlyteWorkflowExecution, *, timeout: float | None = None, poll: float | None = None
) -> FlyteWorkflowExecution:
    """Wait for an execution and tell on stderr what its nodes do."""
    from fletching_flyte.problems import FlyteSystemUnavailableException, FlyteTimeout

    seen: dict[str, str] = {}

    away = False

    def tell(execution: FlyteWorkflowExecution) -> None:
        nonlocal away
        try:
            execution.sync(sync_nodes=True)
            away = False
        except (FlyteSystemUnavailableException, FlyteTimeout) as error:
            if not away:  # this may take minutes
                click.echo(f"  trying again: {error}", err=True)
            away = True
        changed = {
            each.id: each.phase for each in execution.node_executions.values() if seen.get(each.id) != each.phase
        }
        for node, phase in changed.items():
            click.echo(f"  {node:<12} {phase.lower()}", err=True)
        seen.update(changed)

    try:
        return execution.wait(timeout, poll, sync_nodes=False, on_look=tell)
    except KeyboardInterrupt:
        click.echo(f"{execution.name} goes on; 'fletch terminate {execution.name}' stops it", err=True)
        raise


def tell_end(execution: FlyteWorkflowExecution) -> int:
    """Print the outputs of an execution as one JSON object, or its error, and return the exit code."""
    from fletching.extend import plain_value, redact
    from fletching_flyte.problems import ExecutionFailedError

    try:
        outputs = execution.outputs
    except ExecutionFailedError as error:
        click.echo(redact(f"error: {error}"), err=True)
        return 1
    types = execution.interface.outputs
    click.echo(redact(json.dumps({name: plain_value(outputs[name], types[name]) for name in outputs})))
    return 0
