"""What the files, folders and modules named on the command line declare, and what its names pick of it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from fletching.cli.output import OutputLostError
from fletching.cli.sources import entities_of, importing, load_source
from fletching.errors import FletchingError, close_match

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from fletching.executable import Executable
    from fletching.idl.serialize import SerializedEntity
    from fletching.settings import SerializationSettings

__all__ = [
    "Declared",
    "declared_entities",
    "pick_entities",
    "registered",
    "serializing",
    "source_root_of",
    "split_source",
]

SKIPPED = ("__pycache__", "node_modules", "site-packages")
"""Folders that no program keeps its own modules in."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One task, workflow or launch plan of a module."""

    variable: str
    """What holds it."""
    entity: Executable
    source: str
    """The file or module, as messages name it."""


def split_source(text: str) -> tuple[str, str]:
    """Return the source and the name of ``flow.py:greet``; the name is empty where there is none."""
    source, colon, name = text.rpartition(":")
    if colon and name.isidentifier() and (source.endswith(".py") or not os.path.exists(text)):
        return source, name
    return text, ""


def declared_entities(sources: Iterable[str], modules: Iterable[str] = ()) -> list[Declared]:
    """Import files, folders, modules and packages, and return what they declare, each thing once.

    What a module only imported from another one belongs to that one. An error of an import is shown with the user's own
    lines and ends the command, so this is called inside one.

    Args:
        sources: files, folders and names of modules, as a command line has them.
        modules: names of modules; of a package, all its modules.

    Raises:
        click.UsageError: there is no such source, or none of them declares anything.
    """
    context = click.get_current_context()
    found: dict[int, Declared] = {}
    named = [*sources, *modules]
    for source, module in _modules(context, sources, modules):
        for variable, entity in entities_of(module).items():
            if _is_registered(entity) and not _elsewhere(entity, module):
                found.setdefault(id(entity), Declared(variable=variable, entity=entity, source=source))
    if not found:
        raise click.UsageError(
            f"{', '.join(named)} declares no task and no workflow; @task or @workflow in front of a function makes one"
        )
    return list(found.values())


def source_root_of(sources: Iterable[str]) -> str:
    """Return the folder that the module names of sources start from: that of the first file or folder, or this one."""
    for source in sources:
        if os.path.exists(source):
            folder = os.path.abspath(source if os.path.isdir(source) else os.path.dirname(source))
            while os.path.exists(os.path.join(folder, "__init__.py")):
                folder = os.path.dirname(folder)
            return folder
    return os.getcwd()


def _modules(
    context: click.Context, sources: Iterable[str], modules: Iterable[str]
) -> Iterator[tuple[str, ModuleType]]:
    for source in sources:
        if os.path.isdir(source):
            yield from _folder(context, source)
        else:
            yield from _one(context, source)
    for name in modules:
        yield from _one(context, name)


def _one(context: click.Context, source: str) -> Iterator[tuple[str, ModuleType]]:
    with importing(context, source):
        module = load_source(source)
    yield source, module
    if not source.endswith(".py") and hasattr(module, "__path__"):
        import importlib
        import pkgutil

        # Sorted by name within each package, so that the order is the same everywhere.
        for found in pkgutil.walk_packages(module.__path__, f"{module.__name__}.", onerror=lambda _: None):
            if found.name.rpartition(".")[2] != "__main__":  # which runs, and declares nothing
                with importing(context, found.name):
                    inner = importlib.import_module(found.name)
                yield found.name, inner


def _folder(context: click.Context, folder: str) -> Iterator[tuple[str, ModuleType]]:
    files = list(_files(folder))
    if not files:
        raise click.UsageError(f"there is no Python file below the folder {folder!r}")
    for file in files:
        with importing(context, file):
            module = _imported(file) or load_source(file)
        yield file, module


def _imported(file: str) -> ModuleType | None:
    """Return the module of a file that another one imported already: a second one would declare everything again."""
    path = os.path.realpath(file)
    modules = list(sys.modules.values())
    return next((each for each in modules if os.path.realpath(getattr(each, "__file__", None) or "") == path), None)


def _files(folder: str) -> Iterator[str]:
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(
            each
            for each in folders
            if each.isidentifier()
            and each not in SKIPPED
            and not os.path.exists(os.path.join(path, each, "pyvenv.cfg"))
        )
        for file in sorted(files):
            name, ending = os.path.splitext(file)
            if ending == ".py" and name.isidentifier() and name != "__main__":
                yield os.path.join(path, file)


def _is_registered(entity: Executable) -> bool:
    """Whether it is something by itself, and not only a node of others, as a map of a launch plan is."""
    from fletching.launch_plans import LaunchPlan
    from fletching.python_task import PythonTask
    from fletching.workflows import WorkflowBase

    return isinstance(entity, (PythonTask, WorkflowBase, LaunchPlan))


def _elsewhere(entity: Executable, module: ModuleType) -> bool:
    """Whether another module declares it and this one only imported it."""
    home = sys.modules.get(entity.instantiated_in)
    return home is not None and home is not module and any(value is entity for value in vars(home).values())


def pick_entities(found: Iterable[Declared], names: Iterable[str], source: str) -> list[Declared]:
    """Return what names stand for: variables, or the full or the last names of entities.

    Raises:
        click.UsageError: a name stands for nothing.
    """
    found, picked = list(found), []
    for name in names:
        hits = [each for each in found if name in (each.variable, each.entity.name)]
        hits = hits or [each for each in found if name == each.entity.short_name]
        if not hits:
            known = [each.variable for each in found]
            shown = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
            raise click.UsageError(f"{source} has no {name!r}{close_match(name, known) or f'; it has: {shown}'}")
        picked += hits
    return picked


@contextmanager
def serializing(what: str) -> Iterator[None]:
    """Have an error of a user's own code, such as the body of a workflow, told with the user's own frames."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, FletchingError, OutputLostError):
        raise
    except Exception as error:  # noqa: BLE001 - shown to the user, whatever it is
        from fletching.cli.run_report import show_failure

        show_failure(error, f"{what} cannot be serialized")
        click.get_current_context().exit(1)


def registered(entities: Iterable[Executable], settings: SerializationSettings) -> list[SerializedEntity]:
    """Return what is registered for entities: themselves, all they call, and the plan that starts each workflow.

    What is called comes before what calls it, and a workflow's own plan right after the workflow: the order in which
    the Flyte SDK counts them.
    """
    from fletching.idl.serialize import serialize

    made = serialize(entities, settings, default_launch_plans=True).entities
    workflows = {each.name for each in made if each.kind == "workflow"}
    plans = {each.name: each for each in made if each.kind == "launch_plan" and each.name in workflows}
    ordered = []
    for each in made:
        if each.kind != "launch_plan" or each.name not in plans:
            ordered.append(each)
        if each.kind == "workflow":
            ordered.append(plans[each.name])
    return ordered
