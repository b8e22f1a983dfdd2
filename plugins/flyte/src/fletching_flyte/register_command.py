"""``fletch register``: tasks, workflows and launch plans of files become one version of a backend's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fletching_flyte.command_options import CODE_OPTIONS, REMOTE_OPTIONS, remote_of, settings_of, with_options

if TYPE_CHECKING:
    from fletching_flyte.deploying import Deployed
    from fletching_flyte.registration import Registered

__all__ = ["register"]


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="What is there already with the same content is left as it is, so a registration that broke off is done "
    "again. The exit code is 0 if everything is there.",
)
@click.argument("sources", metavar="[FILE]...", nargs=-1)
@click.option("-m", "--module", "modules", multiple=True, help="A module, or a package with all its modules.")
@with_options(CODE_OPTIONS)
@with_options(REMOTE_OPTIONS)
@click.option("--activate-launchplans", is_flag=True, help="Make each launch plan the active one of its name.")
@click.option("--dry-run", is_flag=True, help="Print what would be registered, and send nothing.")
def register(
    sources: tuple[str, ...], modules: tuple[str, ...], activate_launchplans: bool, dry_run: bool, **given: Any
) -> None:
    """Register what FILE declares, all that it calls, and its code.

    FILE is a Python file or a folder of them. Without --version, the version is made of the content: the same code and
    options give the same version.
    """
    if not sources and not modules:
        raise click.UsageError("name a file or a folder, or give -m MODULE")
    from fletching.extend import declared_entities
    from fletching_flyte.deploying import deploy

    found = declared_entities(sources, modules)
    with remote_of(given) as remote:
        made = deploy(
            remote.client,
            [each.entity for each in found],
            settings_of(given, remote, sources),
            copy=given["copy"],
            destination=given["dest_dir"],
            activate=activate_launchplans,
            dry_run=dry_run,
            on_done=_tell,
        )
    if dry_run:
        _tell_plan(made)
        return
    new = sum(each.created for each in made.registered)
    known = len(made.registered) - new
    click.echo(f"version {made.version}: {new} registered" + (f", {known} there already" if known else ""))


def _tell(each: Registered) -> None:
    click.echo(f"{each.kind.replace('_', ' '):<11} {each.name}{'' if each.created else '  (there already)'}", err=True)


def _tell_plan(made: Deployed) -> None:
    click.echo(f"version {made.version}")
    for entry in made.serialized.entities:
        click.echo(f"{entry.kind.replace('_', ' '):<11} {entry.name}")
    if made.bundle is not None:
        click.echo(f"code        {len(made.bundle.files)} files, {made.bundle.size} bytes")
        for name in made.bundle.files:
            click.echo(f"  {name}")
