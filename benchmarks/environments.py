"""One environment for each SDK, and one with fifty plugins, kept below ``.tools/bench``."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".tools" / "bench"
HOME = CACHE / "home"
PEERS = {
    "flytekit 1.15.4": "flytekit==1.15.4",
    "flytekit 1.16.31": "flytekit==1.16.31",
    "flyte 2.12.1": "flyte==2.12.1",
}
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

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages"))

    def forget_bytecode(self) -> None:
        for folder in list(self.packages.rglob("__pycache__")):
            shutil.rmtree(folder)


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
    except (OSError, ValueError):
        return None
    if said.pop("python") != sys.version:
        return None
    return Environment(folder, **said)


def install(name: str, *requirements: str | Path) -> Environment:
    """Make an environment anew, and note how much came with it; bytecode counts, as pip writes it too."""
    folder = CACHE / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    uv("venv", "--no-project", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    uv("pip", "install", "--compile-bytecode", "--python", python, *requirements)
    distributions = json.loads(uv("pip", "list", "--format", "json", "--python", python))
    made = Environment(folder, len(distributions), 0)
    size = sum(file.stat().st_size for file in made.packages.rglob("*") if file.is_file()) / 1e6
    brought = {"distributions": len(distributions), "megabytes": round(size, 1)}
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


def core() -> tuple[Environment, Environment]:
    """Return core alone, and core with fifty plugins; made anew when the wheel changed."""
    with tempfile.TemporaryDirectory(prefix="fletching-bench-") as folder:
        constraints = ROOT / "constraints.txt"
        uv("build", "--wheel", "--build-constraints", constraints, "--out-dir", folder, ROOT / "core")
        (wheel,) = Path(folder).glob("*.whl")
        digest = hashlib.sha256(wheel.read_bytes() + constraints.read_bytes()).hexdigest()[:12]
        names = f"fletching {digest}", f"plugins {digest}"
        there = [installed(CACHE / name.replace(" ", "-")) for name in names]
        if there[0] is not None and there[1] is not None:
            return there[0], there[1]
        for old in (*CACHE.glob("fletching-*"), *CACHE.glob("plugins-*")):
            shutil.rmtree(old)
        alone, crowded = (install(name, "--constraints", constraints, wheel) for name in names)
    add_plugins(crowded.packages)
    return alone, crowded


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
