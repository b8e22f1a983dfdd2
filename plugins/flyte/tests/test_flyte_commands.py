"""The commands: register, launch, fetch, wait, logs, terminate."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from fletching.extend import manager
from fletching_flyte import PlatformConfig
from flyte_server import Call, Fault, FlyteServer

PROGRAM = '''
"""A program."""
import os, time
from fletching import task, workflow

@task
def add(a: int, b: int = 1) -> int:
    """Add.

    Args:
        a: the first number.
    """
    return a + b

@task
def fail(a: int) -> int:
    raise ValueError(f"no {a}")

@workflow
def flow(a: int = 3) -> int:
    return add(a=a)

@workflow
def broken(a: int) -> int:
    return fail(a=a)
'''


@pytest.fixture(autouse=True)
def program(tmp_path: Path, server: FlyteServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in (("URL", server.endpoint), ("INSECURE", "true")):
        monkeypatch.setenv(f"FLYTE_PLATFORM_{name}", value)
    monkeypatch.setenv("FLYTE_PROJECT", "flytesnacks")
    monkeypatch.setenv("FLYTE_DOMAIN", "development")
    monkeypatch.setenv("FLYTE_INTERNAL_IMAGE", "image:1")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "cli_program.py").write_text(PROGRAM)
    monkeypatch.chdir(folder)
    before = list(sys.path)
    yield folder
    sys.path[:] = before
    sys.modules.pop("cli_program", None)


def fletch(command: str, *words: str) -> Result:
    sys.modules.pop("cli_program", None)
    found = manager().load("commands", command)
    assert isinstance(found, click.Command)
    return CliRunner().invoke(found, list(words), prog_name=f"fletch {command}")


def test_registered_and_registered_again(server: FlyteServer) -> None:
    planned = fletch("register", "cli_program.py", "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert not server.calls
    assert "workflow    cli_program.flow\n" in planned.stdout
    assert "  cli_program.py\n" in planned.stdout
    version = planned.stdout.split()[1]
    first, second = fletch("register", "cli_program.py"), fletch("register", "cli_program.py")
    assert first.stdout == f"version {version}: 6 registered\n"
    assert second.stdout == f"version {version}: 0 registered, 6 there already\n"
    assert "cli_program.add  (there already)" in second.stderr
    assert ("cli_program.flow", version) in server.registered["launch_plan"]


def test_what_register_takes(server: FlyteServer, program: Path) -> None:
    (program / "notes.txt").write_text("text")
    done = fletch(
        *(
            "register",
            "cli_program.py",
            "--version",
            "v1",
            "--image",
            "own:2",
            "--image",
            "gpu=other:3",
            "--env",
            "A=B",
        ),
        *("--copy", "all", "-p", "other", "-d", "staging", "--activate-launchplans"),
    )
    assert done.exit_code == 0, done.output
    kept = server.admin.entities["task"]["other", "staging", "cli_program.add", "v1"].closure.compiled_task.template
    assert kept.container.image == "own:2"
    assert [(each.key, each.value) for each in kept.container.env if each.key == "A"] == [("A", "B")]
    plan = server.admin.entities["launch_plan"]["other", "staging", "cli_program.flow", "v1"]
    assert plan.closure.state == 1
    assert fletch("register", "cli_program.py", "--version", "v1", "--image", "own:3").exit_code == 0  # another place


def test_a_registration_that_breaks_off_says_so(server: FlyteServer) -> None:
    with server.faults(lambda call: Fault(code="PERMISSION_DENIED") if call.method == "CreateWorkflow" else None):
        done = fletch("register", "cli_program.py")
    assert "does not allow it" in str(done.exception)
    assert fletch("register", "cli_program.py").exit_code == 0


def test_one_that_is_killed_is_done_again(server: FlyteServer) -> None:
    command = [sys.executable, "-m", "fletching", "register", "cli_program.py", "--version", "v1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:

        def kill(call: Call) -> None:
            if call.method == "CreateWorkflow":
                process.kill()

        with server.faults(kill):
            process.communicate(timeout=120)
    assert process.returncode == -9
    # A workflow is sent when the task that it calls is there; the other task may be on its way.
    assert server.registered["task"]
    assert not server.registered["launch_plan"]
    assert fletch("register", "cli_program.py", "--version", "v1").exit_code == 0
    assert [len(server.registered[kind]) for kind in ("task", "workflow", "launch_plan")] == [2, 2, 2]


def test_launched_from_a_file_and_waited_for() -> None:
    done = fletch("launch", "--wait", "cli_program.py", "flow", "--a", "5")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"o0": 6}
    assert "/console/projects/flytesnacks/domains/development/executions/" in done.stderr
    assert "n0           succeeded" in done.stderr


def test_launched_by_name_waited_for_and_looked_at(server: FlyteServer) -> None:
    fletch("register", "cli_program.py", "--version", "v1")
    launched = fletch("launch", "--name", "mine", "--label", "a=b", "--tag", "t", "cli_program.broken@v1", "--a", "7")
    assert launched.stdout == "mine\n", launched.output
    waited = fletch("wait", "mine")
    assert waited.exit_code == 1
    assert "error: execution 'mine' failed at node 'n0': USER:" in waited.stderr
    assert "ValueError: no 7" in waited.stderr
    logs = fletch("logs", "mine")
    assert logs.stdout.startswith("n0  attempt 1  failed     output: file://")
    assert "n0 failed: USER:" in logs.stderr
    listed = fletch("fetch", "execution", "--list")
    assert listed.stdout.split() == ["mine", "failed", "cli_program.broken"]
    assert dict(server.admin.runs.all["flytesnacks", "development", "mine"].spec.labels.values) == {"a": "b"}


def test_a_task_by_name_has_its_inputs_as_options() -> None:
    fletch("register", "cli_program.py")
    shown = fletch("launch", "cli_program.add", "--help")
    assert "--a INTEGER" in shown.stdout
    missing = fletch("launch", "cli_program.add", "--b", "2")
    assert missing.exit_code == 2
    assert "Missing option '--a'" in missing.stderr
    wrong = fletch("launch", "cli_program.py", "add", "--a", "x")
    assert wrong.exit_code == 2
    assert "expected int, got 'x'" in wrong.stderr
    assert "the first number" in fletch("launch", "cli_program.py", "add", "--help").stdout


def test_stopped(server: FlyteServer) -> None:
    server.admin.runs.held.set()
    fletch("register", "cli_program.py")
    assert fletch("launch", "--name", "mine", "cli_program.flow").exit_code == 0
    late = fletch("wait", "mine", "--timeout", "0")
    assert "is still running after 0 seconds; it goes on" in str(late.exception)
    assert fletch("terminate", "mine", "--cause", "not wanted").stderr == "mine is stopped\n"
    waited = fletch("wait", "mine")
    assert (waited.exit_code, "not wanted" in waited.stderr) == (1, True)
    assert fletch("terminate", "mine").stderr == "mine has aborted already\n"


def test_a_backend_that_is_away_while_one_waits_is_told(server: FlyteServer) -> None:
    server.admin.runs.held.set()  # it has not ended before it is looked at twice
    fletch("register", "cli_program.py")
    assert fletch("launch", "--name", "mine", "cli_program.flow").exit_code == 0
    told = 2 * (PlatformConfig().rpc_retries + 1)  # by the look, and by what shows how it goes

    def away(call: Call) -> Fault | None:
        if call.method != "GetExecution":
            return None
        seen = server.calls["GetExecution"] - before
        if seen > 1 + told:
            server.admin.runs.go.set()
        return Fault(code="UNAVAILABLE") if 1 < seen <= 1 + told else None

    before = server.calls["GetExecution"]
    with server.faults(away):
        waited = fletch("wait", "mine", "--poll", "0.05")
    assert waited.stderr.count("trying again: cannot fetch execution 'mine'") == 1
    assert (waited.exit_code, json.loads(waited.stdout)) == (0, {"o0": 4})


def test_fetched() -> None:
    fletch("register", "cli_program.py", "--version", "v1")
    assert "cli_program.flow@v1" in fletch("fetch", "launch-plan", "cli_program.flow").stdout
    assert "(a: int, b: int) -> (o0: int)" in fletch("fetch", "task", "cli_program.add@v1").stdout
    assert "cli_program.add@v1\n" in fletch("fetch", "task", "--list").stdout
    message = json.loads(fletch("fetch", "workflow", "cli_program.flow", "--json").stdout)
    assert message["id"]["version"] == "v1"
    nothing = fletch("fetch", "task", "cli_program.ad")
    assert "did you mean 'cli_program.add'" in str(nothing.exception)
    assert fletch("fetch", "task").exit_code == 2
    assert "is no name[@version]" in str(fletch("fetch", "task", "a@").exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("register",), "name a file or a folder"),
        (("register", "none.py"), "there is no file 'none.py'"),
        (("register", "cli_program.py", "--env", "A"), "expected NAME=VALUE"),
        (("launch", "--label", "a", "cli_program.py", "flow"), "--label a: expected NAME=VALUE"),
        (("launch", "cli_program.py", "flo"), "did you mean 'flow'"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], message: str) -> None:
    done = fletch(*words)
    assert done.exit_code == 2
    assert message in done.stderr


def test_where_the_backend_is(server: FlyteServer, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FLYTE_PLATFORM_URL", "FLYTE_PLATFORM_INSECURE", "FLYTE_PROJECT", "FLYTE_DOMAIN"):
        monkeypatch.delenv(name)
    (program / "config.yaml").write_text(f"admin:\n  endpoint: dns:///{server.endpoint}\n  insecure: true\n")
    place = ("-p", "flytesnacks", "-d", "development")
    assert fletch("register", "--config", "config.yaml", *place, "cli_program.py").exit_code == 0
    assert fletch("fetch", "task", "--list", "--endpoint", server.endpoint, "--insecure", *place).exit_code == 0
    assert "a project and a domain are needed" in str(
        fletch("fetch", "task", "--list", "--config", "config.yaml").exception
    )
    assert "cannot be read" in str(fletch("fetch", "task", "--list", "--config", "none.yaml").exception)


def test_as_a_program(server: FlyteServer) -> None:
    def run(*words: str) -> Any:
        return subprocess.run([sys.executable, "-m", "fletching", *words], capture_output=True, text=True, check=False)

    assert "there already" not in run("register", "cli_program.py", "--version", "v1").stdout
    server.admin.auth.key = "nobody knows"
    server.tokens = {"a token"}
    done = run("fetch", "task", "cli_program.add")
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot list tasks in project 'flytesnacks'")
    assert "wants to know who asks: no token" in done.stderr
    assert "Traceback" not in done.stderr
