"""What runs in a flytekit's environment: answers each line of JSON with one. See ``flytekits.py``."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

__all__ = ["load", "pack", "unpack"]

MODULES: dict[str, Any] = {}


def pack(value: Any) -> Any:
    """Return a value as JSON holds it; the inverse is `unpack`."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: pack(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [pack(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def unpack(value: Any) -> Any:
    """Return what `pack` was given."""
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {key: unpack(item) for key, item in value.items()}
    return [unpack(item) for item in value] if isinstance(value, list) else value


def load(file: str) -> Any:
    """Return the module of a file, loaded once."""
    if file not in MODULES:
        path = Path(file)
        if str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[path.stem]
            raise
        MODULES[file] = module
    return MODULES[file]


def answer(request: dict[str, Any]) -> Any:
    """Do what is asked for and return what came of it."""
    values = unpack(request["values"])
    if "source" in request:
        names = {"flytekit": __import__("flytekit"), **values}
        exec(compile(request["source"], "<asked>", "exec"), names)
        return names["result"]
    return getattr(load(request["file"]), request["function"])(*values)


def main() -> None:
    """Answer until nobody asks."""
    # What is asked for may print: that goes where errors go, and the answers keep the pipe for themselves.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            text = json.dumps({"result": pack(answer(json.loads(line)))})
        except BaseException as error:
            text = json.dumps({"kind": type(error).__name__, "error": traceback.format_exc()})
        sys.stdout.flush()
        out.write(text + "\n")
        out.flush()


if __name__ == "__main__":
    main()
