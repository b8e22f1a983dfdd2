"""List the public names of the flytekit that runs this, module by module.

PYTHON tests/migration/record_names.py > tests/migration/flytekit_names.txt
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import types
import warnings

LEFT_OUT = (".bin", ".clis", "_pb2", "._")
"""Parts that nobody imports: programs, generated messages, private modules."""


def names_of(name: str, module: types.ModuleType, *, package: bool) -> list[str]:
    """Return what a module defines, or what a package gives."""
    found = []
    for key, value in vars(module).items():
        home = getattr(value, "__module__", type(value).__module__)
        if key.startswith("_") or isinstance(value, types.ModuleType) or not isinstance(home, str):
            continue
        if home == name or (package and home.startswith("flytekit")):
            found.append(f"{name}.{key}")
    return found


def main() -> None:
    """Print them, sorted."""
    warnings.simplefilter("ignore")
    import flytekit

    found = set(names_of("flytekit", flytekit, package=True))
    for info in pkgutil.walk_packages(flytekit.__path__, "flytekit.", onerror=lambda name: None):
        if any(part in info.name for part in LEFT_OUT):
            continue
        said = io.StringIO()
        with contextlib.suppress(Exception), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            found.update(names_of(info.name, importlib.import_module(info.name), package=info.ispkg))
    print("\n".join(sorted(found)))


if __name__ == "__main__":
    main()
