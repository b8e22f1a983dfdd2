"""Write seed_surface.json, the names of a documented public surface, from its page in Markdown.

    python tests/architecture/derive_seed_surface.py PAGE.md

Only names are kept: classes, constructor parameters, methods with their parameters, properties.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

__all__ = ["surface"]

NOT_OURS = {"Any", "ParamSpec", "TypeVar", "partial"}
"""Names of the standard library that the page lists because the documented module imports them."""

ANY_ARGUMENTS = {"args", "kwargs", "kwds"}
"""How the page writes ``*args`` and ``**kwargs``."""

CALL = re.compile(r"```python\ndef (\w+)\((.*?)\):?\n```", re.DOTALL)
PARAMETER = re.compile(r"^    (\w+)", re.MULTILINE)
PROPERTY = re.compile(r"^\| (\w+) \|", re.MULTILINE)


def parameters(text: str) -> list[str]:
    return [name for name in PARAMETER.findall(text) if name not in ANY_ARGUMENTS]


def surface(page: str) -> dict[str, dict[str, object]]:
    """Tell the names of each class of the page."""
    classes: dict[str, dict[str, object]] = {}
    for section in re.split(r"^## flytekit\.core\.task\.", page, flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        if name in NOT_OURS:
            continue
        head, _, rest = body.partition("\n### Methods\n")
        methods, _, properties = (rest or body).partition("\n### Properties\n")
        constructor = [parameters(text) for called, text in CALL.findall(head) if called == name]
        classes[name] = {
            "constructor": constructor[0] if constructor else [],
            "methods": {called: parameters(text) for called, text in CALL.findall(methods) if called != name},
            "properties": [found for found in PROPERTY.findall(properties) if found != "Property"],
        }
    return classes


if __name__ == "__main__":
    found = surface(Path(sys.argv[1]).read_text(encoding="utf-8"))
    target = Path(__file__).with_name("seed_surface.json")
    target.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{target}: {len(found)} classes")
