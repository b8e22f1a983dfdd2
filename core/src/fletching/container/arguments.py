"""The words a container is started with, read without a library: starting has to be quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EXECUTE", "MAP_EXECUTE", "Arguments", "Program", "UsageError", "parse", "rooted", "split", "usage"]


class UsageError(Exception):
    """The command line makes no sense; the text says what is wrong with it."""


class Program(NamedTuple):
    """One of the programs that a container starts."""

    name: str
    about: str
    options: tuple[str, ...]
    """Those that take a value, without dashes."""


_OPTIONS = (
    "inputs",
    "output-prefix",
    "raw-output-data-prefix",
    "checkpoint-path",
    "prev-checkpoint",
    "resolver",
    "dynamic-addl-distro",
    "dynamic-dest-dir",
)

EXECUTE = Program("fletch-execute", "runs one task: reads inputs.pb, writes outputs.pb or error.pb", _OPTIONS)
MAP_EXECUTE = Program(
    "fletch-map-execute",
    "runs one element of a map task; which one, BATCH_JOB_ARRAY_INDEX_VAR_NAME tells",
    (*_OPTIONS, "max-concurrency"),
)

_PLACES = ("inputs", "output_prefix", "raw_output_data_prefix", "checkpoint_path", "prev_checkpoint")
_EMPTY = ("", '""', "''")
"""What a platform writes that has no earlier checkpoint."""


class Arguments(NamedTuple):
    """What a container is to do."""

    inputs: str
    """Where the inputs are."""
    output_prefix: str
    """The folder or URI that the result is written to."""
    resolver: str
    """Dotted path of what finds the task."""
    words: tuple[str, ...]
    """What the resolver is given."""
    raw_output_data_prefix: str | None = None
    """The folder or URI for files and other large outputs."""
    checkpoint_path: str | None = None
    prev_checkpoint: str | None = None
    dynamic_addl_distro: str | None = None
    """Where the archive of the code is that this container runs, for tasks that a dynamic task starts."""
    dynamic_dest_dir: str | None = None
    """Where that archive is unpacked."""


def parse(program: Program, argv: Sequence[str]) -> Arguments | None:
    """Return what the words ask for, or None if they ask for nothing, as ``--test`` does.

    Options come in any order; the first word that is none begins those of the resolver, as ``--`` does.

    Raises:
        UsageError: an option is unknown, lacks its value or is missing.
    """
    given, words = split(program, list(argv))
    if given is None:
        return None
    for option in ("inputs", "output-prefix", "resolver"):
        if not given.get(option):
            raise UsageError(f"--{option} is missing" + (_told_empty(option) if option in given else ""))
    if not words:
        raise UsageError("the words that say which task are missing; they follow --")
    most = given.pop("max-concurrency", None)
    if most is not None and not most.isdecimal():
        raise UsageError(f"--max-concurrency takes a number, got {most!r}")
    if given.get("prev-checkpoint") in _EMPTY:
        given["prev-checkpoint"] = None
    fields = {option.replace("-", "_"): value for option, value in given.items()}
    return Arguments(words=tuple(words), **fields)  # type: ignore[arg-type]  # the required ones were checked above


def split(program: Program, argv: list[str]) -> tuple[dict[str, str | None] | None, list[str]]:
    """Return the options, None for those that a platform did not fill in, and the words after them.

    There are no options at all, not even an empty dict, if nothing is to be done, as ``--test`` and ``--help`` say.
    """
    given: dict[str, str | None] = {}
    at = 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "--":
            break
        if not word.startswith("--"):
            at -= 1
            if word.startswith("-") and len(word) > 1:
                raise _unknown(program, word)
            break
        if word in ("--test", "--help"):
            return None, []
        option, equals, value = word[2:].partition("=")
        if option not in program.options:
            raise _unknown(program, f"--{option}")
        if not equals:
            if at == len(argv) or argv[at] == "--":
                raise UsageError(f"--{option} takes a value")
            value = argv[at]
            at += 1
        given[option] = None if _is_placeholder(value) else value
    return given, argv[at:]


def _is_placeholder(value: str) -> bool:
    """Whether a platform left a word of the template as it was."""
    return value.startswith("{{") and value.endswith("}}")


def _told_empty(option: str) -> str:
    return f": the platform did not fill it in; is {option!r} a word that its templates know?"


def _unknown(program: Program, word: str) -> UsageError:
    from fletching.errors import close_match

    known = [f"--{option}" for option in (*program.options, "test", "help")]
    return UsageError(f"there is no option {word!r}{close_match(word, known)}")


def rooted(arguments: Arguments) -> Arguments:
    """Return the arguments with absolute paths: the code that is run may change the current folder."""
    from fletching.types.blobs import is_remote, local_path

    given = {name: getattr(arguments, name) for name in _PLACES}
    fixed: Any = {name: place if is_remote(place) else local_path(place) for name, place in given.items() if place}
    return arguments._replace(**fixed)


def usage(program: Program) -> str:
    """Return what a person reads who asks what the program does."""
    required = "--inputs URI --output-prefix URI --resolver MODULE.NAME"
    optional = " ".join(
        f"[--{option} {'N' if option == 'max-concurrency' else 'PATH' if option == 'dynamic-dest-dir' else 'URI'}]"
        for option in program.options
        if option not in ("inputs", "output-prefix", "resolver")
    )
    return (
        f"usage: {program.name} {required} {optional} [--test] -- WORD...\n\n"
        f"{program.name} {program.about}. A backend starts it; the words after -- tell the resolver which task it is.\n"
    )
