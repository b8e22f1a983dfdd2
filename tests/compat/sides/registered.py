"""What a flytekit registers for a program, and what its dynamic tasks leave; runs in a flytekit's environment."""

from __future__ import annotations

import importlib
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import flytekit
from flyteidl.admin.launch_plan_pb2 import LaunchPlan as AdminLaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec as WireTaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec as WireWorkflowSpec
from flytekit.core.base_task import PythonTask
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.launch_plan import LaunchPlan
from flytekit.core.reference_entity import ReferenceEntity
from flytekit.core.type_engine import TypeEngine
from flytekit.core.workflow import WorkflowBase
from flytekit.models.admin.workflow import WorkflowSpec
from flytekit.models.launch_plan import LaunchPlan as WireLaunchPlan
from flytekit.models.task import TaskSpec
from flytekit.tools.translator import get_serializable

import programs

HOMES = {
    "ClassStorageTaskResolver": "flytekit.core.class_based_resolver",
    "ConcurrencyLimitBehavior": "flytekit.models.concurrency",
    "ConcurrencyPolicy": "flytekit.models.concurrency",
    "DeckField": "flytekit.deck",
    "Description": "flytekit.models.documentation",
    "Documentation": "flytekit.models.documentation",
    "Echo": "flytekit.core.task",
    "FastSerializationSettings": "flytekit.configuration",
    "FlyteAnnotation": "flytekit.core.annotation",
    "FlyteDirectory": "flytekit.types.directory",
    "FlyteError": "flytekit.types.error.error",
    "FlyteFile": "flytekit.types.file",
    "FlyteRecoverableException": "flytekit.exceptions.user",
    "IgnoreOutputs": "flytekit.core.base_task",
    "Identity": "flytekit.models.security",
    "Image": "flytekit.configuration",
    "ImageConfig": "flytekit.configuration",
    "Interface": "flytekit.core.interface",
    "RawOutputDataConfig": "flytekit.models.common",
    "ResourceSpec": "flytekit.core.resources",
    "SQLite3Config": "flytekit.extras.sqlite3.task",
    "SQLite3Task": "flytekit.extras.sqlite3.task",
    "SecurityContext": "flytekit.models.security",
    "SerializationSettings": "flytekit.configuration",
    "SourceCode": "flytekit.models.documentation",
    "TaskPlugins": "flytekit.extend",
    "TaskResolverMixin": "flytekit.core.base_task",
    "WorkflowExecutionPhase": "flytekit.models.core.execution",
    "get_serializable": "flytekit.tools.translator",
    "create_node": "flytekit.core.node_creation",
}
"""Name -> the module that holds it, for what is no name of flytekit itself."""
MESSAGES = {"task": WireTaskSpec, "workflow": WireWorkflowSpec, "launch_plan": AdminLaunchPlan}
KINDS = {TaskSpec: "task", WorkflowSpec: "workflow", WireLaunchPlan: "launch_plan"}


def find(name: str) -> Any:
    if name == "accelerators":
        return importlib.import_module("flytekit.extras.accelerators")
    try:
        return getattr(importlib.import_module(HOMES[name]) if name in HOMES else flytekit, name)
    except (AttributeError, ImportError):
        raise AttributeError(f"this flytekit has no {name!r}") from None


programs.use(find)


def everything(name: str, folder: str = "") -> dict[str, Any]:
    """Return what a program gives, or what kept it from being loaded, and what was refused."""
    if folder and folder not in sys.path:
        sys.path.append(folder)
    try:
        return one(programs.named(name))
    except Exception as error:
        return {"specs": {}, "dynamic": {}, "refused": {"": f"{type(error).__name__}: {error}"}}


def check(name: str, function: str) -> None:
    """Call a function of a program."""
    getattr(programs.named(name), function)()


def one(program: Any) -> dict[str, Any]:
    settings = programs.settings(program)
    specs, dynamic, refused = {}, {}, dict(programs.refused(program))
    for name, entity in programs.entities(program, (PythonTask, WorkflowBase, LaunchPlan), (ReferenceEntity,)):
        try:
            specs[name] = registered(entity, settings)
        except Exception as error:
            refused[name] = f"{type(error).__name__}: {error}"
    for name, inputs in programs.dynamic_inputs(program).items():
        try:
            dynamic[name] = left(getattr(program, name), inputs, settings)
        except Exception as error:
            refused[f"{name}()"] = f"{type(error).__name__}: {error}"
    return {"specs": specs, "dynamic": dynamic, "refused": refused}


def registered(entity: Any, settings: Any) -> list[list[Any]]:
    """Return kind and bytes of everything that is registered with an entity, dependencies first."""
    found: OrderedDict = OrderedDict()
    get_serializable(found, settings, entity)
    return [[KINDS[type(each)], wire(each)] for each in found.values() if type(each) in KINDS]


def left(task: Any, inputs: dict[str, Any], settings: Any) -> list[Any]:
    """Return what a dynamic task leaves: the class of the message and its bytes."""
    context = FlyteContextManager.current_context()
    mode = context.new_execution_state().with_params(mode=context.new_execution_state().Mode.TASK_EXECUTION)
    builder = context.with_execution_state(mode).with_serialization_settings(settings)
    with FlyteContextManager.with_context(builder) as inner:
        literals = TypeEngine.dict_to_literal_map(inner, inputs, task.python_interface.inputs)
        outcome = task.dispatch_execute(inner, literals)
    return [type(outcome).__name__, wire(outcome)]


def read_again(messages: list[list[Any]]) -> list[bytes]:
    """Return what flytekit writes of messages that it has read."""
    models = {kind: model for model, kind in KINDS.items()}
    return [wire(models[kind].from_flyte_idl(MESSAGES[kind].FromString(data))) for kind, data in messages]


def wire(entity: Any) -> bytes:
    return entity.to_flyte_idl().SerializeToString(deterministic=True)
