"""The live tree on a real terminal: what the screen shows at the end, whatever was printed meanwhile."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from terminals import Recording, record

FLOW = """
import os
import time
from pathlib import Path

from fletching import approve, task, workflow


@task
def say(x: int) -> int:
    print("say", x)
    os.system(f"echo child {x}")
    print("no end", x, end="")
    return x


@task(retries=1)
def flaky(x: int) -> int:
    mark = Path(f"mark-{x}")
    if not mark.exists():
        mark.touch()
        raise ValueError("not yet")
    return x


@task(cache=True, cache_version="1")
def kept(x: int) -> int:
    return x


@task
def breaks(x: int) -> int:
    raise ValueError("wrong")


@task
def waits(x: int) -> int:
    # Until what is drawn was seen, which the test tells.
    end = time.monotonic() + 120
    while not Path("seen").exists() and time.monotonic() < end:
        time.sleep(0.01)
    return x


@workflow
def inner(x: int) -> int:
    return kept(x=flaky(x=x))


@workflow
def flow(x: int) -> int:
    return kept(x=inner(x=say(x=x)))


@workflow
def broken(x: int) -> int:
    return breaks(x=say(x=x))


@workflow
def wide(x: int) -> list[int]:
    return [waits(x=x) for _ in range(60)]


@workflow
def asking(x: int) -> int:
    return approve(waits(x=say(x=x)), "the rest")


@task
def asks(x: int) -> str:
    answer = input(f"a word for {x}: ")
    print("thanks")
    return answer


@workflow
def saying() -> list[int]:
    return [say(x=at) for at in range(8)]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    return tmp_path


def fletch_run(folder: Path, *words: str, **more: object) -> Recording:
    return record([sys.executable, "-m", "fletching", "run", *words], cwd=folder, **more)  # type: ignore[arg-type]


def without_colors(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text)


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d\d? s", "T", text)


def test_the_summary_stays_with_everything_that_was_printed_above_it(folder: Path) -> None:
    done = fletch_run(folder, "flow.py", "flow", "--x", "3")
    assert done.returncode == 0
    lines = without_times(done.screen.text).splitlines()
    at = lines.index("✓ flow  T")
    assert sorted(lines[:at]) == [
        "child 3",
        "flaky (n1/n0) attempt 1 failed after T, trying again: ValueError: not yet",
        "no end 3",
        "say 3",
    ]
    assert lines[at : at + 6] == [
        "✓ flow  T",
        "  ✓ say (n0)  T",
        "  ✓ inner (n1)  T",
        "    ✓ flaky (n0)  T, 2 attempts",
        "    ✓ kept (n1)  T",
        "  ≡ kept (n2)  cached, T",
    ]
    assert re.fullmatch(r"critical path T, \d+% of T: .*", lines[at + 6])
    assert lines[-1] == "3"
    assert "\x1b[32m" in done.raw


def test_what_failed_is_marked_and_told(folder: Path) -> None:
    done = fletch_run(folder, "flow.py", "broken", "--x", "3")
    assert done.returncode == 1
    lines = without_times(done.screen.text).splitlines()
    assert "  ✗ breaks (n1)  T, ValueError: wrong" in lines
    assert "✗ broken  T, ValueError: wrong" in lines
    assert lines.index("✗ broken  T, ValueError: wrong") < lines.index("ValueError: wrong")
    assert "\x1b[31m" in done.raw


@pytest.mark.parametrize("size", [(80, 24), (40, 6)], ids=["80x24", "40x6"])
def test_a_wide_run_fits_the_terminal_while_it_runs(folder: Path, size: tuple[int, int]) -> None:
    head, more = r"● wide .*, \d+ running, \d+ waiting", r"… and \d+ (running, \d+ )?waiting"

    def heard(process: object, shown: str) -> None:
        # Drawn twice, so that something was drawn over; it may have been drawn before that, of what had begun by then.
        plain = without_colors(shown)
        if len(re.findall(head, plain)) >= 2 and re.search(more, plain):
            (folder / "seen").touch()

    done = fletch_run(folder, "flow.py", "wide", "--x", "1", size=size, heard=heard)
    assert done.returncode == 0
    assert done.screen.most_lost == 0, "drawn higher than the terminal is"
    assert re.search(head, without_colors(done.raw))
    assert re.search(more, without_colors(done.raw))
    # Nothing of what was drawn meanwhile is left.
    assert "●" not in done.screen.text
    assert done.screen.text.count("✓ wide") == 1
    assert "  … and 41 done" in done.screen.text


def test_what_worker_processes_print_is_not_drawn_over(folder: Path) -> None:
    # One at a time: two processes that print at the same moment may well write into each other's lines.
    done = fletch_run(folder, "--executor", "process", "--max-parallel", "1", "flow.py", "saying")
    assert done.returncode == 0
    lines = done.screen.text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("✓ saying"))
    above = "\n".join(lines[:at])
    for number in range(8):
        assert f"say {number}" in above
        assert f"child {number}" in above
        assert f"no end {number}" in above
    assert "●" not in done.screen.text


def test_stdout_that_goes_elsewhere_gets_what_is_its_own_and_nothing_drawn(folder: Path) -> None:
    done = fletch_run(folder, "flow.py", "flow", "--x", "3", stdout_too=False)
    assert "say 3" in done.stdout
    assert "child 3" in done.stdout
    assert done.stdout.endswith("3\n")
    assert "say 3" not in done.screen.text
    assert "✓ flow" in done.screen.text
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("words", "question", "answer", "lines"),
    [
        (["asking", "--x", "3"], "approve the rest int 3? [y/n] ", "y", ["  ✓ the rest (n2) [gate]  T", "3"]),
        (["asks", "--x", "3"], "a word for 3: ", "hello", ["thanks", "✓ asks  T", "hello"]),
    ],
)
def test_a_question_is_seen_and_answered(
    folder: Path, words: list[str], question: str, answer: str, lines: list[str]
) -> None:
    (folder / "seen").touch()
    said = []

    def typed(shown: str) -> str:
        if question not in shown or said:
            return ""
        said.append(answer)
        return f"{answer}\n"

    done = fletch_run(folder, "flow.py", *words, typed=typed)
    assert done.returncode == 0, done.screen.text
    told = without_times(done.screen.text).splitlines()
    assert f"{question}{answer}" in told
    assert set(lines) <= set(told)
    assert "●" not in done.screen.text


def test_a_dumb_terminal_gets_plain_lines(folder: Path) -> None:
    done = fletch_run(folder, "flow.py", "flow", "--x", "3", environment={"TERM": "dumb"})
    assert "\x1b" not in done.raw
    assert "  say (n0) started" in done.screen.text


def test_no_color_takes_the_colors_and_leaves_the_tree(folder: Path) -> None:
    done = fletch_run(folder, "flow.py", "flow", "--x", "3", environment={"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*m", done.raw)
    assert "✓ flow" in done.screen.text


def test_without_unicode_the_symbols_are_plain(folder: Path) -> None:
    done = fletch_run(folder, "flow.py", "flow", "--x", "3", environment={"PYTHONIOENCODING": "ascii"})
    assert "+ flow" in done.screen.text
    assert done.raw.isascii()


def test_the_progress_that_was_asked_for(folder: Path) -> None:
    quiet = fletch_run(folder, "--progress", "none", "flow.py", "flow", "--x", "3")
    assert "flow" not in quiet.screen.text
    lines = fletch_run(folder, "flow.py", "flow", "--x", "3", "--progress", "json", stdout_too=False)
    told = [json.loads(line) for line in lines.raw.splitlines() if line.startswith('{"event"')]
    assert told[0]["event"] == "run"
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", told[0]["run"])
    assert {each["event"] for each in told[1:]} == {"started", "attempt", "finished", "cached"}
    assert [each["path"] for each in told if each["event"] == "started"] == ["", "n0", "n1", "n1/n0", "n1/n1", "n2"]
