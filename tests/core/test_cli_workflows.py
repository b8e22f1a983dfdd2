"""``fletch run`` with workflows and launch plans: its options, its record, going on from a run that ended early."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FLOW = '''"""Flows."""
import os
import time
from pathlib import Path

from fletching import LaunchPlan, task, workflow


def count(name: str) -> None:
    with open("calls", "a") as file:
        file.write(name + chr(10))


@task
def load(n: int) -> int:
    """Load rows."""
    count("load")
    print("loading", n)
    return n


@task
def check(x: int) -> int:
    count("check")
    if Path("broken").exists():
        raise ValueError("it is broken")
    return x + 1


@task
def where(x: int) -> str:
    return f"{os.getpid() != int(os.environ['DRIVER'])}"


@task
def takes(name: str, tag: list[str], cache: bool = False, dry_run: int = 1, json: str = "j") -> str:
    return f"{name} {tag} {cache} {dry_run} {json}"


@task
def slow(x: int, at: int) -> int:
    count(f"slow {at}")
    print("begun", at, flush=True)
    end = time.monotonic() + 600
    while not Path("go").exists() and time.monotonic() < end:
        time.sleep(0.01)
    return x


@task(cache=True, cache_version="1")
def kept(x: int) -> int:
    count("kept")
    return x


@workflow
def flow(n: int, m: int = 2) -> int:
    """Load and check.

    Args:
        n: how many
    """
    return check(x=load(n=n))


@workflow
def waiting(n: int) -> list[int]:
    first = load(n=n)
    return [slow(x=first, at=at) for at in range(2)] + [check(x=slow(x=first, at=2))][:0]


@workflow
def steps(n: int) -> int:
    return check(x=slow(x=load(n=n), at=0))


nightly = LaunchPlan("nightly", flow, fixed_inputs={"m": 3})
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    return tmp_path


def fletch(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fletching", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
    )


def runs(folder: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(fletch(folder, "runs", "--json").stdout)
    return told


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text(encoding="utf-8").split("\n")[:-1]


def test_workflows_and_launch_plans_run_as_tasks_do(folder: Path) -> None:
    done = fletch(folder, "run", "flow.py", "flow", "--n", "3")
    assert (done.returncode, done.stdout) == (0, "loading 3\n4\n")
    plan = fletch(folder, "run", "--json", "flow.py", "nightly", "--n", "5")
    assert json.loads(plan.stdout)["outputs"] == {"o0": 6}
    fixed = fletch(folder, "run", "flow.py", "nightly", "--n", "5", "--m", "4")
    assert fixed.returncode == 2
    assert "No such option" in fixed.stderr
    assert [(run["entity"], run["status"], run["source"], run["variable"]) for run in runs(folder)] == [
        ("nightly", "succeeded", "flow.py", "nightly"),
        ("flow.flow", "succeeded", "flow.py", "flow"),
    ]


def test_the_list_of_a_file_tells_what_is_a_workflow(folder: Path) -> None:
    text = fletch(folder, "run", "flow.py", "--help").stdout
    assert text.startswith("Usage: fletch run flow.py [OPTIONS] NAME [--input VALUE]...\n\n  Flows.\n")
    assert "Workflows:\n  flow     Load and check.\n  waiting\n  steps\n" in text
    assert "Launch plans:\n  nightly  Load and check.\n" in text
    assert "Tasks:\n  load   Load rows.\n" in text


def test_help_names_every_option_once(folder: Path) -> None:
    text = fletch(folder, "run", "--help").stdout
    options = (
        "--executor --max-parallel --lenient --cache --no-cache --refresh --name --tag --recover --force --dry-run"
    )
    for option in f"{options} --progress --record --json".split():
        assert len(re.findall(rf"^  {option}\b", text, re.MULTILINE)) == 1, option
    inputs = fletch(folder, "run", "flow.py", "flow", "--help").stdout
    assert "--n INTEGER  how many  [required]" in inputs
    assert "--executor and --recover" in inputs
    assert max(map(len, (text + inputs).splitlines())) <= 80


def test_options_stand_before_the_file_or_after_the_name(folder: Path) -> None:
    for words in (
        ["--executor", "process", "--max-parallel", "1", "flow.py", "where", "--x", "1"],
        ["flow.py", "where", "--x", "1", "--executor", "process", "--max-parallel", "1"],
        ["--executor", "thread", "flow.py", "where", "--executor=process", "--x", "1"],
    ):
        # The driver's own number: a shell that becomes it.
        command = " ".join(["DRIVER=$$ exec", sys.executable, "-m fletching run", *words])
        done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True)
        assert done.stdout == "True\n", done.stderr
    assert runs(folder)[0]["options"] == {"executor": "process"}
    assert runs(folder)[1]["options"] == {"executor": "process", "max_parallel": 1}


def test_an_input_called_like_an_option_wins_after_the_name(folder: Path) -> None:
    words = ["flow.py", "takes", "--name", "me", "--tag", '["a"]', "--cache", "--dry-run", "7", "--json", "x"]
    done = fletch(folder, "run", "--name", "mine", "--tag", "t", "--tag", "u", *words)
    assert done.stdout == "me ['a'] True 7 x\n"
    (run,) = runs(folder)
    assert (run["name"], run["tags"]) == ("mine", ["t", "u"])


def test_the_cache_as_it_was_asked_for(folder: Path) -> None:
    for words in (["flow.py", "kept"], ["--cache", "flow.py", "kept"], ["flow.py", "kept", "--no-cache"]):
        assert fletch(folder, "run", *words, "--x", "1").stdout == "1\n"
    assert calls(folder) == ["kept"] * 2
    assert fletch(folder, "run", "--refresh", "flow.py", "kept", "--x", "1").stdout == "1\n"
    assert calls(folder) == ["kept"] * 3
    assert fletch(folder, "run", "--cache", "flow.py", "kept", "--x", "1", FLETCHING_CACHE="off").stdout == "1\n"
    assert calls(folder) == ["kept"] * 3
    assert "give one of them" in fletch(folder, "run", "--refresh", "--no-cache", "flow.py", "kept").stderr


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("--dry-run flow.py flow", "flow.flow(n, m)\n  n0  load(n=n)\n  n1  check(x=n0.o0)\n  -> o0=n1.o0\n"),
        ("flow.py nightly --dry-run=text", "flow.flow(n, m)\n  n0  load(n=n)\n"),
        ("flow.py load --dry-run", "flow.load(n)\n  n0  load(n=n)\n  -> o0=n0.o0\n"),
        ("--dry-run mermaid flow.py flow", '---\ntitle: "flow.flow"\n---\nflowchart TD\n'),
        ("flow.py flow --n 3 --dry-run dot", 'digraph "flow.flow" {\n'),
    ],
)
def test_a_dry_run_prints_the_graph_and_runs_nothing(folder: Path, words: str, begins: str) -> None:
    done = fletch(folder, "run", *words.split())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(begins)
    assert not (folder / "calls").exists()
    assert runs(folder) == []


# Going on


def test_a_failed_run_tells_the_command_that_goes_on_and_that_does(folder: Path) -> None:
    (folder / "broken").touch()
    failed = fletch(folder, "run", "flow.py", "flow", "--n", "3")
    assert failed.returncode == 1
    told = failed.stderr.splitlines()[-1]
    match = re.fullmatch(r"to go on from what finished: (fletch run --recover (\S+) flow\.py flow)", told)
    assert match is not None, told
    assert runs(folder)[0]["id"] == match[2]
    (folder / "broken").unlink()
    done = fletch(folder, *match[1].split()[1:])
    assert (done.returncode, done.stdout) == (0, "4\n")
    assert calls(folder) == ["load", "check", "check"]
    assert "load (n0) taken from the earlier run" in done.stderr


@pytest.mark.parametrize("words", ["--recover flow.py flow", "flow.py flow --recover", "--recover last flow flow"])
def test_the_last_run_is_the_one_to_go_on_from(folder: Path, words: str) -> None:
    (folder / "broken").touch()
    fletch(folder, "run", "flow.py", "flow", "--n", "3")
    (folder / "broken").unlink()
    assert fletch(folder, "run", *words.split()).stdout == "4\n"
    assert calls(folder) == ["load", "check", "check"]


def test_a_run_is_found_by_its_name_and_its_inputs_can_be_others(folder: Path) -> None:
    (folder / "broken").touch()
    fletch(folder, "run", "--name", "sunday", "flow.py", "flow", "--n", "3")
    (folder / "broken").unlink()
    assert fletch(folder, "run", "--recover", "sunday", "flow.py", "flow", "--n", "8").stdout == "loading 8\n9\n"
    assert calls(folder) == ["load", "check", "load", "check"]


def test_changed_code_is_told_and_can_be_forced(folder: Path) -> None:
    (folder / "broken").touch()
    fletch(folder, "run", "flow.py", "flow", "--n", "3")
    (folder / "broken").unlink()
    text = (folder / "flow.py").read_text(encoding="utf-8")
    (folder / "flow.py").write_text(text.replace("    return n\n", "    return 10 * n\n"), encoding="utf-8")
    refused = fletch(folder, "run", "--recover", "flow.py", "flow")
    assert refused.returncode == 2
    assert "task 'flow.load' (node n0): its code changed" in refused.stderr
    assert "--force" in refused.stderr
    assert fletch(folder, "run", "--recover", "--force", "flow.py", "flow").stdout == "loading 3\n31\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--executor thred flow.py flow --n 1", "did you mean 'thread'?"),
        ("--max-parallel 0 flow.py flow --n 1", "Invalid value for '--max-parallel': 0 is not in the range x>=1."),
        ("flow.py flow --n 1 --progress loud", "'loud' is not one of 'tree', 'plain', 'json', 'none'."),
        ("--dry-run=pdf flow.py flow", "'pdf' is not one of 'text', 'mermaid', 'dot'."),
        ("--recover flow.py flow", "there is no run of 'flow.flow' to recover"),
        ("--recover=nothing flow.py flow", "there is no run 'nothing'"),
        ("--force flow.py flow --n 1", "give --recover as well"),
        ("--no-record --name x flow.py flow --n 1", "--name is about the record of runs"),
        ("flow.py flow", "Missing option '--n'."),
    ],
)
def test_wrong_usage_of_a_workflow(folder: Path, words: str, message: str) -> None:
    done = fletch(folder, "run", *words.split())
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "calls").exists()


def test_a_run_of_something_else_is_not_gone_on_from(folder: Path) -> None:
    fletch(folder, "run", "flow.py", "load", "--n", "3")
    done = fletch(folder, "run", "--recover", "last", "flow.py", "flow")
    assert done.returncode == 2
    assert re.search(r"run '\S+' was one of 'flow\.load', not of 'flow\.flow'", done.stderr)


def test_a_lone_task_that_failed_has_nothing_to_go_on_from(folder: Path) -> None:
    (folder / "broken").touch()
    done = fletch(folder, "run", "flow.py", "check", "--x", "3")
    assert done.returncode == 1
    assert "--recover" not in done.stderr


def test_without_a_record_nothing_is_kept_and_nothing_is_promised(folder: Path) -> None:
    (folder / "broken").touch()
    done = fletch(folder, "run", "--no-record", "flow.py", "flow", "--n", "3")
    assert done.returncode == 1
    assert "--recover" not in done.stderr
    assert runs(folder) == []


def test_a_store_that_cannot_be_opened_is_a_warning_and_an_error_where_it_is_needed(folder: Path) -> None:
    home = folder / "home"
    (home / "data" / "runs").mkdir(parents=True)
    (home / "data" / "runs" / "runs.db").write_bytes(b"this is no database" * 1000)
    done = fletch(folder, "run", "flow.py", "flow", "--n", "3", FLETCHING_HOME=str(home))
    assert (done.returncode, done.stdout) == (0, "loading 3\n4\n")
    assert done.stderr.startswith("warning: ")
    assert "Traceback" not in done.stderr
    for words in (["--name", "x"], ["--tag", "x"], ["--recover=last"]):
        done = fletch(folder, "run", *words, "flow.py", "flow", "--n", "3", FLETCHING_HOME=str(home))
        assert done.returncode == 2, words
        assert words[0].partition("=")[0] in done.stderr.splitlines()[-1]
        assert done.stdout == ""


# What is printed, run again, and interrupted


def test_what_tasks_print_is_kept_for_the_logs(folder: Path) -> None:
    for executor in ("inline", "thread", "process"):
        done = fletch(folder, "run", "--executor", executor, "flow.py", "flow", "--n", "3")
        assert "loading 3\n" in done.stdout
        assert fletch(folder, "runs", "logs", "last", "n0").stdout == "loading 3\n", executor


def test_a_run_is_run_again_as_it_was(folder: Path) -> None:
    fletch(folder, "run", "--max-parallel", "3", "flow.py", "flow", "--n", "5")
    done = fletch(folder, "runs", "rerun", "last")
    assert (done.returncode, done.stdout) == (0, "loading 5\n6\n")
    assert [run["options"] for run in runs(folder)] == [{"max_parallel": 3}] * 2
    text = (folder / "flow.py").read_text(encoding="utf-8")
    (folder / "flow.py").write_text(text.replace("flow(n: int,", "flow(n: str,").replace("load(n=n)", "load(n=1)"))
    changed = fletch(folder, "runs", "rerun", "last")
    assert changed.returncode == 2
    assert "the recorded inputs do not fit any more" in changed.stderr


def begun(folder: Path, *words: str, lines: int) -> subprocess.Popen[str]:
    """Start a run and wait until so many of its tasks have begun."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fletching", "run", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        lines -= line.startswith("begun")
        if not lines:
            break
    return process


def test_ctrl_c_lets_what_runs_end_and_tells_how_to_go_on(folder: Path) -> None:
    process = begun(folder, "flow.py", "steps", "--n", "3", lines=1)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    before = ""
    for line in process.stderr:
        before += line
        if "again stops it at once" in line:
            break
    (folder / "go").touch()
    after = process.communicate()[1]
    assert process.returncode == 130, before + after
    match = re.fullmatch(r"interrupted; to go on: (fletch run --recover (\S+) flow\.py steps)", after.splitlines()[-1])
    assert match is not None, after
    assert "Traceback" not in before + after
    assert runs(folder)[0]["status"] == "cancelled"
    done = fletch(folder, *match[1].split()[1:])
    assert (done.returncode, done.stdout) == (0, "4\n")
    # What ran when it was interrupted came to its end and was kept.
    assert calls(folder) == ["load", "slow 0", "check"]


def test_a_second_ctrl_c_ends_it_at_once(folder: Path) -> None:
    process = begun(folder, "--max-parallel", "2", "flow.py", "waiting", "--n", "3", lines=2)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    for line in process.stderr:
        if "again stops it at once" in line:
            break
    process.send_signal(signal.SIGINT)
    after = process.communicate()[1]
    assert process.returncode == 130, after
    assert "interrupted; to go on: fletch run --max-parallel 2 --recover " in after
    assert "Traceback" not in after
    assert runs(folder)[0]["status"] == "cancelled"


@pytest.mark.parametrize("closed", ["2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_hurt_nobody(folder: Path, closed: str) -> None:
    command = f"{sys.executable} -m fletching run flow.py flow --n 3 {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert calls(folder) == ["load", "check"]
    assert runs(folder)[0]["status"] == "succeeded"
    # Whatever was printed did not go into the store.
    assert fletch(folder, "runs", "logs", "last", "n0").stdout == "loading 3\n"
