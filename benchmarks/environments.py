"""One environment for each SDK, one with fifty plugins and one with ours, kept below ``.tools/bench``."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".tools" / "bench"
HOME = CACHE / "home"
PEERS = {
    "flytekit 1.15.4": "flytekit==1.15.4",
    "flytekit 1.16.31": "flytekit==1.16.31",
    "flyte 2.12.1": "flyte==2.12.1",
}
OURS = ("fletching", "plugins", "maps")
PLUGINS = 50
# What the surrounding environment says to uv and to Python is for the surrounding environment.
FOREIGN = ("UV_CONSTRAINT", "UV_OVERRIDE", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
CLEAN = {name: value for name, value in os.environ.items() if name not in FOREIGN and not name.startswith("FLETCHING_")}


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and what its installation brought."""

    folder: Path
    distributions: int
    megabytes: float
    """Of all files but the bytecode, which an installer writes or leaves to the first import."""
    bytecode: float
    """Megabytes of that."""

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages"))

    def forget_bytecode(self) -> None:
        for folder in list(self.packages.rglob("__pycache__")):
            shutil.rmtree(folder)


class Ours(NamedTuple):
    """The environments that our own code is in."""

    alone: Environment
    """Core and nothing else."""
    crowded: Environment
    """Core among many plugins."""
    mapping: Environment
    """Core and the plugins for maps, eager tasks and backends."""


def uv(*arguments: str | Path) -> str:
    """Run the uv that the Makefile pins, or the one on the path."""
    pinned = sorted(ROOT.glob(".tools/uv-*/bin/uv"))
    program = str(pinned[-1]) if pinned else shutil.which("uv")
    if program is None:
        sys.exit("bench: no uv: `make bench` brings one, or put one on the path")
    done = subprocess.run([program, "--quiet", *map(str, arguments)], env=CLEAN, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: uv {' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def installed(folder: Path) -> Environment | None:
    """Return an environment that was made before, if this Python made it."""
    try:
        said = json.loads((folder / "brought.json").read_text())
        if said.pop("python") != sys.version:
            return None
        return Environment(folder, **said)
    except (OSError, ValueError, TypeError):
        return None


def install(name: str, *requirements: str | Path) -> Environment:
    """Make an environment anew, and note how much came with it."""
    folder = CACHE / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    uv("venv", "--no-project", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    uv("pip", "install", "--compile-bytecode", "--python", python, *requirements)
    distributions = json.loads(uv("pip", "list", "--format", "json", "--python", python))
    sizes = Counter({False: 0, True: 0})
    for file in Environment(folder, 0, 0, 0).packages.rglob("*"):
        if file.is_file():
            sizes[file.suffix == ".pyc"] += file.stat().st_size
    megabytes, bytecode = (round(sizes[compiled] / 1e6, 1) for compiled in (False, True))
    brought = {"distributions": len(distributions), "megabytes": megabytes, "bytecode": bytecode}
    (folder / "brought.json").write_text(json.dumps({"python": sys.version, **brought}))
    return Environment(folder, **brought)


def peers(*, install_missing: bool) -> dict[str, Environment]:
    """Return the peers' environments."""
    found = {}
    for name, requirement in PEERS.items():
        there = installed(CACHE / name.replace(" ", "-"))
        if there is None and install_missing:
            print(f"bench: installing {requirement}", file=sys.stderr)
            there = install(name, requirement)
        if there is not None:
            found[name] = there
    return found


def ours() -> Ours:
    """Return core alone, core with fifty plugins, core with plugins of ours; made anew when a wheel changed."""
    with tempfile.TemporaryDirectory(prefix="fletching-bench-") as folder:
        constraints = ROOT / "constraints.txt"
        for package in ("core", "plugins/eager", "plugins/flyte", "plugins/map"):
            uv("build", "--wheel", "--build-constraints", constraints, "--out-dir", folder, ROOT / package)
        wheels = sorted(Path(folder).glob("*.whl"))
        content = b"".join(wheel.read_bytes() for wheel in wheels)
        digest = hashlib.sha256(content + constraints.read_bytes()).hexdigest()[:12]
        names = [f"{kind} {digest}" for kind in OURS]
        there = [installed(CACHE / name.replace(" ", "-")) for name in names]
        found = [each for each in there if each is not None]
        if len(found) == len(OURS):
            return Ours(*found)
        for kind in OURS:
            for old in CACHE.glob(f"{kind}-*"):
                shutil.rmtree(old)
        (core,) = (wheel for wheel in wheels if wheel.name.startswith("fletching-"))
        made = [install(name, "--constraints", constraints, core) for name in names[:2]]
        made.append(install(names[2], "--constraints", constraints, *wheels))
    add_plugins(made[1].packages)
    return Ours(*made)


def add_plugins(packages: Path) -> None:
    """Put plugins there as an installer would: each brings a task type, and every fifth a command too."""
    for number in range(PLUGINS):
        name = f"bench_plugin_{number}"
        (packages / f"{name}.py").write_text("raise RuntimeError('nobody asked for this plugin')\n")
        info = packages / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bench-plugin-{number}\nVersion: 1.0\n")
        lines = ["[fletching.tasks]", f"kind{number} = {name}:Task"]
        if number % 5 == 0:
            lines += ["[fletching.commands]", f"command{number} = {name}:command"]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
