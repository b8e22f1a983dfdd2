"""What a plugin author imports. Users import from ``fletching`` itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching.async_task import AsyncPythonFunctionTask as AsyncPythonFunctionTask
    from fletching.auto_container import PythonAutoContainerTask as PythonAutoContainerTask
    from fletching.auto_container import PythonInstanceTask as PythonInstanceTask
    from fletching.backends import Backend as Backend
    from fletching.backends import Handle as Handle
    from fletching.backends import LabelledBackend as LabelledBackend
    from fletching.cli import render_settings, values
    from fletching.cli.inputs import input_option as input_option
    from fletching.cli.render_entities import Declared as Declared
    from fletching.cli.render_entities import declared_entities as declared_entities
    from fletching.cli.render_entities import pick_entities as pick_entities
    from fletching.cli.render_entities import source_root_of as source_root_of
    from fletching.cli.render_settings import settings_options as settings_options
    from fletching.container.bundle import CodeBundle as CodeBundle
    from fletching.container.bundle import pack_code as pack_code
    from fletching.container.code_files import all_files as all_files
    from fletching.container.unpack import unpack_code as unpack_code
    from fletching.context import Execution as Execution
    from fletching.context import ExecutionMode as ExecutionMode
    from fletching.context import ExecutionParameters as ExecutionParameters
    from fletching.context import current_execution as current_execution
    from fletching.decorator import TaskOptions as TaskOptions
    from fletching.executable import Executable as Executable
    from fletching.execution import run_attempt as run_attempt
    from fletching.execution import run_attempt_async as run_attempt_async
    from fletching.expansion import Expansion as Expansion
    from fletching.expansion import Nest as Nest
    from fletching.expansion import Outcome as Outcome
    from fletching.file_access import FileAccess as FileAccess
    from fletching.flyte_context import CompilationState as CompilationState
    from fletching.flyte_context import ExecutionState as ExecutionState
    from fletching.function_task import ExecutionBehavior as ExecutionBehavior
    from fletching.function_task import PythonFunctionTask as PythonFunctionTask
    from fletching.gate import CallTaker as CallTaker
    from fletching.gate import recording as recording
    from fletching.graph.node import NodeMetadata as NodeMetadata
    from fletching.graph.node import dns_name as dns_name
    from fletching.home import cache_dir as cache_dir
    from fletching.hookspecs import hookimpl as hookimpl
    from fletching.identity import execution_identity as execution_identity
    from fletching.idl.dynamic import dynamic_job as dynamic_job
    from fletching.idl.nodes import NodeWriter as NodeWriter
    from fletching.idl.read import class_of_template as class_of_template
    from fletching.idl.read import read_wire as read_wire
    from fletching.idl.serialize import Serialized as Serialized
    from fletching.idl.serialize import SerializedEntity as SerializedEntity
    from fletching.idl.serialize import serialize as serialize
    from fletching.idl.signature import check_signature as check_signature
    from fletching.idl.signature import interface_from_idl as interface_from_idl
    from fletching.idl.template import task_template as task_template
    from fletching.idl.translate import get_serializable as get_serializable
    from fletching.interface import MISSING as MISSING
    from fletching.interface import Interface as Interface
    from fletching.launch_plans import default_plan as default_plan
    from fletching.literals_resolver import LiteralsResolver as LiteralsResolver
    from fletching.metadata import TaskMetadata as TaskMetadata
    from fletching.plugins import PluginManager as PluginManager
    from fletching.plugins import manager as manager
    from fletching.plugins import use_manager as use_manager
    from fletching.python_task import PythonTask as PythonTask
    from fletching.reference_entity import ReferenceEntity as ReferenceEntity
    from fletching.resolver import ClassStorageTaskResolver as ClassStorageTaskResolver
    from fletching.resolver import TaskResolverMixin as TaskResolverMixin
    from fletching.resolver import default_task_resolver as default_task_resolver
    from fletching.resolver import load_object_from_module as load_object_from_module
    from fletching.resolver import load_resolver as load_resolver
    from fletching.run.ending import uninterrupted as uninterrupted
    from fletching.run.events import Event as Event
    from fletching.run.events import observe as observe
    from fletching.run.executors import Attempt as Attempt
    from fletching.run.executors import Executor as Executor
    from fletching.run.executors import Running as Running
    from fletching.run.executors import executor_named as executor_named
    from fletching.run.store_values import InputsDigest as InputsDigest
    from fletching.run.supervisor import Supervisor as Supervisor
    from fletching.security import redact as redact
    from fletching.security import remember_secret as remember_secret
    from fletching.settings import SerializationSettings as SerializationSettings
    from fletching.task_plugins import TaskPlugins as TaskPlugins
    from fletching.type_plugins import AsyncTypeTransformer as AsyncTypeTransformer
    from fletching.type_plugins import FlyteTypeTransformer as FlyteTypeTransformer
    from fletching.type_plugins import SimpleTransformer as SimpleTransformer
    from fletching.type_plugins import TypeEngine as TypeEngine
    from fletching.types import engine, wire
    from fletching.types.base import TypeTransformer as TypeTransformer
    from fletching.types.blobs import is_remote as is_remote
    from fletching.types.blobs import local_path as local_path
    from fletching.types.blobs import new_blob_path as new_blob_path
    from fletching.types.blobs import raw_output_prefix as raw_output_prefix
    from fletching.types.blobs import read_blob as read_blob
    from fletching.types.blobs import storage_for as storage_for
    from fletching.types.display import preview as preview
    from fletching.types.display import type_name as type_name
    from fletching.types.engine import field_transformer as field_transformer
    from fletching.types.engine import part_transformer as part_transformer
    from fletching.types.engine import transformer as transformer
    from fletching.types.guess import guess_python_type as guess_python_type
    from fletching.types.idl import from_literal_map as from_literal_map
    from fletching.types.idl import to_literal_map as to_literal_map
    from fletching.types.serializable import Serializable as Serializable
    from fletching.workflows import WorkflowBase as WorkflowBase

    describe_literal = wire.describe
    chosen_settings = render_settings.chosen
    plain_value = values.plain
    read_plain = wire.read_plain
    register_type = engine.register

_HOMES = {
    "AsyncPythonFunctionTask": "async_task",
    "AsyncTypeTransformer": "type_plugins",
    "Attempt": "run.executors",
    "Backend": "backends",
    "CallTaker": "gate",
    "ClassStorageTaskResolver": "resolver",
    "CodeBundle": "container.bundle",
    "CompilationState": "flyte_context",
    "Declared": "cli.render_entities",
    "Event": "run.events",
    "Executable": "executable",
    "Execution": "context",
    "ExecutionBehavior": "function_task",
    "ExecutionMode": "context",
    "ExecutionParameters": "context",
    "ExecutionState": "flyte_context",
    "Executor": "run.executors",
    "Expansion": "expansion",
    "FileAccess": "file_access",
    "FlyteTypeTransformer": "type_plugins",
    "Handle": "backends",
    "InputsDigest": "run.store_values",
    "Interface": "interface",
    "LabelledBackend": "backends",
    "LiteralsResolver": "literals_resolver",
    "MISSING": "interface",
    "Nest": "expansion",
    "NodeMetadata": "graph.node",
    "NodeWriter": "idl.nodes",
    "Outcome": "expansion",
    "PluginManager": "plugins",
    "PythonAutoContainerTask": "auto_container",
    "PythonFunctionTask": "function_task",
    "PythonInstanceTask": "auto_container",
    "PythonTask": "python_task",
    "ReferenceEntity": "reference_entity",
    "Running": "run.executors",
    "Serializable": "types.serializable",
    "SerializationSettings": "settings",
    "Serialized": "idl.serialize",
    "SerializedEntity": "idl.serialize",
    "SimpleTransformer": "type_plugins",
    "Supervisor": "run.supervisor",
    "TaskMetadata": "metadata",
    "TaskOptions": "decorator",
    "TaskPlugins": "task_plugins",
    "TaskResolverMixin": "resolver",
    "TypeEngine": "type_plugins",
    "TypeTransformer": "types.base",
    "WorkflowBase": "workflows",
    "all_files": "container.code_files",
    "cache_dir": "home",
    "check_signature": "idl.signature",
    "chosen_settings": "cli.render_settings",
    "class_of_template": "idl.read",
    "current_execution": "context",
    "declared_entities": "cli.render_entities",
    "default_plan": "launch_plans",
    "default_task_resolver": "resolver",
    "describe_literal": "types.wire",
    "dns_name": "graph.node",
    "dynamic_job": "idl.dynamic",
    "execution_identity": "identity",
    "executor_named": "run.executors",
    "field_transformer": "types.engine",
    "from_literal_map": "types.idl",
    "get_serializable": "idl.translate",
    "guess_python_type": "types.guess",
    "hookimpl": "hookspecs",
    "input_option": "cli.inputs",
    "interface_from_idl": "idl.signature",
    "is_remote": "types.blobs",
    "load_object_from_module": "resolver",
    "load_resolver": "resolver",
    "local_path": "types.blobs",
    "manager": "plugins",
    "new_blob_path": "types.blobs",
    "observe": "run.events",
    "pack_code": "container.bundle",
    "part_transformer": "types.engine",
    "pick_entities": "cli.render_entities",
    "plain_value": "cli.values",
    "preview": "types.display",
    "raw_output_prefix": "types.blobs",
    "read_blob": "types.blobs",
    "read_plain": "types.wire",
    "read_wire": "idl.read",
    "recording": "gate",
    "redact": "security",
    "register_type": "types.engine",
    "remember_secret": "security",
    "run_attempt": "execution",
    "run_attempt_async": "execution",
    "serialize": "idl.serialize",
    "settings_options": "cli.render_settings",
    "source_root_of": "cli.render_entities",
    "storage_for": "types.blobs",
    "task_template": "idl.template",
    "to_literal_map": "types.idl",
    "transformer": "types.engine",
    "type_name": "types.display",
    "uninterrupted": "run.ending",
    "unpack_code": "container.unpack",
    "use_manager": "plugins",
}
"""Name -> module below ``fletching`` that holds it. Nothing is imported before it is asked for."""

_RENAMED = {
    "chosen_settings": "chosen",
    "describe_literal": "describe",
    "plain_value": "plain",
    "register_type": "register",
}

__all__ = [  # noqa: PLE0604 - the names are resolved by __getattr__
    *sorted(_HOMES)
]


def __getattr__(name: str) -> Any:
    from fletching._lazy import resolve

    return resolve(__name__, name, _HOMES, _RENAMED)


def __dir__() -> list[str]:
    return sorted(_HOMES)
