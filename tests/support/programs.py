"""Programs that are written once and run with either SDK: what both sides need to load them.

A program is a module of ``tests/compat/programs`` that takes its names from ``sdk``. That word stands for either SDK:
`use` says which. A program may have ``SETTINGS``, what differs from `settings`, and ``DYNAMIC``, inputs for its dynamic
tasks by their names. What else was written once for both, and is in the golden tests, is a program too.

This module also runs in a flytekit's environment, so it imports nothing of ours.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FOLDER", "dynamic_inputs", "entities", "named", "names", "refused", "settings", "use"]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "compat" / "programs"
GOLDEN = {
    "golden_maps": ROOT / "plugins" / "map" / "tests" / "golden",
    "golden_tasks": ROOT / "tests" / "core" / "golden",
    "golden_workflows": ROOT / "tests" / "core" / "golden" / "wire",
}
FILES = {"golden_maps": "map_programs.py", "golden_tasks": "template_tasks.py", "golden_workflows": "programs_*.py"}
MORE_IMAGES = ("gpu=example.com/gpu:v3", f"pinned=a/b@sha256:{'1' * 64}")
"""Images that the golden programs name."""


def names() -> list[str]:
    """Return the names of all programs."""
    return [*sorted(path.stem for path in FOLDER.glob("*.py")), *GOLDEN]


def use(find: Callable[[str], Any]) -> None:
    """Let ``sdk`` mean one SDK in this process: its names are what `find` returns for them."""
    sdk = ModuleType("sdk", "The SDK that programs are run with.")
    sdk.__dict__["__getattr__"] = find
    sys.modules["sdk"] = sdk
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))


def named(name: str) -> ModuleType:
    """Return a program, imported once."""
    return _of_golden(name) if name in GOLDEN and name not in sys.modules else importlib.import_module(name)


def _of_golden(name: str) -> ModuleType:
    module = ModuleType(name)
    sdk: Any = sys.modules["sdk"]
    # flytekit names a module after its file.
    module.__dict__.update(sdk=sdk, accelerators=sdk.accelerators, __file__=str(FOLDER / f"{name}.py"))
    module.__dict__["SETTINGS"] = {"images": ["default=example.com/image:v1", *MORE_IMAGES]}
    sys.modules[name] = module
    for path in sorted(GOLDEN[name].glob(FILES[name])):
        try:
            exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
        except AttributeError as error:  # a name that an older SDK does not have: the rest of that file is not compared
            refused(module)[path.stem] = str(error)
    return module


def refused(program: ModuleType) -> dict[str, str]:
    """Return which files of a program could not be loaded whole, and why."""
    found: dict[str, str] = program.__dict__.setdefault("REFUSED", {})
    return found


def settings(program: ModuleType) -> Any:
    """Return what a program is serialized with, as the SDK's settings."""
    sdk: Any = sys.modules["sdk"]
    given = dict(getattr(program, "SETTINGS", {}))
    images = [each.partition("=") for each in given.pop("images", ["default=example.com/image:v1"])]
    known = [sdk.Image.look_up_image_info(name, image) for name, _, image in images]
    fast = given.pop("fast", None)
    resources = given.pop("default_resources", None)
    if resources is not None:
        given["default_resources"] = sdk.ResourceSpec(
            requests=sdk.Resources(**resources["requests"]), limits=sdk.Resources(**resources["limits"])
        )
    if fast is not None:
        given["fast_serialization_settings"] = sdk.FastSerializationSettings(**fast)
    common = {"project": "p", "domain": "d", "version": "v", "env": {"FROM": "settings"}}
    return sdk.SerializationSettings(sdk.ImageConfig(known[0], known), **{**common, **given})


def entities(program: ModuleType, kinds: tuple[type, ...], never: tuple[type, ...]) -> Iterator[tuple[str, Any]]:
    """Yield what a program declares that can be registered, by the name of its variable."""
    for name, value in list(vars(program).items()):
        if isinstance(value, kinds) and not isinstance(value, never) and not name.startswith("_"):
            yield name, value


def dynamic_inputs(program: ModuleType) -> dict[str, dict[str, Any]]:
    """Return the inputs with which dynamic tasks of a program are run, by the name of the variable."""
    found: dict[str, dict[str, Any]] = getattr(program, "DYNAMIC", None) or getattr(program, "DYNAMIC_INPUTS", {})
    return found
