"""``fletch run`` with odd names, odd values and tasks that end in odd ways."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
import math
import sys
from typing import Iterator, Optional, Union
from fletching import task


@task
def names(help: int, h: str = "x", json: int = 1, ctx: int = 2, self: int = 3, as_json: int = 4, args: int = 5) -> str:
    return f"{help} {h} {json} {ctx} {self} {as_json} {args}"


@task
def letters(größe: int) -> int:
    return größe


@task
def defaults(
    a: Union[int, str] = "5", b: Optional[str] = "none", c: str = "@no", d: bytes = b"@no", e: bool = True
) -> str:
    return repr((a, b, c, d, e))


@task
def leaves(code: int) -> None:
    sys.exit(code)


@task
def interrupted() -> int:
    raise KeyboardInterrupt


@task
def floats() -> list[float]:
    return [math.nan, math.inf, -math.inf, 1.5]


@task
def doubled(items: Iterator[int]) -> Iterator[int]:
    return iter([2 * each for each in items])


@task
def closes() -> int:
    sys.stdout.close()
    return 1


class NoText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@task
def wordless() -> int:
    raise NoText
"""


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("odd") / "odd.py"
    file.write_text(FLOW, encoding="utf-8")
    return file


def fletch(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fletching", "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL)


def output(*arguments: object) -> str:
    done = fletch(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def as_json(*arguments: object) -> tuple[int, Any]:
    done = fletch("--json", *arguments)

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return done.returncode, json.loads(done.stdout, parse_constant=refuse)


def test_inputs_may_be_named_like_our_own_options_and_variables(flow: Path) -> None:
    assert output(flow, "names", "--help", 9) == "9 x 1 2 3 4 5"
    assert output(flow, "names", "--help", 9, "--json", 8, "--h", "y") == "9 y 8 2 3 4 5"
    assert output(flow, "letters", "--größe", 7) == "7"


def test_a_default_is_the_value_that_stands_in_the_signature(flow: Path) -> None:
    assert output(flow, "defaults") == repr(("5", "none", "@no", b"@no", True))
    assert output(flow, "defaults", "--a", 5, "--b", "none", "--no-e") == repr((5, None, "@no", b"@no", False))


@pytest.mark.parametrize("code", [0, 2, 5])
def test_a_task_that_leaves_has_failed_whatever_its_status(flow: Path, code: int) -> None:
    status, told = as_json(flow, "leaves", "--code", code)
    assert (status, told["status"], told["error"]["type"]) == (1, "failed", "SystemExit")
    assert fletch(flow, "leaves", "--code", code).returncode == 1


def test_an_interrupt_and_an_error_without_text_are_told_as_json(flow: Path) -> None:
    status, told = as_json(flow, "interrupted")
    assert (status, told["error"]["type"]) == (1, "KeyboardInterrupt")
    status, told = as_json(flow, "wordless")
    assert (status, told["error"]["message"]) == (1, "<str failed: RuntimeError>")
    done = fletch(flow, "wordless")
    assert done.returncode == 1
    assert "wordless failed after" in done.stderr


def test_json_is_json_whatever_the_floats_are_and_whoever_closes_stdout(flow: Path) -> None:
    assert as_json(flow, "floats")[1]["outputs"]["o0"] == ["NaN", "Infinity", "-Infinity", 1.5]
    assert as_json(flow, "closes")[1]["outputs"] == {"o0": 1}


def test_iterators_are_given_and_shown_as_lists(flow: Path) -> None:
    assert as_json(flow, "doubled", "--items", "[1, 2]")[1]["outputs"]["o0"] == [2, 4]


def test_a_file_that_leaves_while_it_is_imported_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "leaver.py").write_text("import sys\nsys.exit(0)\n")
    done = fletch(tmp_path / "leaver.py", "anything")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("leaver.py cannot be imported: it calls sys.exit(0)")


@pytest.mark.parametrize("name", ["", ".", "a b", "..x"])
def test_what_can_be_no_module_is_a_usage_error(name: str) -> None:
    done = fletch(name, "anything")
    assert done.returncode == 2
    assert f"Error: {name!r} is neither a file ending in .py nor the name of a module" in done.stderr


def test_a_reader_that_goes_away_is_no_error_worth_a_traceback(flow: Path) -> None:
    command = f"{sys.executable} -m fletching run {flow} floats | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
