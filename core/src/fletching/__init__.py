"""Tasks as typed Python functions, in a core so small that every task type is a plugin.

Importing this package imports nothing else: each name is fetched when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching.accelerators import BaseAccelerator as BaseAccelerator
    from fletching.async_task import AsyncPythonFunctionTask as AsyncPythonFunctionTask
    from fletching.auto_container import PythonInstanceTask as PythonInstanceTask
    from fletching.cache import Cache as Cache
    from fletching.cache import CachePolicy as CachePolicy
    from fletching.cache import EnvironmentPolicy as EnvironmentPolicy
    from fletching.cache import FunctionPolicy as FunctionPolicy
    from fletching.cache import ImagePolicy as ImagePolicy
    from fletching.cache import VersionParameters as VersionParameters
    from fletching.checkpoints import Checkpoint as Checkpoint
    from fletching.container_task import ContainerTask as ContainerTask
    from fletching.context import ExecutionParameters as ExecutionParameters
    from fletching.context import current_context as current_context
    from fletching.deck import DeckField as DeckField
    from fletching.decorator import dynamic as dynamic
    from fletching.decorator import task as task
    from fletching.defaults import Environment as Environment
    from fletching.documentation import Description as Description
    from fletching.documentation import Documentation as Documentation
    from fletching.documentation import SourceCode as SourceCode
    from fletching.entities import create_node as create_node
    from fletching.errors import FletchingError as FletchingError
    from fletching.errors import NonRecoverableError as NonRecoverableError
    from fletching.errors import RecoverableError as RecoverableError
    from fletching.flyte_context import FlyteContext as FlyteContext
    from fletching.flyte_context import FlyteContextManager as FlyteContextManager
    from fletching.function_task import PythonFunctionTask as PythonFunctionTask
    from fletching.function_workflow import PythonFunctionWorkflow as PythonFunctionWorkflow
    from fletching.gates import approve as approve
    from fletching.gates import sleep as sleep
    from fletching.gates import wait_for_input as wait_for_input
    from fletching.graph.conditional import conditional as conditional
    from fletching.graph.promise import Promise as Promise
    from fletching.graph.walk import WorkflowFailurePolicy as WorkflowFailurePolicy
    from fletching.imperative_workflow import ImperativeWorkflow as ImperativeWorkflow
    from fletching.imperative_workflow import ImperativeWorkflow as Workflow  # noqa: F401 - a public name
    from fletching.interface import Interface as Interface
    from fletching.launch_plans import LaunchPlan as LaunchPlan
    from fletching.metadata import TaskMetadata as TaskMetadata
    from fletching.notifications import Email as Email
    from fletching.notifications import PagerDuty as PagerDuty
    from fletching.notifications import Slack as Slack
    from fletching.notifications import WorkflowExecutionPhase as WorkflowExecutionPhase
    from fletching.plan_options import Annotations as Annotations
    from fletching.plan_options import AuthRole as AuthRole
    from fletching.plan_options import ConcurrencyLimitBehavior as ConcurrencyLimitBehavior
    from fletching.plan_options import ConcurrencyPolicy as ConcurrencyPolicy
    from fletching.plan_options import Labels as Labels
    from fletching.plan_options import Options as Options
    from fletching.plan_options import RawOutputDataConfig as RawOutputDataConfig
    from fletching.pods import PodTemplate as PodTemplate
    from fletching.python_task import PythonTask as PythonTask
    from fletching.reference import LaunchPlanReference as LaunchPlanReference
    from fletching.reference import TaskReference as TaskReference
    from fletching.reference import WorkflowReference as WorkflowReference
    from fletching.reference_entity import ReferenceEntity as ReferenceEntity
    from fletching.reference_plans import ReferenceLaunchPlan as ReferenceLaunchPlan
    from fletching.reference_plans import ReferenceWorkflow as ReferenceWorkflow
    from fletching.reference_plans import get_reference_entity as get_reference_entity
    from fletching.reference_plans import reference_launch_plan as reference_launch_plan
    from fletching.reference_plans import reference_workflow as reference_workflow
    from fletching.reference_tasks import ReferenceTask as ReferenceTask
    from fletching.reference_tasks import reference_task as reference_task
    from fletching.resolver import TaskResolverMixin as TaskResolverMixin
    from fletching.resources import Resources as Resources
    from fletching.run.runner import Runner as Runner
    from fletching.schedules import CronSchedule as CronSchedule
    from fletching.schedules import FixedRate as FixedRate
    from fletching.schedules import OnSchedule as OnSchedule
    from fletching.security import Identity as Identity
    from fletching.security import Secret as Secret
    from fletching.security import SecurityContext as SecurityContext
    from fletching.settings import FastSerializationSettings as FastSerializationSettings
    from fletching.settings import Image as Image
    from fletching.settings import ImageConfig as ImageConfig
    from fletching.settings import SerializationSettings as SerializationSettings
    from fletching.task_plugins import TaskPlugins as TaskPlugins
    from fletching.types.annotations import FlyteAnnotation as FlyteAnnotation
    from fletching.types.annotations import HashMethod as HashMethod
    from fletching.types.annotations import kwtypes as kwtypes
    from fletching.types.directories import FlyteDirectory as FlyteDirectory
    from fletching.types.failure import FlyteError as FlyteError
    from fletching.types.files import FlyteFile as FlyteFile
    from fletching.types.json_lines import JSON as JSON
    from fletching.types.pickled import Pickled as Pickled
    from fletching.workflow_decorator import workflow as workflow

_HOMES = {
    "Annotations": "plan_options",
    "AsyncPythonFunctionTask": "async_task",
    "AuthRole": "plan_options",
    "BaseAccelerator": "accelerators",
    "Cache": "cache",
    "CachePolicy": "cache",
    "Checkpoint": "checkpoints",
    "ConcurrencyLimitBehavior": "plan_options",
    "ConcurrencyPolicy": "plan_options",
    "ContainerTask": "container_task",
    "CronSchedule": "schedules",
    "DeckField": "deck",
    "Description": "documentation",
    "Documentation": "documentation",
    "Email": "notifications",
    "Environment": "defaults",
    "EnvironmentPolicy": "cache",
    "ExecutionParameters": "context",
    "FastSerializationSettings": "settings",
    "FixedRate": "schedules",
    "FletchingError": "errors",
    "FlyteAnnotation": "types.annotations",
    "FlyteContext": "flyte_context",
    "FlyteContextManager": "flyte_context",
    "FlyteDirectory": "types.directories",
    "FlyteError": "types.failure",
    "FlyteFile": "types.files",
    "FunctionPolicy": "cache",
    "HashMethod": "types.annotations",
    "Identity": "security",
    "Image": "settings",
    "ImageConfig": "settings",
    "ImagePolicy": "cache",
    "ImperativeWorkflow": "imperative_workflow",
    "Interface": "interface",
    "JSON": "types.json_lines",
    "Labels": "plan_options",
    "LaunchPlan": "launch_plans",
    "LaunchPlanReference": "reference",
    "NonRecoverableError": "errors",
    "OnSchedule": "schedules",
    "Options": "plan_options",
    "PagerDuty": "notifications",
    "Pickled": "types.pickled",
    "PodTemplate": "pods",
    "Promise": "graph.promise",
    "PythonFunctionTask": "function_task",
    "PythonFunctionWorkflow": "function_workflow",
    "PythonInstanceTask": "auto_container",
    "PythonTask": "python_task",
    "RawOutputDataConfig": "plan_options",
    "RecoverableError": "errors",
    "ReferenceEntity": "reference_entity",
    "ReferenceLaunchPlan": "reference_plans",
    "ReferenceTask": "reference_tasks",
    "ReferenceWorkflow": "reference_plans",
    "Resources": "resources",
    "Runner": "run.runner",
    "Secret": "security",
    "SecurityContext": "security",
    "SerializationSettings": "settings",
    "Slack": "notifications",
    "SourceCode": "documentation",
    "TaskMetadata": "metadata",
    "TaskPlugins": "task_plugins",
    "TaskReference": "reference",
    "TaskResolverMixin": "resolver",
    "VersionParameters": "cache",
    "Workflow": "imperative_workflow",
    "WorkflowExecutionPhase": "notifications",
    "WorkflowFailurePolicy": "graph.walk",
    "WorkflowReference": "reference",
    "approve": "gates",
    "conditional": "graph.conditional",
    "create_node": "entities",
    "current_context": "context",
    "dynamic": "decorator",
    "get_reference_entity": "reference_plans",
    "kwtypes": "types.annotations",
    "reference_launch_plan": "reference_plans",
    "reference_task": "reference_tasks",
    "reference_workflow": "reference_plans",
    "sleep": "gates",
    "task": "decorator",
    "wait_for_input": "gates",
    "workflow": "workflow_decorator",
}
"""Public name -> module below this package that holds it."""

_RENAMED = {"Workflow": "ImperativeWorkflow"}

__all__ = [  # noqa: PLE0604 - the names are resolved by __getattr__
    *sorted(_HOMES)
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from fletching._lazy import resolve

        return resolve(__name__, name, _HOMES, _RENAMED)
    if name == "__version__":
        from fletching.versions import own_version

        return own_version()
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fletching.official import resolve as resolve_official

    try:
        return resolve_official(name)
    except KeyError:
        pass
    from fletching.errors import close_match

    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{close_match(name, _HOMES)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
