"""Write eagers.json: what flytekit registers for the eager tasks beside it, each as a workflow.

Run it with a Python that has flytekit 1.16: ``python plugins/eager/tests/golden/write_eager.py``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections import OrderedDict
from importlib.metadata import version
from pathlib import Path

import flytekit
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.models.admin.workflow import WorkflowSpec
from flytekit.models.task import TaskSpec
from flytekit.tools.translator import get_serializable

HERE = Path(__file__).parent
IMAGE = Image("default", "example.com/image", "v1")
SETTINGS = SerializationSettings(
    image_config=ImageConfig(IMAGE, [IMAGE]), project="p", domain="d", version="v", env={"FROM": "settings"}
)
KINDS = {TaskSpec: "task", WorkflowSpec: "workflow"}


def registered(task) -> list[list[str]]:
    found: OrderedDict = OrderedDict()
    get_serializable(found, SETTINGS, task.get_as_workflow())
    messages = [(KINDS[type(one)], one.to_flyte_idl()) for one in found.values() if type(one) in KINDS]
    return [[kind, base64.b64encode(one.SerializeToString(deterministic=True)).decode()] for kind, one in messages]


def main() -> None:
    module = type(sys)("eager_programs")
    module.sdk = flytekit
    sys.modules["eager_programs"] = module
    path = HERE / "eager_programs.py"
    module.__file__ = str(path)  # flytekit names a module after its file
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    specs = {name: registered(getattr(module, name)) for name in ("plain", "with_image", "bare")}
    (HERE / "eagers.json").write_text(json.dumps({"flytekit": version("flytekit"), "specs": specs}, indent=1) + "\n")


main()
