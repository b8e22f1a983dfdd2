"""``fletch image``: the images that files ask for, and what each is built from."""

from __future__ import annotations

import os
import shlex

import click

__all__ = ["image"]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("sources", metavar="[FILE]...", nargs=-1)
@click.option("-m", "--module", "modules", multiple=True, help="A module, or a package with all its modules.")
@click.option("-o", "--output", metavar="DIR", help="Write the build context of each image into a folder below DIR.")
@click.option("--recipe", is_flag=True, help="Print the recipes instead of the names.")
def image(sources: tuple[str, ...], modules: tuple[str, ...], output: str | None, recipe: bool) -> None:
    """List the images that the tasks of FILE ask for with an ImageSpec.

    FILE is a Python file or a folder of them. With -o, what docker, podman or buildah build each from is written, and
    the commands that do it are printed; an image stands before those that are based on it.
    """
    if not sources and not modules:
        raise click.UsageError("name a file or a folder, or give -m MODULE")
    from fletching.extend import declared_entities
    from fletching_image.asked import images_of
    from fletching_image.context import build_command

    specs = images_of(each.entity for each in declared_entities(sources, modules))
    if not specs:
        click.echo("nothing asks for an ImageSpec: give one to a task, as its container_image", err=True)
    for spec in specs:
        name = spec.image_name()
        if output is not None:
            folder = spec.write_context(os.path.join(output, name.rpartition("/")[2].replace(":", "-")))
            click.echo(shlex.join(build_command(spec, folder)))
            if spec.registry:
                click.echo(shlex.join(["docker", "push", name]))
        elif recipe:
            click.echo(f"# {name}\n{spec.containerfile()}")
        else:
            click.echo(name)
