"""How long it takes to know what is installed: 1,000 distributions, 200 of them plugins. Prints JSON.

Every figure is the median over fresh processes, in milliseconds, modules already imported::

    python benchmarks/discovery.py [--distributions 1000] [--plugins 200] [--repeat 15]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODULE = """
from fletching.extend import PythonFunctionTask


class Config:
    task_type = "task{number}"


class Task(PythonFunctionTask):
    pass
"""

# One process: what a program asks first, and what `fletch plugins` asks.
ASK = """
import sys, time
from fletching import index, survey
from fletching.plugins import PluginManager
mode = sys.argv[1]
clock = time.perf_counter
start = clock()
manager = PluginManager(block=())
names = manager.names("tasks")
listed = clock()
hooks = manager.has_hooks("fletching_around_execution")
asked = clock()
entries = manager.entries()
told = clock()
modules = set(sys.modules)
if mode == "call":
    from bench_plugin_7 import Config
    from fletching import task

    @task(task_config=Config())
    def add(a: int, b: int) -> int:
        return a + b

    assert type(add).__module__ == "bench_plugin_7"
    assert add(1, 2) == 3
called = clock()
import json
print(json.dumps({
    "names_ms": (listed - start) * 1e3,
    "has_hooks_ms": (asked - listed) * 1e3,
    "entries_ms": (told - asked) * 1e3,
    "call_ms": (called - told) * 1e3,
    "plugins": len(entries),
    "plugin_modules": sorted(name for name in sys.modules if name.startswith("bench_plugin_")),
    "heavy_modules": [name for name in ("pluggy", "importlib_metadata", "importlib.metadata", "json", "packaging",
                                        "google.protobuf", "asyncio") if name in modules],
}))
"""
# The same question to the package that judges the index, and to the standard library.
PEERS = """
import sys, time
metadata = __import__(sys.argv[1], fromlist=["entry_points"])
start = time.perf_counter()
found = list(metadata.entry_points(group="fletching.tasks"))
print((time.perf_counter() - start) * 1e3)
"""


def build(site: Path, distributions: int, plugins: int) -> None:
    """Write the metadata folders and modules as an installer would leave them."""
    for number in range(distributions):
        info = site / f"bench_{number}-1.0.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: bench-{number}\nVersion: 1.0\nRequires-Dist: fletching>=0.1\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        if number < plugins:
            group, name, module = "fletching.tasks", f"task{number}", f"bench_plugin_{number}"
            (site / f"{module}.py").write_text(MODULE.format(number=number), encoding="utf-8")
        else:
            group, name, module = "console_scripts", f"tool{number}", "tool"
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}:Task\n", encoding="utf-8")


def run(program: str, argument: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, argument], env=env, check=True, capture_output=True, text=True
    )
    return done.stdout


def main() -> None:
    """Build the environment, wait until its index may be written, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distributions", type=int, default=1000)
    parser.add_argument("--plugins", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fletching-bench-") as folder:
        site = Path(folder, "site")
        site.mkdir()
        build(site, options.distributions, options.plugins)
        env = {**os.environ, "PYTHONPATH": str(site), "FLETCHING_HOME": str(Path(folder, "home"))}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        cold = json.loads(run(ASK, "list", env))["names_ms"]
        time.sleep(2.5)  # nothing is written within two seconds of a change
        run(ASK, "list", env)
        warm = [json.loads(run(ASK, "list", env)) for _ in range(options.repeat)]
        called = json.loads(run(ASK, "call", env))
        peers = {
            name: statistics.median(float(run(PEERS, name, env)) for _ in range(5))
            for name in ("importlib.metadata", "importlib_metadata")
        }
        figures = {
            "distributions": options.distributions,
            "plugins": warm[0]["plugins"],
            "listing_ms": round(statistics.median(one["names_ms"] for one in warm), 3),
            "listing_with_states_ms": round(
                statistics.median(one["names_ms"] + one["has_hooks_ms"] + one["entries_ms"] for one in warm), 3
            ),
            "has_hooks_ms": round(statistics.median(one["has_hooks_ms"] for one in warm), 4),
            "without_index_ms": round(cold, 1),
            "peers_ms": {name: round(value, 1) for name, value in peers.items()},
            "plugin_modules_after_listing": warm[-1]["plugin_modules"],
            "heavy_modules_after_listing": warm[-1]["heavy_modules"],
            "plugin_modules_after_calling_one": called["plugin_modules"],
        }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
