"""The options of ``fletch run``: before the file they always mean the run, after a name an input of that name wins."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fletching.cli.progress import MODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["RunSettings", "run_parameters", "settings_of", "with_optional_values"]

JSON_HELP = "Print one JSON object with the outputs or the error, and nothing else, to stdout."
PICTURES = ("text", "mermaid", "dot")
KEY = "fletching.run"


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What the command line says about a run."""

    executor: str | None = None
    max_parallel: int | None = None
    lenient: bool = False
    cache: Any = None
    """``use``, ``refresh``, ``off``, or None for what the environment says."""
    name: str = ""
    tags: tuple[str, ...] = ()
    dry_run: str | None = None
    """What picture is wanted instead of a run."""
    recover: str | None = None
    """What names the run to go on from; empty for the last one of what is run, None for none."""
    force: bool = False
    progress: str | None = None
    record: bool = True
    as_json: bool = False

    @property
    def kept(self) -> dict[str, Any]:
        """What a rerun needs to know."""
        told = {
            "executor": self.executor,
            "max_parallel": self.max_parallel,
            "lenient": self.lenient or None,
            "cache": self.cache,
        }
        return {name: value for name, value in told.items() if value is not None}


def settings_of(context: click.Context) -> RunSettings:
    """Return what was said so far."""
    found: RunSettings = context.find_root().meta.setdefault(KEY, RunSettings())
    return found


def _sets(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that keeps a value that was given; one after the entity's name overrides one before."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        source = context.get_parameter_source(str(parameter.name))
        if source in (ParameterSource.DEFAULT, None) or value is None:
            return
        for words, sets, _ in OPTIONS:
            other = _hidden_name(words)
            if sets == name and other != parameter.name and context.get_parameter_source(other) is source:
                raise click.UsageError(f"{words} and {parameter.opts[0]} say different things; give one of them")
        changed: dict[str, Any] = {name: tuple(value) if isinstance(value, (list, tuple)) else value}
        context.find_root().meta[KEY] = replace(settings_of(context), **changed)

    return keep


FLAG = {"is_flag": True}
WORD = {"is_flag": True, "type": str}
"""A flag that sets a word."""

OPTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "--executor",
        "executor",
        {"metavar": "NAME", "help": "Where tasks run: inline, thread, process, or one that a plugin brings."},
    ),
    (
        "--max-parallel",
        "max_parallel",
        {"type": click.IntRange(min=1), "metavar": "N", "help": "At most so many attempts at the same time."},
    ),
    ("--lenient", "lenient", {**FLAG, "help": "Warn of what the executor cannot keep, instead of refusing it."}),
    ("--cache", "cache", {**WORD, "flag_value": "use", "help": "Use the cache, whatever the environment says."}),
    ("--no-cache", "cache", {**WORD, "flag_value": "off", "help": "Neither read the cache nor write it."}),
    ("--refresh", "cache", {**WORD, "flag_value": "refresh", "help": "Run what is cached anew, and store that."}),
    ("--name", "name", {"metavar": "NAME", "help": "What the run is called."}),
    ("--tag", "tags", {"multiple": True, "metavar": "TAG", "help": "By which it can be found; may be repeated."}),
    (
        "--recover",
        "recover",
        {
            "is_flag": False,
            "flag_value": "",
            "metavar": "[RUN]",
            "is_eager": True,
            "help": "Go on from a run that failed or was stopped: its id, its name, or 'last'; without RUN the last "
            "one of what is run. What finished does not run again. Inputs that are not given are those it had.",
        },
    ),
    ("--force", "force", {**FLAG, "help": "Recover although code changed; what changed runs again."}),
    (
        "--dry-run",
        "dry_run",
        {
            "is_flag": False,
            "flag_value": "text",
            "type": click.Choice(PICTURES),
            "metavar": "[FORM]",
            "is_eager": True,
            "help": "Print the graph, as text, mermaid or dot, and run nothing.",
        },
    ),
    (
        "--progress",
        "progress",
        {
            "type": click.Choice(MODES),
            "metavar": "MODE",
            "help": "What happens, told on stderr: tree, plain, json or none; by default a tree on a terminal, plain "
            "lines elsewhere.",
        },
    ),
    (
        "--record/--no-record",
        "record",
        {"default": None, "help": "Whether 'fletch runs' and --recover will know of it; they do by default."},
    ),
    ("--json", "as_json", {**FLAG, "help": JSON_HELP}),
)
"""The words of each option, the setting it is for, and what else click has to know."""


def run_parameters(taken: Iterable[str] | None = None) -> list[click.Option]:
    """Return the options.

    Args:
        taken: words that are others' already, for a command with inputs: an option that needs one is left out, and
            all but ``--json`` are hidden.
    """
    others = None if taken is None else set(taken)
    made = []
    for words, sets, more in OPTIONS:
        if others is not None and others.intersection(words.split("/")):
            continue
        settings = {**more, "expose_value": False, "callback": _sets(sets)}
        settings["hidden"] = others is not None and sets != "as_json"
        made.append(click.Option([words, _hidden_name(words)], **settings))
    return made


def _hidden_name(words: str) -> str:
    """Return what click calls an option, which is no input's name."""
    return f"_run_{words.split('/')[0].strip('-').replace('-', '_')}"


def with_optional_values(args: list[str]) -> list[str]:
    """Return the words before the file so that ``--recover`` and ``--dry-run`` take only what is theirs.

    The parser takes any word that follows an option with an optional value; here that may be the file.
    """
    takes_value = {"--executor", "--max-parallel", "--name", "--tag", "--progress"}
    made: list[str] = []
    rest = list(args)
    while rest and rest[0].startswith("-") and rest[0] != "--":
        word = rest.pop(0)
        if word in takes_value and rest:
            made += [word, rest.pop(0)]
        elif word == "--dry-run":
            made.append(f"--dry-run={rest.pop(0)}" if rest and rest[0] in PICTURES else "--dry-run=text")
        elif word == "--recover":
            made.append(f"--recover={rest.pop(0)}" if rest and _names_a_run(rest) else "--recover=")
        else:
            made.append(word)
    return [*made, *rest]


def _names_a_run(rest: list[str]) -> bool:
    """Whether the first word after ``--recover`` is a run's id or name, and not the file or module to run."""
    word = rest[0]
    if word.startswith("-") or word.endswith(".py") or os.sep in word:
        return False
    if word == "last" or word[:1].isdigit() or not all(part.isidentifier() for part in word.split(".")):
        return True
    following = next((each for each in rest[1:] if not each.startswith("-")), "")
    # "nightly flow.py" and "nightly flow wf": a file follows, or there is no such module.
    return following.endswith(".py") or os.sep in following or not _is_module(word)


def _is_module(word: str) -> bool:
    top = word.partition(".")[0]
    return os.path.isfile(f"{top}.py") or os.path.isdir(top) or _is_installed(top)


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
