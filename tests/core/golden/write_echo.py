"""Writes ``echo.json``: echo tasks as a real flytekit registers them.

Run it with an interpreter that has flytekit, once for each release line::

    python write_echo.py 1.16
    python write_echo.py 1.15
"""

import base64
import json
import sys
from collections import OrderedDict
from pathlib import Path

CASES = {"none": {}, "one": {"words": list[str]}, "several": {"number": int, "word": str, "flags": dict[str, bool]}}
"""The inputs of each case; the order counts."""


def main(line):
    from flytekit.configuration import Image, ImageConfig, SerializationSettings
    from flytekit.core.task import Echo
    from flytekit.tools.translator import get_serializable

    images = ImageConfig(default_image=Image("default", "registry.example/image", "1"))
    settings = SerializationSettings(project="project", domain="domain", version="1", image_config=images)
    file = Path(__file__).with_name("echo.json")
    written = json.loads(file.read_text()) if file.exists() else {}
    written[line] = {}
    for case, inputs in CASES.items():
        spec = get_serializable(OrderedDict(), settings, Echo(f"echo.{case}", inputs=inputs)).to_flyte_idl()
        written[line][case] = base64.b64encode(spec.SerializeToString(deterministic=True)).decode()
    file.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
