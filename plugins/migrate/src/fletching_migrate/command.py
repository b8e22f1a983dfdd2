"""``fletch migrate``: shows, and on request writes, what a program for flytekit has to import here."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fletching_migrate.onefile import Looked

__all__ = ["command"]

NEEDS_A_HAND = 1


@click.command("migrate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--diff", is_flag=True, help="Print what would change, as a unified diff.")
@click.option("--write", is_flag=True, help="Write the files.")
@click.option("--check", is_flag=True, help="Write nothing; status 1 if a file would change, too.")
def command(paths: tuple[Path, ...], diff: bool, write: bool, check: bool) -> None:
    """Rewrite the imports of programs written for flytekit, and tell what needs a hand.

    PATHS are files and folders: programs, notebooks, and the files that name requirements and commands. Without an
    option nothing is written. The status is 0 if nothing is left to do by hand, 1 if something is, 2 for wrong usage.
    """
    if write and (check or diff):
        raise click.UsageError(f"--write and {'--check' if check else '--diff'} exclude each other; give one of them")
    looked = _look(paths)
    changed = [one for one in looked if one.changed]
    if diff:
        for one in changed:
            _print_diff(one)
    written = _write(changed) if write else True
    _report(looked, changed, write=write, aside=diff)
    clean = not any(one.migrated.findings for one in looked)
    if not (clean and written) or (check and changed):
        sys.exit(NEEDS_A_HAND)


def _look(paths: tuple[Path, ...]) -> list[Looked]:
    from fletching_migrate.onefile import look_at
    from fletching_migrate.walk import files_below

    seen: dict[Path, Looked] = {}
    for path in paths:
        for file in files_below(path):
            seen.setdefault(file.resolve(), look_at(file))
    return list(seen.values())


def _print_diff(one: Looked) -> None:
    old, new = one.old.splitlines(keepends=True), one.migrated.text.splitlines(keepends=True)
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in difflib.unified_diff(old, new, str(one.path), str(one.path)):
        bold = line.startswith(("---", "+++"))
        text = line.rstrip("\r\n")
        click.echo(click.style(text, bold=True) if bold else click.style(text, fg=colours.get(line[0])))
        if not line.endswith(("\n", "\r")):
            click.echo("\\ No newline at end of file")


def _write(changed: list[Looked]) -> bool:
    """Write the files; tells those that cannot be, and goes on."""
    good = True
    for one in changed:
        try:
            one.write()
        except OSError as error:
            click.echo(f"{one.path}: cannot be written: {error.strerror or error}", err=True)
            good = False
    return good


def _report(looked: list[Looked], changed: list[Looked], *, write: bool, aside: bool) -> None:
    """Print what needs a hand, then what changed; beside a diff on the error stream, so that the diff can be kept."""
    for one in looked:
        for finding in one.migrated.findings:
            place = f"{one.path}:{finding.line}" if finding.line else str(one.path)
            click.echo(f"{place}: {finding.name}: {finding.advice}", err=aside)
    count = sum(len(one.migrated.findings) for one in looked)
    if not aside:
        for one in changed:
            old, new = one.old.splitlines(), one.migrated.text.splitlines()
            lines = [line[:1] for line in difflib.unified_diff(old, new, n=0)][2:]
            click.echo(f"{one.path}: {lines.count('+')} added, {lines.count('-')} removed")
    verb = "rewritten" if write else "to rewrite"
    click.echo(f"{_count(looked, 'file')} looked at, {len(changed)} {verb}, {count} to do by hand", err=aside)
    packages = sorted({package for one in looked for package in one.migrated.packages})
    if packages:
        click.echo(f"they need: pip install 'fletching[{','.join(packages)}]'", err=aside)
    if changed and not (write or aside):
        click.echo("--diff shows the changes, --write makes them")


def _count(found: list[Looked], what: str) -> str:
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"
