"""``fletch package``: what is registered, as files that a program for clusters takes."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import click

from fletching.cli.render_entities import declared_entities, registered, serializing, source_root_of
from fletching.cli.render_settings import chosen, settings_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fletching.idl.serialize import SerializedEntity

__all__ = ["command", "file_names"]

ENDINGS = {"task": 1, "workflow": 2, "launch_plan": 3}
"""The number that ends a file's name: what kind of thing it holds, as control programs read it."""

ARCHIVES = (".tgz", ".tar.gz")


@click.command(
    name="package",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Register the files with 'flytectl register files --archive OUTPUT.tgz -p PROJECT -d DOMAIN --version "
    "VERSION'. The same program gives the same bytes.",
)
@click.argument("sources", metavar="[FILE]...", nargs=-1)
@click.option("-m", "--module", "modules", multiple=True, help="A module, or a package with all its modules.")
@click.option(
    "-o", "--output", required=True, metavar="FOLDER|FILE.tgz", help="A folder for the files, or one archive of them."
)
@click.option("-f", "--force", is_flag=True, help="Replace what is there.")
@click.option(
    "--copy",
    type=click.Choice(("auto", "all")),
    help="What --fast sends: the modules that are imported, or every file below the source root. [default: auto]",
)
@settings_options
def command(
    sources: tuple[str, ...], modules: tuple[str, ...], output: str, force: bool, copy: str | None, **given: Any
) -> None:
    """Write what is registered for FILE into files: tasks, workflows and launch plans, all they call among them.

    FILE is a Python file, a folder of them, or a module. Each file holds one protobuf: INDEX_NAME_1.pb a task,
    INDEX_NAME_2.pb a workflow, INDEX_NAME_3.pb a launch plan; what is called has the smaller number. With --fast there
    is an archive of the code beside them.
    """
    if not sources and not modules:
        raise click.UsageError("name a file or a module, or give -m MODULE")
    if copy and not given["fast"]:
        raise click.UsageError("--copy says which code --fast sends; give --fast as well")
    _check_output(output, force)
    with serializing(", ".join((*sources, *modules))):
        found = declared_entities(sources, modules)
        entries = registered([each.entity for each in found], chosen(given).settings)
        files = dict(zip(file_names(entries), (each.to_bytes() for each in entries), strict=True))
        if given["fast"]:
            name, data = _code(given["source_root"] or source_root_of(sources), copy or "auto")
            files[name] = data
    try:
        if output.endswith(ARCHIVES):
            _write(output, _archive(files))
        else:
            _write_folder(output, files)
    except OSError as error:
        raise click.ClickException(f"{output!r} cannot be written: {error.strerror or error}") from error
    click.echo(f"{len(entries)} tasks, workflows and launch plans are in {output}", err=True)


def file_names(entries: Iterable[SerializedEntity]) -> list[str]:
    """Return the name of each entity's file."""
    entries = list(entries)
    width = len(str(len(entries) - 1))
    return [
        f"{at:0{width}}_{each.name.replace(os.sep, '_')}_{ENDINGS[each.kind]}.pb" for at, each in enumerate(entries)
    ]


def _code(root: str, copy: Any) -> tuple[str, bytes]:
    import tempfile

    from fletching.container.bundle import pack_code

    with tempfile.TemporaryDirectory(prefix="fletch-package-") as folder:
        bundle = pack_code(root, copy=copy, folder=folder)
        with open(bundle.path, "rb") as file:
            # Control programs know the code among the files by this name.
            return f"fast{bundle.version}.tar.gz", file.read()


def _check_output(output: str, force: bool) -> None:
    if output.endswith(ARCHIVES):
        if os.path.isdir(output):
            raise click.UsageError(f"{output!r} is a folder, and an archive was to be written")
        if os.path.exists(output) and not force:
            raise click.UsageError(f"{output!r} exists; --force replaces it")
        return
    if os.path.exists(output) and not os.path.isdir(output):
        raise click.UsageError(f"{output!r} is a file; name a folder, or an archive that ends in .tgz")
    if os.path.isdir(output) and os.listdir(output) and not force:
        raise click.UsageError(f"the folder {output!r} is not empty; --force replaces the package in it")


def _archive(files: dict[str, bytes]) -> bytes:
    """Return a .tar.gz with the same bytes for the same files."""
    import gzip
    import tarfile

    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return packed.getvalue()


def _write_folder(folder: str, files: dict[str, bytes]) -> None:
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if is_packaged(name):
            os.unlink(os.path.join(folder, name))  # an earlier package: its numbers may be others
    for name, data in files.items():
        _write(os.path.join(folder, name), data)


def is_packaged(name: str) -> bool:
    """Whether a file has a name as this command gives it."""
    import re

    return bool(re.fullmatch(r"\d+_.*_[123]\.pb|fast[0-9a-f]{32}\.tar\.gz", name))


def _write(path: str, data: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = f"{path}.{os.urandom(4).hex()}"
    try:
        with open(unfinished, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    finally:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
