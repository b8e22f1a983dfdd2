"""Workflows, launch plans and graphs in worker processes: by name where they have one, as they are where not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from fletching import LaunchPlan, Runner, Workflow, conditional, dynamic, task, workflow

if TYPE_CHECKING:
    from pathlib import Path


class Both(NamedTuple):
    number: int
    text: str


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def text(a: int) -> str:
    return str(a)


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@workflow
def flow(a: int) -> int:
    return conditional("c").if_(add(a=a) > 3).then(add(a=a)).else_().then(add(a=0))


@dynamic
def many(a: int) -> list[int]:
    return [flow(a=at) for at in range(a)]


built = Workflow("travelling")
built.add_workflow_output("o", built.add_entity(add, a=built.add_workflow_input("a", int)).o0)
plan = LaunchPlan.create("travelling-plan", flow, default_inputs={"a": 9})


def test_everything_can_be_called_in_another_process() -> None:
    local = Workflow("local-one")
    local.add_workflow_output("o", local.add_entity(flow, a=local.add_workflow_input("a", int)).o0)

    @workflow
    def inner(a: int) -> Both:
        return Both(add(a=a), text(a=a))

    @task(timeout=60)
    def within_task(a: int) -> list[int]:
        return [flow(a=a), *many(a=a), built(a=a), local(a=a), plan(), inner(a=a).number]

    @dynamic(timeout=60)
    def within_dynamic(a: int) -> list[int]:
        choice = conditional("z").if_(add(a=a) > 1).then(add(a=a)).else_().then(flow(a=a))
        return [flow(a=a), total(xs=many(a=a)), built(a=a), local(a=a), plan(), inner(a=a).number, choice]

    @workflow
    def outer(a: int) -> tuple[list[int], list[int]]:
        return within_task(a=a), within_dynamic(a=a)

    expected = ([4, 1, 1, 1, 4, 4, 10, 4], [4, 3, 4, 4, 10, 4, 4])
    assert outer(a=3) == expected
    assert Runner(executor="process").run(outer, a=3) == expected


@pytest.mark.parametrize("runner", ["import flows", ""])
def test_from_a_module_and_from_a_script(tmp_path: Path, runner: str) -> None:
    (tmp_path / "flows.py").write_text(
        "from fletching import LaunchPlan, Workflow, dynamic, task, workflow\n"
        "@task\n"
        "def add(a: int, b: int = 1) -> int:\n"
        "    return a + b\n"
        "@workflow\n"
        "def flow(a: int) -> int:\n"
        "    return add(a=add(a=a))\n"
        "built = Workflow('built')\n"
        "built.add_workflow_output('o', built.add_entity(flow, a=built.add_workflow_input('a', int)).o0)\n"
        "plan = LaunchPlan.create('plan', built, fixed_inputs={'a': 5})\n"
        "@task(timeout=60)\n"
        "def around(a: int) -> list[int]:\n"
        "    return [flow(a=a), built(a=a), plan()]\n"
        "@dynamic(timeout=60)\n"
        "def loop(a: int) -> list[int]:\n"
        "    return [flow(a=a), built(a=a), plan()]\n"
        "def main():\n"
        "    print(around(a=1), loop(a=1))\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    program = ["-c", f"{runner}; flows.main()"] if runner else ["flows.py"]
    done = subprocess.run(
        [sys.executable, *program], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "[3, 3, 7] [3, 3, 7]\n", done.stderr
