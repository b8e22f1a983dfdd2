"""Import each module named as an argument in a process of its own and print, as JSON, what was not silent.

A child is forked for each module from an interpreter that has loaded next to nothing: as good as a fresh start,
and thirty times as fast. A plugin's modules share one child, which forgets all of ours before each import, because
loading its libraries is what takes long.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import traceback
import warnings
from types import ModuleType

warnings.simplefilter("error")


def noise(name: str) -> str:
    """Import a module and tell what it did besides."""
    hooks = sys.excepthook, sys.displayhook
    out, filters, variables = io.StringIO(), list(warnings.filters), dict(os.environ)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            importlib.import_module(name)
        except BaseException:
            return traceback.format_exc()
    found = []
    # A plugin's libraries may: numpy changes warning filters, polars the environment.
    ours = not name.startswith("fletching_")
    if out.getvalue():
        found.append(f"printed {out.getvalue()!r}")
    if (sys.excepthook, sys.displayhook) != hooks:
        found.append("replaced a hook of sys")
    if list(warnings.filters) != filters and ours:
        found.append("changed the warning filters")
    if dict(os.environ) != variables and ours:
        found.append("changed the environment")
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        found.append("started a thread")
    logging = sys.modules.get("logging")
    if logging is not None and logging.root.handlers:
        found.append("added a log handler")
    package = sys.modules[name.partition(".")[0]]
    modules = [public for public in getattr(package, "__all__", ()) if f"{package.__name__}.{public}" in sys.modules]
    hidden = [public for public in modules if isinstance(getattr(package, public), ModuleType)]
    if hidden:
        found.append(f"put a module in the place of a public name: {hidden}")
    return ", ".join(found)


def one_by_one(names: list[str]) -> dict[str, str]:
    """Import each as if nothing of ours were loaded."""
    found = {}
    for name in names:
        for known in [known for known in sys.modules if known.partition("_")[0].partition(".")[0] == "fletching"]:
            del sys.modules[known]
        found[name] = noise(name)
    return found


def alone(names: list[str]) -> dict[str, str]:
    """Do it in a child process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "w") as pipe:
            json.dump(one_by_one(names), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    found: dict[str, str] = {**dict.fromkeys(names, f"the process ended with {status}"), **json.loads(text or "{}")}
    return {name: said for name, said in found.items() if said}


if __name__ == "__main__":
    plugins: dict[str, list[str]] = {}
    said: dict[str, str] = {}
    for argument in sys.argv[1:]:
        if argument.startswith("fletching_"):
            plugins.setdefault(argument.partition(".")[0], []).append(argument)
        else:
            said |= alone([argument])
    for members in plugins.values():
        said |= alone(members)
    print(json.dumps(said))
