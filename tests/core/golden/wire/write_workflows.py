"""Write workflows.json: what flytekit registers for the programs beside it.

Run it with a Python that has flytekit 1.16: ``python tests/core/golden/wire/write_workflows.py``.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections import OrderedDict
from importlib.metadata import version
from pathlib import Path

import flytekit
import flytekit.extras.accelerators
from flytekit.configuration import FastSerializationSettings, Image, ImageConfig, SerializationSettings
from flytekit.core.base_task import PythonTask
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.launch_plan import LaunchPlan
from flytekit.core.node_creation import create_node
from flytekit.core.resources import ResourceSpec
from flytekit.core.type_engine import TypeEngine
from flytekit.core.workflow import WorkflowBase
from flytekit.models.admin.workflow import WorkflowSpec
from flytekit.models.common import RawOutputDataConfig
from flytekit.models.documentation import Description, Documentation
from flytekit.models.launch_plan import LaunchPlan as WireLaunchPlan
from flytekit.models.security import Identity
from flytekit.models.task import TaskSpec
from flytekit.tools.translator import get_serializable
from flytekit.types.file import FlyteFile

HERE = Path(__file__).parent
IMAGE = Image("default", "example.com/image", "v1")
SETTINGS = SerializationSettings(
    image_config=ImageConfig(IMAGE, [IMAGE]), project="p", domain="d", version="v", env={"FROM": "settings"}
)

OTHER = SerializationSettings(
    image_config=ImageConfig(
        IMAGE, [IMAGE, Image("gpu", "example.com/gpu", "v3"), Image("pinned", "a/b", None, "sha256:1")]
    ),
    project="p",
    domain="d",
    version="v",
    env={"FROM": "settings"},
    git_repo="github.com/a/b",
    python_interpreter="/usr/local/bin/python3",
    fast_serialization_settings=FastSerializationSettings(True, "/root", "s3://bucket/code.tar.gz"),
    source_root="/root/src",
    default_resources=ResourceSpec(flytekit.Resources(cpu="1"), flytekit.Resources(mem="1Gi")),
)


def load():
    flytekit.Description, flytekit.Documentation, flytekit.create_node = Description, Documentation, create_node
    flytekit.FlyteFile, flytekit.Identity, flytekit.RawOutputDataConfig = FlyteFile, Identity, RawOutputDataConfig
    module = type(sys)("workflow_programs")
    module.__dict__.update(sdk=flytekit, accelerators=flytekit.extras.accelerators)
    sys.modules["workflow_programs"] = module
    module.__file__ = str(HERE / "workflow_programs.py")  # flytekit names a module after its file
    for path in sorted(HERE.glob("programs_*.py")):
        exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module


def text(message) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


def registered(entity, options=None, settings=SETTINGS) -> list[list[str]]:
    """Return kind and bytes of everything that is registered with an entity, dependencies first."""
    found: OrderedDict = OrderedDict()
    get_serializable(found, settings, entity, options)
    kinds = {TaskSpec: "task", WorkflowSpec: "workflow", WireLaunchPlan: "launch_plan"}
    return [[kinds[type(one)], text(one.to_flyte_idl())] for one in found.values() if type(one) in kinds]


def dynamic_outcome(task, inputs) -> list[str]:
    context = FlyteContextManager.current_context()
    mode = context.new_execution_state().with_params(mode=context.new_execution_state().Mode.TASK_EXECUTION)
    with FlyteContextManager.with_context(
        context.with_execution_state(mode).with_serialization_settings(SETTINGS)
    ) as inner:
        literals = TypeEngine.dict_to_literal_map(inner, inputs, task.python_interface.inputs)
        outcome = task.dispatch_execute(inner, literals)
    return [type(outcome).__name__, text(outcome.to_flyte_idl())]


def main() -> None:
    module = load()
    specs, dynamic, failed = {}, {}, {}
    optioned = {name: registered(getattr(module, name), options) for name, options in module.OPTIONS.items()}
    for name, entity in list(vars(module).items()):
        if isinstance(entity, (PythonTask, WorkflowBase, LaunchPlan)):
            try:
                specs[name] = registered(entity)
            except Exception as error:
                failed[name] = f"{type(error).__name__}: {error}"
    for name, inputs in module.DYNAMIC_INPUTS.items():
        try:
            dynamic[name] = dynamic_outcome(getattr(module, name), inputs)
        except Exception as error:
            failed[f"{name}()"] = f"{type(error).__name__}: {error}"
    # Last: flytekit's tasks keep the resources that these settings give them.
    others = {name: registered(getattr(module, name), settings=OTHER) for name in module.WITH_OTHER_SETTINGS}
    for name, why in failed.items():
        print("flytekit refuses", name, why, file=sys.stderr)
    content = {
        "flytekit": version("flytekit"),
        "specs": specs,
        "dynamic": dynamic,
        "options": optioned,
        "others": others,
    }
    (HERE / "workflows.json").write_text(json.dumps(content, indent=1) + "\n")
    print(f"a workflow of ten nodes and its tasks: {milliseconds(module.wf_ten):.3f} ms", file=sys.stderr)


def milliseconds(entity) -> float:
    """Return the time of this process that it takes to write an entity and all it calls as protobufs."""
    begun = time.process_time()
    for _ in range(200):
        found: OrderedDict = OrderedDict()
        get_serializable(found, SETTINGS, entity)
        for one in found.values():
            if isinstance(one, (TaskSpec, WorkflowSpec, WireLaunchPlan)):
                one.to_flyte_idl()
    return (time.process_time() - begun) * 5


main()
