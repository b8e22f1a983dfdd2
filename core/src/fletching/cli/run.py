"""``fletch run``: a task's interface becomes the options of a command."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fletching.cli.progress import progress
from fletching.cli.sources import load_source, tasks_of
from fletching.cli.values import ValueType, bare, is_flag, plain
from fletching.errors import close_match, text_of
from fletching.frames import is_ours
from fletching.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.python_task import PythonTask

__all__ = ["command"]

HELP = {"help_option_names": ["-h", "--help"]}


class Sources(click.Group):
    """Takes a file or module as its command."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of a file or module; it is imported now."""
        try:
            return Tasks(cmd_name)
        except click.UsageError as error:
            error.ctx = ctx
            raise
        except SystemExit as error:
            click.echo(f"{cmd_name} cannot be imported: it calls sys.exit({error.code!r})", err=True)
            ctx.exit(1)
        except Exception as error:  # noqa: BLE001 - shown to the user, whatever it is
            _show_failure(error, f"{cmd_name} cannot be imported")
            ctx.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return nothing: any file or module may be named."""
        return []


class Tasks(click.Group):
    """The tasks of one file or module as commands."""

    def __init__(self, source: str) -> None:
        module = load_source(source)
        self.tasks = tasks_of(module)
        if not self.tasks:
            raise click.UsageError(f"{source} has no task; @task in front of a function makes it one")
        first = (module.__doc__ or f"The tasks of {source}.").strip()
        super().__init__(name=source, help=first, subcommand_metavar="TASK [--input VALUE]...", context_settings=HELP)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the tasks."""
        return list(self.tasks)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a task."""
        if cmd_name not in self.tasks:
            hint = close_match(cmd_name, self.tasks) or f"; it has: {', '.join(self.tasks)}"
            ctx.fail(f"{self.name} has no task {cmd_name!r}{hint}")
        return task_command(cmd_name, self.tasks[cmd_name])


def task_command(name: str, task: PythonTask[Any]) -> click.Command:
    """Return the command that runs a task; its options are the task's inputs."""
    interface = task.python_interface
    options: list[click.Parameter] = [_option(task, each) for each in interface.inputs]
    if "json" not in interface.inputs:
        options.append(click.Option(["--json"], is_flag=True, help=JSON_HELP, expose_value=False, callback=_as_json))
    docs = task.docs
    text = "\n\n".join(
        part
        for part in (docs and docs.short_description, docs and docs.long_description and docs.long_description.value)
        if part
    )

    def run(**inputs: Any) -> None:
        context = click.get_current_context()
        # What was not given is left to the task: a default is a value already and no text to be read.
        given = {
            name: value
            for name, value in inputs.items()
            if context.get_parameter_source(name) is not ParameterSource.DEFAULT
        }
        sys.exit(run_task(task, given, as_json=bool(context.find_root().meta.get("fletching.json"))))

    return click.Command(
        name,
        callback=run,
        params=options,
        help=text or f"Run {task.name}.",
        no_args_is_help=False,
        context_settings=HELP,
    )


JSON_HELP = "Print one JSON object with the outputs or the error, and nothing else, to stdout."


def _as_json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().meta["fletching.json"] = True


def _option(task: PythonTask[Any], name: str) -> click.Option:
    interface = task.python_interface
    annotation = interface.inputs[name]
    docstring = interface.docstring
    described = docstring.input_descriptions.get(name, "") if docstring else ""
    dashed = name.replace("_", "-")
    settings: dict[str, Any] = {"required": name not in interface.defaults}
    kind = ValueType(annotation)
    notes = [kind.note] if kind.note and not is_flag(annotation) else []
    if name in interface.defaults:
        default = interface.defaults[name]
        shown = plain(default, annotation)
        notes.append(
            f"default: {'none' if default is None else shown if isinstance(shown, str) else json.dumps(shown)}"
        )
    settings["help"] = " ".join([described, *(f"[{note}]" for note in notes)]).strip()
    if is_flag(annotation) and f"no_{name}" not in interface.inputs:  # whose option --no-… would be this one's too
        return click.Option([f"--{dashed}/--no-{dashed}", name], **settings)
    words = [f"--{dashed}", *([f"--{name}"] if dashed != name else []), name]
    return click.Option(words, type=kind, **settings)


def run_task(task: PythonTask[Any], inputs: dict[str, Any], *, as_json: bool) -> int:
    """Run a task, show how it went, and return the exit code: 0, or 1 if it failed."""
    import asyncio
    import inspect

    started = time.perf_counter()
    with _stdout(as_json) as out:
        try:
            with progress(quiet=as_json):
                value = task(**inputs)
                if inspect.iscoroutine(value):
                    value = asyncio.run(value)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            # Also SystemExit: the task has not finished, whatever status it would have left with.
            if as_json:
                _write_json(out, task, started, error=error)
            elif isinstance(error, KeyboardInterrupt):
                raise
            else:
                _show_failure(error)
            return 1
        if as_json:
            _write_json(out, task, started, value=value)
        else:
            _show_outputs(task, value)
    return 0


@contextmanager
def _stdout(as_json: bool) -> Iterator[IO[str]]:
    """Keep stdout for us alone: what the task prints, here or in another process, goes to stderr meanwhile."""
    if not as_json:
        yield sys.stdout
        return
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(os.dup(ours), "w", encoding="utf-8") as out:
            yield out
    finally:
        with suppress(ValueError):  # the task may have closed it
            sys.stdout.flush()
        os.dup2(ours, 1)
        os.close(ours)


def _write_json(
    out: IO[str], task: PythonTask[Any], started: float, *, value: Any = None, error: BaseException | None = None
) -> None:
    result: dict[str, Any] = {"task": task.name, "status": "succeeded" if error is None else "failed"}
    result["seconds"] = round(time.perf_counter() - started, 6)
    if error is None:
        types = task.python_interface.outputs
        result["outputs"] = {name: plain(each, types[name]) for name, each in task._named_outputs(value).items()}
    else:
        notes = [redact(str(note)) for note in getattr(error, "__notes__", ())]
        result["error"] = {"type": type(error).__qualname__, "message": redact(text_of(error)), "notes": notes}
    out.write(json.dumps(result) + "\n")
    out.flush()


def _show_outputs(task: PythonTask[Any], value: Any) -> None:
    outputs = task._named_outputs(value)
    for name, each in outputs.items():
        data = plain(each, bare(task.python_interface.outputs[name]))
        text = each if isinstance(each, str) else data if isinstance(data, str) else json.dumps(data, indent=2)
        click.echo(text if len(outputs) == 1 else f"{name}: {text}")


def _show_failure(error: BaseException, what: str = "") -> None:
    """Print the traceback of the user's own frames, and the error with its notes."""
    report = traceback.TracebackException.from_exception(error)
    for each in _chain(report):
        kept = [
            frame
            for frame in each.stack
            if not (is_ours(frame.filename) or frame.filename.startswith("<frozen importlib"))
        ]
        each.stack = traceback.StackSummary.from_list(kept)
    from fletching.errors import FletchingError

    lines = (
        report.format_exception_only() if isinstance(error, FletchingError) and not report.stack else report.format()
    )
    click.echo(redact("".join(lines)).rstrip(), err=True)
    if what:
        click.echo(what, err=True)


def _chain(report: traceback.TracebackException | None) -> Iterator[traceback.TracebackException]:
    while report is not None:
        yield report
        report = report.__cause__ or report.__context__


@click.command(
    cls=Sources,
    name="run",
    subcommand_metavar="FILE_OR_MODULE TASK [--input VALUE]...",
    context_settings=HELP,
    epilog="'fletch run FILE' lists the tasks of a file; 'fletch run FILE TASK --help' lists a task's inputs.",
)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Run a task of a file or module at once, in this process.

    Its inputs are options. Lists, dicts and dataclasses are given as JSON or as @FILE with JSON in it.
    """
    ctx.find_root().meta["fletching.json"] = as_json
