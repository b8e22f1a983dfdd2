"""``fletch run``, as a user types it: real processes, their output, their exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

FLOW = '''"""Little tasks."""
import datetime
import os
import time
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Optional

from fletching import FlyteFile, Secret, current_context, task


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    tags: list[str]


class Pair(NamedTuple):
    point: Point
    color: Color


@task
def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    And print while doing so.

    Args:
        a: the first one
        b: the other
    """
    print("adding")
    os.system("echo from a child")
    return a + b


@task
def everything(
    point: Point,
    xs: list[int],
    color: Color,
    loud: bool = False,
    when: Optional[datetime.datetime] = None,
    wait_for: datetime.timedelta = datetime.timedelta(seconds=3),
    mode: Literal["a", "b"] = "a",
) -> Pair:
    return Pair(Point(point.x + sum(xs), [*point.tags, mode, str(loud), str(wait_for), str(when)]), color)


@task(retries=1)
def fails(a: int) -> int:
    raise ValueError(f"no {a}")


@task(secret_requests=[Secret(group="db", key="password")])
def leaks() -> int:
    raise ValueError("the password is " + current_context().secrets.get("db", "password"))


@task
def size(file: FlyteFile) -> int:
    return len(open(file).read())


@task
async def later(a: int) -> int:
    return a
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "more.py").touch()
    return tmp_path


def fletch(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fletching", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_a_task_runs_and_its_output_is_printed(folder: Path) -> None:
    for source in ("flow.py", "./flow.py", "flow", str(folder / "flow.py")):
        done = fletch(folder, "run", source, "add", "--a", "1")
        assert (done.returncode, done.stdout) == (0, "adding\nfrom a child\n3\n") or done.stdout == (
            "from a child\nadding\n3\n"
        )
        assert done.stderr.splitlines()[0] == "add started"


def test_json_is_all_that_is_on_stdout(folder: Path) -> None:
    for words in (["run", "--json", "flow.py", "add", "--a", "1"], ["run", "flow.py", "add", "--a", "1", "--json"]):
        done = fletch(folder, *words)
        result = json.loads(done.stdout)
        assert result.pop("seconds") >= 0
        assert result == {"task": "flow.add", "status": "succeeded", "outputs": {"o0": 3}}
        assert "adding" in done.stderr
    failed = fletch(folder, "run", "--json", "flow.py", "fails", "--a", "1")
    result = json.loads(failed.stdout)
    assert failed.returncode == 1
    assert result["error"] == {
        "type": "ValueError",
        "message": "no 1",
        "notes": ["in task 'flow.fails', attempt 2 of 2"],
    }


def test_every_kind_of_input(folder: Path) -> None:
    (folder / "point.json").write_text('{"x": 1, "tags": ["t"]}')
    words = "--point @point.json --xs [1,2] --color blue --loud --when 2024-01-02T03:04:05 --wait-for 1h30m --mode b"
    done = fletch(folder, "run", "--json", "flow.py", "everything", *words.split())
    assert json.loads(done.stdout)["outputs"] == {
        "point": {"x": 4, "tags": ["t", "b", "True", "1:30:00", "2024-01-02 03:04:05+00:00"]},
        "color": "blue",
    }
    words = '--point {"x":1,"tags":[]} --xs [] --color red --when none'
    done = fletch(folder, "run", "--json", "flow.py", "everything", *words.split())
    assert json.loads(done.stdout)["outputs"]["point"]["tags"] == ["a", "False", "0:00:03", "None"]
    assert fletch(folder, "run", "flow.py", "size", "--file", "point.json").stdout == "23\n"
    assert fletch(folder, "run", "flow.py", "later", "--a", "7").stdout == "7\n"


def test_help_shows_the_docstring_and_the_inputs(folder: Path) -> None:
    text = fletch(folder, "run", "flow.py", "add", "--help").stdout
    assert text == (
        "Usage: fletch run flow.py add [OPTIONS]\n\n  Add two numbers.\n\n  And print while doing so.\n\nOptions:\n"
        "  --a INTEGER  the first one  [required]\n"
        "  --b INTEGER  the other [default: 2]\n"
        "  --json       Print one JSON object with the outputs or the error, and\n"
        "               nothing else, to stdout.\n"
        "  -h, --help   Show this message and exit.\n\n"
        "  The options of 'fletch run --help', such as --executor and --recover, may\n"
        "  stand here as well.\n"
    )
    listing = fletch(folder, "run", "flow.py")
    assert "Little tasks." in listing.stdout + listing.stderr
    assert "Add two numbers." in listing.stdout + listing.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("flow.py add --a x", "Error: Invalid value for '--a': expected int, got 'x'"),
        ("flow.py add", "Error: Missing option '--a'."),
        ("flow.py ad --a 1", "Error: flow.py has no task or workflow 'ad'; did you mean 'add'?"),
        (
            "flow.py zzz",
            "Error: flow.py has no task or workflow 'zzz'; it has: add, everything, fails, leaks, size, later",
        ),
        ("flo.py add --a 1", "Error: there is no file 'flo.py'; did you mean 'flow.py'?"),
        ("flo add", "Error: there is no module 'flo' and no file of that name; did you mean 'flow.py'?"),
        ("notes.txt add", "Error: 'notes.txt' is not a Python file, and there is no module of that name"),
        ("inner add", "Error: 'inner' is a folder; name a Python file of it, such as 'inner/more.py'"),
        ("inner/ add", "Error: 'inner/' is a folder; name a Python file of it, such as 'inner/more.py'"),
        (
            "flow.py everything --xs @gone.json --color red --point {}",
            "Error: Invalid value for '--xs': cannot read 'gone.json': No such file or directory",
        ),
        ("flow.py size --file nope", "Error: Invalid value for '--file': there is no file or folder 'nope'"),
        (
            'flow.py everything --xs [1,"x"] --color red --point {"x":1,"tags":[]}',
            "Error: Invalid value for '--xs': value[1]: expected int, got str 'x'",
        ),
        (
            "flow.py everything --xs [] --color green --point {}",
            "Error: Invalid value for '--color': expected one of red, blue, got 'green'",
        ),
        (
            "flow.py everything --xs [1 --color red --point {}",
            (
                "Error: Invalid value for '--xs': expected JSON or @file.json: "
                "Expecting ',' delimiter: line 1 column 3 (char 2)"
            ),
        ),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_wrong(folder: Path, words: str, message: str) -> None:
    done = fletch(folder, "run", *words.split())
    assert done.returncode == 2
    assert message in done.stderr.splitlines()
    assert done.stdout == ""


def test_a_file_without_a_task_says_what_makes_one(folder: Path) -> None:
    (folder / "plain.py").write_text("x = 1\n", encoding="utf-8")
    done = fletch(folder, "run", "plain.py")
    assert done.returncode == 2
    assert (
        "Error: plain.py has no task and no workflow; @task or @workflow in front of a function makes it one"
        in done.stderr.splitlines()
    )


def test_a_failing_task_is_exit_code_1_with_the_users_frames_only(folder: Path) -> None:
    done = fletch(folder, "run", "flow.py", "fails", "--a", "1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "fails attempt 1 failed" in done.stderr
    assert done.stderr.splitlines()[-1] == "in task 'flow.fails', attempt 2 of 2"
    assert "ValueError: no 1" in done.stderr
    assert "core/src/fletching" not in done.stderr.replace(str(folder), "")
    assert "StopIteration" not in done.stderr


def test_a_secret_is_in_no_output(folder: Path) -> None:
    for words in (["run", "flow.py", "leaks"], ["run", "--json", "flow.py", "leaks"]):
        done = fletch(folder, *words, _FSEC_DB_PASSWORD="correct-horse-battery")
        assert done.returncode == 1
        assert "the password is" in done.stdout + done.stderr
        assert "correct-horse" not in done.stdout + done.stderr


def test_a_file_that_cannot_be_imported_says_why(folder: Path) -> None:
    (folder / "broken.py").write_text("import nothing_of_that_name\n")
    done = fletch(folder, "run", "broken.py", "x")
    assert done.returncode == 1
    assert "No module named 'nothing_of_that_name'" in done.stderr
    assert done.stderr.splitlines()[-1] == "broken.py cannot be imported"


def test_a_file_named_like_a_module_of_python_takes_nobodys_place(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "json.py").write_text(FLOW)
    done = fletch(folder, "run", "sub/json.py", "add", "--a", "1", "--json")
    assert json.loads(done.stdout)["outputs"] == {"o0": 3}


def test_misspelt_commands_and_the_bare_command(folder: Path) -> None:
    done = fletch(folder, "rn")
    assert done.returncode == 2
    assert "Error: no such command 'rn'; did you mean 'run'?" in done.stderr
    assert fletch(folder, "--version").stdout.startswith("fletch, version ")


def test_on_a_terminal_there_is_a_live_line(folder: Path) -> None:
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fletching", "run", "flow.py", "fails", "--a", "1"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=secondary,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(secondary)
    shown = b""
    while True:
        try:
            data = os.read(primary, 4096)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        shown += data
    process.communicate()
    os.close(primary)
    assert process.returncode == 1
    assert b"\x1b[" in shown
    assert b"attempt 1 failed" in shown


def test_an_input_named_like_anothers_negation_keeps_its_option(folder: Path) -> None:
    (folder / "both.py").write_text(
        "from fletching import task\n@task\ndef f(flag: bool = True, no_flag: bool = True) -> list[bool]:\n"
        "    return [flag, no_flag]\n"
    )
    done = fletch(folder, "run", "both.py", "f", "--flag", "false", "--no-flag", "--json")
    assert json.loads(done.stdout)["outputs"] == {"o0": [False, True]}
