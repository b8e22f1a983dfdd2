"""``fletch render``: what a Flyte backend would be sent, to read here; nothing is sent, built or asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from fletching.cli.render_entities import serializing
from fletching.cli.render_parts import Where, parts_of
from fletching.cli.render_settings import chosen, settings_options
from fletching.cli.render_text import FORMATS, to_json, to_yaml, written
from fletching.cli.render_wire import TYPES
from fletching.cli.run_report import only_ours

if TYPE_CHECKING:
    from fletching.cli.render_text import Part

__all__ = ["command"]


@click.command(
    name="render",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Nothing is sent, built or fetched, and no credentials are needed. The exit code is 0 for success; 1 for "
    "what cannot be serialized or imported, and for a difference with --diff; 2 for wrong usage.",
)
@click.argument("source", metavar="FILE[:ENTITY]", required=False)
@click.argument("names", metavar="[ENTITY]...", nargs=-1)
@click.option("-m", "--module", "modules", multiple=True, help="A module, or a package with all its modules.")
@click.option("--task", is_flag=True, help="Show tasks.")
@click.option("--workflow", is_flag=True, help="Show workflows.")
@click.option("--launch-plan", is_flag=True, help="Show launch plans. Without any of the three, all are shown.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="The JSON of protobuf, YAML, or proto text. [default: json]"
)
@click.option("--pod", is_flag=True, help="Show the Kubernetes pod of each task instead.")
@click.option("--explain", is_flag=True, help="Say where each field came from.")
@click.option(
    "--diff",
    "other",
    metavar="OTHER",
    help="Show what changed since OTHER: a file or module, something rendered or packaged before, or git:REVISION.",
)
@click.option(
    "--as",
    "type_",
    type=click.Choice(tuple(TYPES), case_sensitive=False),
    help="The type of the message in a .pb file. [default: found out]",
)
@settings_options
def command(
    source: str | None,
    names: tuple[str, ...],
    modules: tuple[str, ...],
    task: bool,
    workflow: bool,
    launch_plan: bool,
    form: str | None,
    pod: bool,
    explain: bool,
    other: str | None,
    type_: str | None,
    **given: Any,
) -> None:
    """Show what a Flyte backend would be sent for the tasks, workflows and launch plans of FILE.

    FILE is a Python file, a folder of them, a module, or something of the wire: a .pb file, such as the inputs.pb of a
    task, or what 'fletch package' wrote. Without ENTITY it is everything that would be registered; an ENTITY is a
    variable, or the name of a task, workflow or launch plan.
    """
    if source is None and not modules:
        raise click.UsageError("name a file or a module, or give -m MODULE")
    if (pod, explain, other is not None).count(True) > 1:
        raise click.UsageError("--pod, --explain and --diff show different things; give one of them")
    if modules and source is not None:
        # With -m there is no file: what stands first is a name already.
        names, source = (source, *names), None
    kinds = {"task": task, "workflow": workflow, "launchPlan": launch_plan}
    where = Where(
        source=source,
        names=names,
        modules=modules,
        kinds=tuple(kind for kind, wanted in kinds.items() if wanted),
        type_=type_,
    )
    settings = chosen(given)
    with only_ours(True) as out, serializing(source or ", ".join(modules)):
        status = 0
        if explain:
            from fletching.cli.render_explain import explained

            text = explained(where, settings, form, out)
        elif other is not None:
            from fletching.cli.render_diff import told_differences

            text, status = told_differences(where, settings.settings, other, form, out)
        elif pod:
            text = _pods(parts_of(where, settings.settings), form)
        else:
            text = written(parts_of(where, settings.settings), form or "json")
        out.write(text)
        out.flush()
    sys.exit(status)


def _pods(parts: list[Part], form: str | None) -> str:
    from fletching.cli.render_pod import has_pod, pod_manifest

    if form == "text":
        raise click.UsageError("a pod is no protobuf; give --format json or yaml")
    templates = [template for part in parts if (template := part.template()) is not None]
    if not templates:
        raise click.UsageError("only tasks run in pods, and there is none among what was named")
    running = [each for each in templates if has_pod(each)]
    for each in templates:
        if running and not has_pod(each):
            click.echo(f"note: task {each.id.name!r} of type {each.type!r} runs in no pod of its own", err=True)
        elif each.metadata.pod_template_name:
            name = each.metadata.pod_template_name
            click.echo(f"note: the pod of task {each.id.name!r} is merged into the cluster's {name!r}", err=True)
    pods = [pod_manifest(each) for each in running or templates]
    if form == "yaml":
        return to_yaml(pods)
    return to_json(pods[0] if len(pods) == 1 else {"apiVersion": "v1", "kind": "List", "items": pods})
