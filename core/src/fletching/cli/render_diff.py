"""``fletch render --diff``: the fields in which two programs, two versions of one, or two files of the wire differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING, Any

import click

from fletching.cli.render_fields import MISSING, changes
from fletching.cli.render_parts import KINDS, parts_of
from fletching.cli.render_text import to_json, to_yaml
from fletching.cli.render_wire import is_wire, read_wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fletching.cli.render_parts import Where
    from fletching.settings import SerializationSettings

__all__ = ["told_differences"]

REVISION = "git:"
"""What stands before a revision, so that it is no file."""

Named = dict[tuple[str, str], Any]
"""Messages as plain data, by kind and name."""


def told_differences(
    where: Where, settings: SerializationSettings, other: str, form: str | None, out: IO[str]
) -> tuple[str, int]:
    """Return what changed since another version, in words or as JSON or YAML, and the exit code: 1 if something did.

    Raises:
        click.UsageError: there is no such other version, or it cannot be rendered.
    """
    if form == "text":
        raise click.UsageError("--diff compares fields; leave --format out, or give json or yaml")
    new = {(part.kind, part.name): part.data() for part in parts_of(where, settings)}
    old = _others(other, where)
    wanted = {(kind, _last(name)) for kind, name in new}
    if where.split[1]:  # an archive holds all the others as well
        old = {(kind, name): data for (kind, name), data in old.items() if (kind, _last(name)) in wanted}
    elif where.kinds:
        old = {(kind, name): data for (kind, name), data in old.items() if kind in where.kinds}
    found = [_difference(kind, name, old, new) for kind, name in _paired(old, new)]
    found = [each for each in found if each["only"] or each["changes"]]
    if form is not None:
        return (to_json(found) if form == "json" else to_yaml(found)), int(bool(found))
    text = _told(found, other)
    colour = out.isatty() and "NO_COLOR" not in os.environ
    return (text if colour else click.unstyle(text)), int(bool(found))


def _paired(old: Named, new: Named) -> list[tuple[str, str]]:
    """Return the kinds and names of both; where a module or a file has another name, what is alone of its kind is one.

    For what is registered the last part of the name has to be the same.
    """
    for key in [key for key in old if key not in new]:
        alike = [
            [each for each in one if each not in another and _alike(each, key)]
            for one, another in ((new, old), (old, new))
        ]
        if len(alike[0]) == len(alike[1]) == 1:
            old[alike[0][0]] = old.pop(key)
    return [*new, *(key for key in old if key not in new)]


def _alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] and (one[0] not in KINDS.values() or _last(one[1]) == _last(other[1]))


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _difference(kind: str, name: str, old: Named, new: Named) -> dict[str, Any]:
    key = kind, name
    if key not in old or key not in new:
        return {"kind": kind, "name": name, "only": "new" if key in new else "old", "changes": []}
    found = []
    for change in changes(old[key], new[key]):
        one: dict[str, Any] = {"path": change.path}
        if change.old is not MISSING:
            one["old"] = change.old
        if change.new is not MISSING:
            one["new"] = change.new
        found.append(one)
    return {"kind": kind, "name": name, "only": None, "changes": found}


def _told(found: list[dict[str, Any]], other: str) -> str:
    lines = []
    for each in found:
        head = f"{each['kind']} {each['name']}"
        if each["only"] == "new":
            lines.append(click.style(f"+ {head}", fg="green") + f"  is not in {other}")
        elif each["only"] == "old":
            lines.append(click.style(f"- {head}", fg="red") + f"  is in {other} only")
        else:
            lines.append(click.style(head, bold=True))
            width = max(len(one["path"]) for one in each["changes"])
            lines += [_line(one, width) for one in each["changes"]]
    return "".join(f"{line}\n" for line in lines)


def _line(change: dict[str, Any], width: int) -> str:
    path = change["path"].ljust(width)
    old, new = (json.dumps(change[side], ensure_ascii=False) if side in change else "" for side in ("old", "new"))
    if not old:
        return click.style(f"  + {path}  {new}", fg="green")
    if not new:
        return click.style(f"  - {path}  {old}", fg="red")
    return f"  {click.style('~', fg='yellow')} {path}  {click.style(old, fg='red')} → {click.style(new, fg='green')}"


# The other version


def _others(other: str, where: Where) -> Named:
    if other.startswith(REVISION):
        return _at_revision(other.removeprefix(REVISION))
    if is_wire(other):
        return {(part.kind, part.name): part.data() for part in read_wire(other, where.type_)}
    if other.endswith((".json", ".yaml", ".yml")):
        return _rendered(other)
    _, names = where.split
    kinds = {"task": "--task", "workflow": "--workflow", "launchPlan": "--launch-plan"}
    words = [other, *names, *(kinds[kind] for kind in where.kinds)]
    return _in_process([*words, *_settings_words()], ".", other)


def _rendered(path: str) -> Named:
    """Return what an earlier ``fletch render`` printed into a file."""
    from fletching.cli.render_text import read_yaml

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        documents = json.loads(text) if path.endswith(".json") else read_yaml(text)
        pairs = [(kind, data) for one in documents for kind, data in one.items()]
        return {(kind, _name(data, path)): data for kind, data in pairs}
    except OSError as error:
        raise click.UsageError(f"--diff {path}: it cannot be read: {error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise click.UsageError(f"--diff {path}: this is not what 'fletch render' prints: {error}") from error


def _name(data: dict[str, Any], path: str) -> str:
    identifier = data.get("template", data).get("id")
    return str(identifier["name"]) if identifier else os.path.basename(path)


def _settings_words() -> list[str]:
    """Return the options of this command line that the other version has to be rendered with as well."""
    from fletching.cli.render_settings import OPTION_NAMES

    context = click.get_current_context()
    words: list[str] = []
    for parameter in context.command.params:
        value = context.params.get(str(parameter.name))
        if str(parameter.name) not in OPTION_NAMES or not value:
            continue
        word = parameter.opts[-1]
        if value is True:
            words.append(word)
        else:
            words += [text for each in (value if isinstance(value, tuple) else (value,)) for text in (word, str(each))]
    return words


def _in_process(words: Iterable[str], folder: str, what: str) -> Named:
    """Render in another process, where modules of the same names can be imported."""
    command = [sys.executable, "-P", "-m", "fletching", "render", *words, "--format", "json"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise click.UsageError(f"--diff {what}: it cannot be rendered; see above")
    pairs = [pair for one in json.loads(done.stdout) for pair in one.items()]
    return {(kind, _name(data, what)): data for kind, data in pairs}


def _at_revision(revision: str) -> Named:
    """Render the same words in a copy of the files that a revision of the repository has."""
    top = _git(["rev-parse", "--show-toplevel"], revision).decode().strip()
    commit = _git(["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], revision).decode().strip()
    with tempfile.TemporaryDirectory(prefix="fletch-render-") as copy:
        import io
        import tarfile

        with tarfile.open(fileobj=io.BytesIO(_git(["-C", top, "archive", commit], revision))) as archive:
            archive.extractall(copy, filter="data")
        here = os.path.join(copy, os.path.relpath(os.getcwd(), top))
        if not os.path.isdir(here):
            raise click.UsageError(f"--diff git:{revision}: this folder is not in that revision")
        return _in_process(_same_words(top, copy), here, f"git:{revision}")


def _git(words: list[str], revision: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], capture_output=True, check=False)  # noqa: S607 - as the user's shell finds it
    except OSError as error:
        raise click.UsageError(f"--diff git:{revision}: git cannot be run: {error}") from error
    if done.returncode:
        raise click.UsageError(f"--diff git:{revision}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _same_words(top: str, copy: str) -> list[str]:
    """Return the words of this command line that name what is rendered, as they are in a copy of the repository."""
    params = click.get_current_context().params
    words = [params["source"]] if params["source"] is not None else []
    if words and os.path.isabs(words[0]):
        words = [os.path.join(copy, os.path.relpath(words[0], top))]
    words += params["names"]
    for module in params["modules"]:
        words += ["-m", module]
    words += [f"--{kind.replace('_', '-')}" for kind in ("task", "workflow", "launch_plan") if params[kind]]
    return [*words, *_settings_words()]
