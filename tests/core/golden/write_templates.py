"""Write templates.json: what flytekit registers for the tasks of template_tasks.py.

Run it with a Python that has flytekit 1.16: ``python tests/core/golden/write_templates.py``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections import OrderedDict
from pathlib import Path

import flytekit
import flytekit.extras.accelerators
from flytekit.models.documentation import Description, Documentation
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.tools.translator import get_serializable

HERE = Path(__file__).parent


def main() -> None:
    flytekit.Description, flytekit.Documentation = Description, Documentation
    module = type(sys)("template_tasks")
    module.__dict__.update(sdk=flytekit, accelerators=flytekit.extras.accelerators)
    sys.modules["template_tasks"] = module
    path = HERE / "template_tasks.py"
    module.__file__ = str(path)
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    image = Image("default", "example.com/image", "v1")
    settings = SerializationSettings(
        image_config=ImageConfig(image, [image]), project="p", domain="d", version="v", env={"FROM": "settings"}
    )
    specs = {}
    for name, task in vars(module).items():
        if isinstance(task, flytekit.PythonFunctionTask):
            spec = get_serializable(OrderedDict(), settings, task).to_flyte_idl()
            specs[name] = base64.b64encode(spec.SerializeToString(deterministic=True)).decode()
    from importlib.metadata import version

    content = {"flytekit": version("flytekit"), "specs": specs}
    (HERE / "templates.json").write_text(json.dumps(content, indent=1) + "\n")


main()
