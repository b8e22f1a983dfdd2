"""Runs everything in turn, so that a slow minute of the machine is everybody's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.environments import CLEAN, HOME, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.environments import Environment, Ours

WORKLOADS = Path(__file__).parent / "workloads"
FIRST = str(WORKLOADS / "first_result.py")
WRITE_INPUTS = """
import sys
from fletching.extend import to_literal_map
written = to_literal_map({"a": int, "b": int}, {"a": 1, "b": 2})
open(sys.argv[1], "wb").write(written.SerializeToString())
"""
TASKS = 300
"""How many tasks are registered."""
WITH_TASK = {"PYTHONPATH": str(WORKLOADS)}
IN_CONTAINER = {
    "fletching container": WITH_TASK,
    "flytekit 1.15.4 container": WITH_TASK,
    "flytekit 1.16.31 container": WITH_TASK,
    "user code": {**WITH_TASK, "LEAVES": "1"},
}
"""What is in the environment of the programs that run a task."""
Samples: TypeAlias = "dict[str, list[float]]"
"""What was measured -> its value in each round."""


def everything(ours: Ours, peers: Mapping[str, Environment], rounds: int, say: Callable[[str], None]) -> Samples:
    """Measure all workloads in all environments."""
    alone, crowded, mapping = ours
    HOME.mkdir(parents=True, exist_ok=True)
    samples: Samples = defaultdict(list)
    processes(samples, alone, crowded, peers, rounds, say)
    for number in range(max(2, rounds // 3)):
        say(f"workloads, round {number + 1}")
        inside(samples, "fletching", alone, "on_fletching.py")
        inside(samples, "fletching", mapping, "graphs_on_fletching.py")
        for name, peer in peers.items():
            inside(samples, name, peer, "on_flytekit.py" if name.startswith("flytekit") else "on_flyte.py")
    for number in range(max(1, rounds // 3)):
        say(f"large runs, round {number + 1}")
        inside(samples, "fletching", mapping, "large_on_fletching.py", "makespan", str(number))
        for measure in ("million", "compile", "runs", "project"):
            inside(samples, "fletching", mapping, "large_on_fletching.py", measure)
    for number in range(max(2, rounds // 3)):
        say(f"registrations, round {number + 1}")
        registrations(samples, mapping, peers)
    say("discovery")
    discovery(samples, alone)
    say("first runs, without bytecode")
    first_runs(samples, alone, peers)
    for name, each in {"fletching": alone, **peers}.items():
        samples[f"{name} distributions"] = [each.distributions]
        samples[f"{name} megabytes"] = [each.megabytes]
        samples[f"{name} compiled"] = [each.megabytes + each.bytecode]
    return samples


def processes(
    samples: Samples,
    alone: Environment,
    crowded: Environment,
    peers: Mapping[str, Environment],
    rounds: int,
    say: Callable[[str], None],
) -> None:
    """Measure what happens once a process, in milliseconds of wall time from its start to its end."""
    python = str(alone.python)
    commands = {
        "bare": [python, "-c", "pass"],
        "first result": [python, FIRST],
        "import click": [python, "-c", "import click"],
        "import pluggy": [python, "-c", "import pluggy"],
        "help": [str(crowded.folder / "bin" / "fletch"), "--help"],
    }
    for name, peer in peers.items():
        commands[f"import {name}"] = [str(peer.python), "-c", f"import {name.partition(' ')[0]}"]
    with tempfile.TemporaryDirectory(prefix="fletching-bench-") as folder:
        commands |= containers(alone, peers, Path(folder))
        warm(commands)
        for number in range(rounds):
            say(f"processes, round {number + 1}")
            for name, command in commands.items():
                samples[name].append(wall(command, **IN_CONTAINER.get(name, {})))
    modules(samples, "first result", [python, FIRST])
    for name in peers:
        modules(samples, f"import {name}", commands[f"import {name}"])


def containers(alone: Environment, peers: Mapping[str, Environment], folder: Path) -> dict[str, list[str]]:
    """Return the commands that run a task as a container does, and what ours is compared with."""
    inputs = str(folder / "inputs.pb")
    subprocess.run([str(alone.python), "-c", WRITE_INPUTS, inputs], check=True)
    commands = {"import tasks_pb2": [str(alone.python), "-c", "import flyteidl.core.tasks_pb2"]}
    programs = {"fletching": (alone, "fletch-execute", "fletching.resolver.default_task_resolver")}
    for name, peer in peers.items():
        if name.startswith("flytekit"):
            programs[name] = (peer, "pyflyte-execute", "flytekit.core.python_auto_container.default_task_resolver")
    for name, (environment, program, resolver) in programs.items():
        prefix = str(folder / name)
        places = ["--inputs", inputs, "--output-prefix", prefix, "--raw-output-data-prefix", prefix]
        words = ["--", "task-module", "container_task", "task-name", "add"]
        commands[f"{name} container"] = [
            str(environment.folder / "bin" / program),
            *places,
            "--resolver",
            resolver,
            *words,
        ]
    commands["user code"] = commands["fletching container"]
    return commands


def warm(commands: Mapping[str, list[str]]) -> None:
    """Run everything twice: bytecode and page cache, then the index, which is not written next to a change."""
    for _ in range(2):
        for name, command in commands.items():
            wall(command, **IN_CONTAINER.get(name, {}))
        time.sleep(2.5)


def wall(command: list[str], **variables: str) -> float:
    begin = time.perf_counter()
    subprocess.run(
        command,
        env={**CLEAN, "HOME": str(HOME), "FLETCHING_HOME": str(HOME / "fletching"), **variables},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return (time.perf_counter() - begin) * 1e3


def modules(samples: Samples, name: str, command: list[str]) -> None:
    """Count what a program loads that a bare interpreter does not."""
    python, *rest = command
    text = rest[1] if rest[0] == "-c" else Path(rest[0]).read_text()
    samples[f"{name}, modules"] = [loaded(python, text) - loaded(python, "pass")]


def loaded(python: str, text: str) -> int:
    count = "import sys, atexit; atexit.register(lambda: print(len(sys.modules)))"
    return int(output([python, "-c", f"{count}; exec({text!r})"]).split()[-1])


def inside(samples: Samples, sdk: str, environment: Environment, script: str, *arguments: str) -> None:
    """Measure what a script measures; what happens many times a process is in microseconds."""
    said = output([str(environment.python), str(WORKLOADS / script), *arguments])
    for name, value in json.loads(said.splitlines()[-1]).items():
        samples[f"{sdk} {name}"].append(value)


def registrations(samples: Samples, mapping: Environment, peers: Mapping[str, Environment]) -> None:
    """Measure how long tasks and a workflow take to be registered, all with one backend: the one of the tests."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from flyte_server import FlyteServer

    with tempfile.TemporaryDirectory(prefix="fletching-bench-") as folder, FlyteServer(Path(folder)) as server:
        for name, each in {"fletching": mapping, **peers}.items():
            if not name.startswith("flyte "):
                inside(samples, name, each, "register.py", server.endpoint, str(TASKS))


def discovery(samples: Samples, alone: Environment) -> None:
    """Measure a crowd of plugins; the script makes it and takes its own medians."""
    said = json.loads(output([str(alone.python), str(WORKLOADS.parent / "discovery.py")]))
    samples["listing"] = [said["listing_ms"]]
    samples["listing with states"] = [said["listing_with_states_ms"]]
    samples["listing without index"] = [said["without_index_ms"]]
    samples["importlib.metadata"] = [said["peers_ms"]["importlib.metadata"]]
    samples["plugins imported"] = [len(said["plugin_modules_after_calling_one"])]


def first_runs(samples: Samples, alone: Environment, peers: Mapping[str, Environment]) -> None:
    """Measure the first run after an installation that wrote no bytecode, with nothing of ours on the disk."""
    commands = {"first run": (alone, [str(alone.python), FIRST])}
    for name, peer in peers.items():
        if name.startswith("flyte "):
            commands[f"first import {name}"] = peer, [str(peer.python), "-c", "import flyte"]
    for environment, _ in commands.values():
        environment.forget_bytecode()
    for _ in range(3):
        for name, (_, command) in commands.items():
            home = tempfile.mkdtemp(prefix="fletching-bench-")
            samples[name].append(wall(command, FLETCHING_HOME=home, PYTHONDONTWRITEBYTECODE="1"))
            shutil.rmtree(home)


def output(command: list[str]) -> str:
    env = {**CLEAN, "HOME": str(HOME), "FLETCHING_HOME": str(HOME / "fletching")}
    # From there, so that a program given as text has the search path, and so the index, of the scripts.
    done = subprocess.run(command, env=env, cwd=WORKLOADS, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed\n{done.stderr}")
    return done.stdout


def machine() -> dict[str, object]:
    """Say what the figures belong to, without a date and without a host's name."""
    import platform

    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
        "processor": model,
        "cores": os.cpu_count(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
