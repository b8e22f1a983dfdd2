"""A packaged project: the same files, of the same names and in the same order, as ``pyflyte package`` makes."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import programs
from wire_comparison import MESSAGES, comparable

if TYPE_CHECKING:
    from flytekits import Flytekit

MODULES = ["dynamic_plain", "gates", "if_elif", "map_plain", "plan_inputs", "plan_schedules", "wf_nested", "wf_outputs"]
PACKAGE = """
from sdk import ContainerTask, LaunchPlan, dynamic, kwtypes, map_task, task, workflow

@task
def item(a: int) -> int:
    return a

@dynamic
def several(a: int) -> int:
    return item(a=a)

listed = ContainerTask("listed", image="example.com/image:v1", command=["true"], inputs=kwtypes(a=int))

@workflow
def flow(many: list[int], a: int) -> int:
    map_task(item)(a=many)
    listed(a=a)
    return several(a=a)

plan = LaunchPlan.get_or_create(flow, name="plan", default_inputs={"a": 1})
"""
KINDS = {"1": "task", "2": "workflow", "3": "launch_plan"}


def project(folder: Path, sdk: str) -> Path:
    """Write a package of some programs that say which SDK they use, and return its folder."""
    package = folder / sdk / "made"
    package.mkdir(parents=True)
    texts = {name: (programs.FOLDER / f"{name}.py").read_text() for name in MODULES}
    for name, text in {"__init__": PACKAGE, **texts}.items():
        (package / f"{name}.py").write_text(text.replace("from sdk import", f"from {sdk} import"))
    return package.parent


def packaged(archive: Path) -> dict[str, bytes]:
    """Return what an archive holds, by name in the order of names."""
    with tarfile.open(archive) as opened:
        files = {member.name: opened.extractfile(member) for member in opened.getmembers() if member.isfile()}
        return {name: file.read() for name, file in sorted(files.items()) if file is not None}


def named(archive: dict[str, bytes]) -> dict[str, bytes]:
    """Return the protobufs by name without the number; flytekit writes a map again for each workflow that calls it."""
    found: dict[str, bytes] = {}
    for name, data in archive.items():
        if name.endswith(".pb"):
            found.setdefault(name.partition("_")[2], data)
    return found


def test_a_project_becomes_the_same_files(flytekit: Flytekit, tmp_path: Path) -> None:
    more = ["--image", "example.com/image:v1", "--fast"]
    theirs, ours = tmp_path / "theirs.tgz", tmp_path / "ours.tgz"
    subprocess.run(
        [flytekit.program("pyflyte"), "--pkgs", "made", "package", *more, "--output", theirs],
        cwd=project(tmp_path, "flytekit"),
        env=flytekit.environment,
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [sys.executable, "-m", "fletching", "package", *more, "--module", "made", "--output", ours],
        cwd=project(tmp_path, "fletching"),
        env={**os.environ, "FLETCHING_HOME": str(tmp_path / "home")},
        check=True,
        capture_output=True,
    )
    both = packaged(ours), packaged(theirs)
    written = [named(each) for each in both]
    assert list(written[0]) == list(written[1])
    assert [int(name.partition("_")[0]) for name in both[0] if name.endswith(".pb")] == list(range(len(written[0])))
    assert len(written[0]) > 50
    for name, data in written[0].items():
        kind = MESSAGES[KINDS[name.removesuffix(".pb")[-1]]]
        sides = [str(comparable(kind.FromString(each), flytekit.version)) for each in (data, written[1][name])]
        # Where the project lies on this machine is nobody's business in a container, and other bytes on each machine.
        sides[1] = sides[1].replace(rf"\"{tmp_path / 'flytekit'}\"", "null")
        assert sides[0] == sides[1], name
    # The code beside them: one archive each, named by a digest of what is in it.
    assert [sum(not name.endswith(".pb") for name in each) for each in both] == [1, 1]
