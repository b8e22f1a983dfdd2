"""The demo, as its users run it: over all flights, over a file of their own, and a second time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def demo(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.flights", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "FLETCHING_HOME": str(home), "COLUMNS": "120"},
    )


def fletch(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fletching", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "FLETCHING_HOME": str(home), "COLUMNS": "120"},
    )


def test_the_demo_answers_from_336_776_flights_and_is_cached_the_second_time(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert first.returncode == 0, first.stderr
    # Facts about the data, computed with other tools.
    assert "EV      │  51,356 │    1,164,581 │       22.7" in first.stdout
    assert "19   │   5,195 │      201,804 │       38.8" in first.stdout
    assert "UA: typically 4 minutes late; 30% of 3,193 flights like it left over 15 minutes late" in first.stdout
    assert "month by month  ▅▄▆▆▆██▆▄▄▃▆" in first.stdout
    assert "from the cache" not in first.stderr
    second = demo(tmp_path, "--flight", "DL,JFK,7")
    assert second.stderr.count("taken from the cache") == 2
    assert "From JFK at 7:00" in second.stdout
    runs = fletch(tmp_path, "runs", "--name", "flights").stdout
    assert runs.count("succeeded") == 2
    shown = fletch(tmp_path, "runs", "show", "flights").stdout
    assert "n10/dn0" in shown


def test_the_demo_takes_a_file_of_the_users(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    lines = [
        "month,hour,carrier,origin,dep_delay",
        *(f"7,8,XX,AAA,{minutes}" for minutes in [30.0] * 1000),
        "7,8,XX,AAA,NA",
    ]
    own.write_text("\n".join(lines) + "\n")
    done = demo(tmp_path, "--flights", str(own), "--flight", "XX,AAA,8")
    assert done.returncode == 0, done.stderr
    assert "XX      │   1,000 │       30,000 │       30.0" in done.stdout
    assert "XX: typically 30 minutes late; 100% of 1,000 flights like it" in done.stdout
