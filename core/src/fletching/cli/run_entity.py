"""One run from the command line: recorded, shown while it goes on, interrupted when somebody says so."""

from __future__ import annotations

import shlex
import sqlite3
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import click

from fletching.cli.main import INTERRUPTED
from fletching.cli.progress import progress
from fletching.cli.run_report import only_ours, show_failure, show_outputs, write_json
from fletching.cli.run_signals import interrupts, told_to_end
from fletching.errors import (
    CallError,
    ConfigError,
    ConversionError,
    ExecutorError,
    PluginError,
    RecoveryError,
    RunStoreError,
    RunStoreWarning,
)
from fletching.expansion import Outcome
from fletching.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.cli.run_options import RunSettings
    from fletching.executable import Executable
    from fletching.graph.graph import Graph
    from fletching.run.recording import Recorder
    from fletching.run.runner import Runner

__all__ = ["inputs_of", "print_picture", "run_entity"]


def run_entity(
    entity: Executable, inputs: Mapping[str, Any], settings: RunSettings, *, source: str, variable: str
) -> int:
    """Run a task, workflow or launch plan, show how it went, and return the exit code.

    Args:
        entity: what is run.
        inputs: native values by name, without those that have their default.
        settings: what else the command line says.
        source: the file or module, as it was named.
        variable: the variable of it that holds the entity.

    Raises:
        click.UsageError: it cannot even begin, as it was asked for.
    """
    with told_to_end() as ended, only_ours(settings.as_json) as out, interrupts() as count:
        recorder = _recorder(entity, settings, source, variable)
        if recorder is not None:
            if recorder.recover:
                inputs = {**_earlier_inputs(entity, recorder), **inputs}
            inputs = _bound(entity, inputs)
            if not _begin(recorder, entity, inputs, settings):
                recorder = None
        runner = _runner(settings, recorder)
        started = time.perf_counter()
        outcome = _run(runner, entity, inputs, settings, recorder)
        seconds = time.perf_counter() - started
        error = outcome.error
        if settings.as_json:
            write_json(out, entity, seconds, value=outcome.value, error=error)
        elif error is None:
            show_outputs(entity, outcome.value)
        stopped = isinstance(error, KeyboardInterrupt) and (bool(ended) or count() > 0)
        if error is not None:
            if not settings.as_json and not stopped:
                show_failure(error)
            _show_how_to_go_on(entity, settings, recorder, source, variable, stopped=stopped)
    if error is None:
        return 0
    return 128 + ended[0] if ended else INTERRUPTED if stopped else 1


def _run(
    runner: Runner, entity: Executable, inputs: Mapping[str, Any], settings: RunSettings, recorder: Recorder | None
) -> Outcome:
    mode = settings.progress or ("none" if settings.as_json else None)
    try:
        with progress(mode, run=recorder.run_id if recorder is not None else ""):
            outcome = Outcome(runner.run(entity, **inputs))
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - shown to the user, whatever it is
        # Also SystemExit: the task has not finished, whatever status it would have left with.
        outcome = Outcome(error=error)
    if recorder is not None:
        recorder.end(outcome)
    return outcome


def _runner(settings: RunSettings, recorder: Recorder | None) -> Runner:
    from fletching.run.runner import Runner

    return Runner(
        executor=settings.executor,
        max_parallel=settings.max_parallel,
        cache=settings.cache,
        lenient=settings.lenient,
        recorder=recorder,
    )


# The record


def _recorder(entity: Executable, settings: RunSettings, source: str, variable: str) -> Recorder | None:
    """Return what keeps the run, or None for one that nobody keeps; check what the run is to be like."""
    try:
        _runner(settings, None)
    except (ExecutorError, ConfigError, PluginError) as error:
        raise click.UsageError(str(error)) from error
    asked = _asked(settings)
    if not settings.record:
        if asked:
            raise click.UsageError(f"{asked} is about the record of runs, and --no-record says that there is none")
        return None
    if settings.force and settings.recover is None:
        raise click.UsageError("--force says how to recover; give --recover as well")
    from fletching.run.recording import Recorder
    from fletching.run.store import RunStore

    recover = ""
    if settings.recover is not None:
        try:
            with RunStore() as store:
                if settings.recover:
                    recover = store.find(settings.recover)
                else:
                    found = store.runs(limit=1, entity=entity.name)
                    if not found:
                        raise click.UsageError(
                            f"there is no run of {entity.name!r} to recover; 'fletch runs' lists all"
                        )
                    recover = found[0].id
                of = store.run(recover).entity
                if of != entity.name:  # before its inputs are looked for: they would fit nothing
                    raise click.UsageError(f"run {recover!r} was one of {of!r}, not of {entity.name!r}")
        except (RunStoreError, sqlite3.Error, OSError) as error:
            raise click.UsageError(f"--recover: {error}") from error
    return Recorder(
        name=settings.name,
        tags=settings.tags,
        source=source,
        variable=variable,
        recover=recover,
        force=settings.force,
    )


def _asked(settings: RunSettings) -> str:
    """Return the option that needs a record, or an empty string."""
    given = {"--recover": settings.recover is not None, "--name": settings.name, "--tag": settings.tags}
    return next((option for option, value in given.items() if value), "")


def _begin(recorder: Recorder, entity: Executable, inputs: Mapping[str, Any], settings: RunSettings) -> bool:
    """Begin the record of a run; tell whether there is one. Where something was asked of it, there has to be."""
    asked = _asked(settings)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RunStoreWarning)
            recorder.begin(entity, inputs, settings.kept)
    except RecoveryError as error:
        raise click.UsageError(str(error)) from error
    except (RunStoreWarning, RunStoreError, sqlite3.Error, OSError) as error:
        if asked:
            raise click.UsageError(f"{asked} needs the record of runs: {error}") from error
        click.echo(redact(f"warning: {error}"), err=True)
        return False
    return True


def _bound(entity: Executable, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return every input, defaults filled in, in a form that can be read more than once."""
    from fletching.run.call import replayed_inputs

    try:
        return dict(replayed_inputs(entity, entity.bind(**inputs)))
    except CallError as error:
        raise click.UsageError(str(error)) from error


def _earlier_inputs(entity: Executable, recorder: Recorder) -> dict[str, Any]:
    """Return the inputs of the run to go on from, as far as they are kept."""
    from fletching.run.store import RunStore

    with RunStore() as store:
        found = store.inputs(recorder.recover)
    if found is None:
        return {}
    known = entity.python_interface.inputs
    literals = found[1]
    for name in [name for name in literals.literals if name not in known]:
        del literals.literals[name]  # its code changed; what that means is told when the run begins
    return inputs_of(entity, literals)


def inputs_of(entity: Executable, literals: LiteralMap) -> dict[str, Any]:
    """Return recorded inputs as native values.

    Raises:
        click.UsageError: the entity does not take them any more.
    """
    from fletching.types.idl import from_literal_map

    try:
        return from_literal_map(entity.python_interface.inputs, literals, task=entity.short_name)
    except (CallError, ConversionError) as error:
        raise click.UsageError(f"the recorded inputs do not fit any more: {error}") from error


def _show_how_to_go_on(
    entity: Executable, settings: RunSettings, recorder: Recorder | None, source: str, variable: str, *, stopped: bool
) -> None:
    """Say which command goes on from what finished, if anything can have."""
    what = "interrupted" if stopped else ""
    if recorder is not None and recorder.run_id and source and (stopped or entity.node_kind != "task"):
        words = ["fletch", "run"]
        if settings.executor is not None:
            words += ["--executor", settings.executor]
        if settings.max_parallel is not None:
            words += ["--max-parallel", str(settings.max_parallel)]
        words += ["--lenient"] if settings.lenient else []
        command = shlex.join([*words, "--recover", recorder.run_id, source, variable])
        what = f"{what}; to go on: {command}" if what else f"to go on from what finished: {command}"
    if what:
        click.echo(what, err=True)


# A picture instead


def print_picture(entity: Executable, form: str) -> None:
    """Print the graph of a workflow or a launch plan, or a task as the one node of a graph."""
    from fletching.graph import pictures

    draw = {"text": pictures.as_text, "mermaid": pictures.as_mermaid, "dot": pictures.as_dot}[form]
    click.echo(redact(draw(_graph(entity))), nl=False)
    sys.stdout.flush()


def _graph(entity: Any) -> Graph:
    from fletching.graph.builder import GraphBuilder
    from fletching.graph.graph import Graph
    from fletching.graph.outputs import bind_outputs

    found = getattr(entity, "graph", None) or getattr(getattr(entity, "workflow", None), "graph", None)
    if isinstance(found, Graph):
        return found
    interface = entity.python_interface
    builder = GraphBuilder(entity.name, interface.inputs)
    node = builder.add(entity, builder.inputs.outputs)
    outputs = bind_outputs(builder, interface, node.promises, what=entity.name, plain_too=False)
    return builder.finish(interface, outputs)
