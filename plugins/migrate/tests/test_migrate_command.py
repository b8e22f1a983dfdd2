"""``fletch migrate`` as a person and a pipeline use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fletching.testing import PluginConformance
from fletching_migrate.command import command


class TestPackage(PluginConformance):
    """What every plugin has."""

    distribution = "fletching-migrate"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.py").write_text("from flytekit import task, map_task\n\n\n@task\ndef f() -> int:\n    return 1\n")
    (tmp_path / "other.py").write_text("print('nothing')\n")
    return tmp_path


def fletch_migrate(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_without_an_option_nothing_is_written(project: Path) -> None:
    before = (project / "flow.py").read_text()
    done = fletch_migrate(".")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "flow.py: 1 added, 1 removed",
        "2 files looked at, 1 to rewrite, 0 to do by hand",
        "they need: pip install 'fletching[map]'",
        "--diff shows the changes, --write makes them",
    ]
    assert (project / "flow.py").read_text() == before


def test_a_diff_can_be_applied(project: Path) -> None:
    done = fletch_migrate(".", "--diff")
    assert done.exit_code == 0
    subprocess.run(["patch", "-p0"], input=done.stdout, text=True, check=True, capture_output=True)
    assert (project / "flow.py").read_text().startswith("from fletching import task, map_task\n")
    assert "1 to rewrite" in done.stderr


def test_it_is_written_once(project: Path) -> None:
    assert fletch_migrate("flow.py", "--write").exit_code == 0
    first = (project / "flow.py").read_bytes()
    again = fletch_migrate("flow.py", "--write")
    assert (project / "flow.py").read_bytes() == first
    assert "0 rewritten" in again.output


def test_what_needs_a_hand_has_place_and_name(project: Path) -> None:
    (project / "flow.py").write_text("import os\nfrom flytekit import task, logger\n")
    (project / "requirements.txt").write_text("pandas\nflytekit>=1.16\n")
    done = fletch_migrate(".", "--write")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0] == "flow.py:2: flytekit.logger: use logging.getLogger(__name__)"
    assert lines[1] == "requirements.txt:2: flytekit: require fletching"
    # What could be done was done.
    assert (project / "flow.py").read_text() == ("import os\nfrom flytekit import logger\nfrom fletching import task\n")


def test_check_fails_if_something_would_change(project: Path) -> None:
    assert fletch_migrate(".", "--check").exit_code == 1
    assert fletch_migrate("other.py", "--check").exit_code == 0
    assert "flytekit" in (project / "flow.py").read_text()
    fletch_migrate(".", "--write")
    assert fletch_migrate(".", "--check").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [[], ["nowhere"], [".", "--write", "--check"], [".", "--write", "--diff"], [".", "--wrte"]]
)
def test_wrong_usage(project: Path, arguments: list[str]) -> None:
    done = fletch_migrate(*arguments)
    assert done.exit_code == 2
    assert (project / "flow.py").read_text().startswith("from flytekit")


def test_a_write_that_fails_is_told_and_the_others_go_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "also.py").write_text("import flytekit\n")
    import os

    real = os.replace

    def sometimes(source: str, target: Path) -> None:
        if Path(target).name == "also.py":
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", sometimes)
    done = fletch_migrate(".", "--write")
    assert done.exit_code == 1
    assert "also.py: cannot be written: No space left on device" in done.stderr
    assert (project / "flow.py").read_text().startswith("from fletching")


def test_a_syntax_error_is_told_with_its_line(project: Path) -> None:
    (project / "flow.py").write_text("import flytekit\nx = = 1\n")
    done = fletch_migrate(".", "--write")
    assert done.exit_code == 1
    assert done.output.startswith("flow.py:2: this file: not a program for this Python: invalid syntax")
    assert (project / "flow.py").read_text() == "import flytekit\nx = = 1\n"


def test_one_file_is_looked_at_once(project: Path) -> None:
    assert "1 file looked at" in fletch_migrate("flow.py", "./flow.py", str(project / "flow.py")).output


def test_fletch_knows_the_command(project: Path) -> None:
    ran = [sys.executable, "-m", "fletching", "migrate", "flow.py", "--write"]
    done = subprocess.run(ran, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (project / "flow.py").read_text().startswith("from fletching")
