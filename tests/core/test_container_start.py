"""How a container starts: quickly, told as what it does not load, and whatever the code does to its process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from containers import Container

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    *("asyncio", "click", "cloudpickle", "dataclasses", "email", "fletching.cli", "fletching.graph", "fletching.idl"),
    *("fletching.run", "importlib.metadata", "importlib_metadata", "inspect", "logging", "msgpack", "multiprocessing"),
    *("packaging", "pathlib", "pluggy", "pydantic", "rich", "socket", "sqlite3", "subprocess", "tempfile", "traceback"),
}
"""What the first line of the user's code must not wait for."""

CODE = """
import sys

from fletching import task

@task
def loaded() -> str:
    return ",".join(sorted(sys.modules))

@task
def goes_elsewhere() -> int:
    import os
    os.chdir("/")
    return 1

@task
def closes_streams(a: int):
    import os
    sys.stderr.close()
    sys.stdout = None
    os.close(2)
    raise ValueError("still told")
"""


def test_the_first_line_waits_for_nothing_it_does_not_need(tmp_path: Path) -> None:
    container = Container(tmp_path, CODE)
    modules = container.run("loaded", FLETCHING_HOME=str(tmp_path / "home")).outputs(o0=str)["o0"].split(",")
    assert "google.protobuf.message" in modules
    assert not {name for name in modules if any(name == one or name.startswith(one + ".") for one in HEAVY)}


def test_the_result_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    container = Container(tmp_path, CODE)
    relative = ("--inputs", "in/inputs.pb", "--output-prefix", "outputs", "--raw-output-data-prefix", "raw")
    assert container.run("goes_elsewhere", *relative).outputs(o0=int) == {"o0": 1}
    container.give({"a": 1})
    assert "ValueError: still told" in container.run("closes_streams").error.message
