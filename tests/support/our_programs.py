"""The programs of `programs` with our own names, and what is registered for them."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import TYPE_CHECKING, Any

import fletching
import programs
from fletching import errors, extend, resources, security, settings
from fletching.extend import PythonTask, dynamic_job, serialize
from fletching.launch_plans import LaunchPlan
from fletching.reference_entity import ReferenceEntity
from fletching.workflows import WorkflowBase
from wire_comparison import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find", "read", "registered", "with_our_names"]

HOMES = {
    "ClassStorageTaskResolver": extend,
    "FastSerializationSettings": settings,
    "Identity": security,
    "get_serializable": extend,
    "IgnoreOutputs": errors,
    "ResourceSpec": resources,
}
RENAMED = {"FlyteRecoverableException": "RecoverableError"}


def find(name: str) -> Any:
    """Return what a name of ``sdk`` is here."""
    if name == "accelerators":
        return importlib.import_module("fletching.accelerators")
    return getattr(HOMES.get(name, fletching), RENAMED.get(name, name))


@contextlib.contextmanager
def with_our_names() -> Iterator[None]:
    """Let ``sdk`` mean Fletching in this process, and forget the programs afterwards."""
    modules, path = set(sys.modules), list(sys.path)
    programs.use(find)
    yield
    sys.path[:] = path
    for name in {"sdk", *programs.names()} & (sys.modules.keys() - modules):
        del sys.modules[name]


def registered(name: str) -> dict[str, dict[str, list[tuple[str, Any]]]]:
    """Return what we write for a program: kind and message, by the name of the variable."""
    program = programs.named(name)
    given = programs.settings(program)
    kinds = (PythonTask, WorkflowBase, LaunchPlan)
    specs = {
        variable: [(each.kind, each.message) for each in serialize([entity], given).entities]
        for variable, entity in programs.entities(program, kinds, (ReferenceEntity,))
    }
    dynamic = {}
    for variable, inputs in programs.dynamic_inputs(program).items():
        task = getattr(program, variable)
        job = dynamic_job(task.compile_into_workflow(None, task.task_function, **inputs), given)
        dynamic[variable] = [(type(job).__name__, job)]
    return {"specs": specs, "dynamic": dynamic}


def read(written: Any) -> list[tuple[str, Any]]:
    """Return kind and message of what flytekit wrote; it writes a map again for each place that calls it."""
    pairs = [written] if isinstance(written[0], str) else written
    unique = dict.fromkeys((kind, data) for kind, data in pairs)
    return [(kind, MESSAGES[kind].FromString(data)) for kind, data in unique]
