"""The command line of a container: what a template says, in any order, and what makes no sense."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from containers import Container, program
from fletching.container.arguments import EXECUTE, MAP_EXECUTE, UsageError, parse
from repository import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = ["--inputs", "i.pb", "--output-prefix", "out", "--resolver", "a.b"]


def test_options_come_in_any_order() -> None:
    given = parse(
        EXECUTE,
        [
            *("--resolver", "a.b", "--dynamic-dest-dir", "/root", "--dynamic-addl-distro=s3://b/x=y.tar.gz"),
            *("--prev-checkpoint", "old", "--checkpoint-path", "new", "--raw-output-data-prefix", "raw"),
            *("--output-prefix", "out", "--inputs", "i.pb", "--", "--test", "task-name"),
        ],
    )
    assert given is not None
    assert given._asdict() == {
        "inputs": "i.pb",
        "output_prefix": "out",
        "raw_output_data_prefix": "raw",
        "checkpoint_path": "new",
        "prev_checkpoint": "old",
        "resolver": "a.b",
        "dynamic_addl_distro": "s3://b/x=y.tar.gz",
        "dynamic_dest_dir": "/root",
        "words": ("--test", "task-name"),
    }
    # Without -- the first word that is no option begins those of the resolver.
    assert parse(EXECUTE, [*REQUIRED, "task-module", "m"]) == parse(EXECUTE, [*REQUIRED, "--", "task-module", "m"])
    assert parse(EXECUTE, [*REQUIRED, "--", "0"]) == parse(EXECUTE, ["--inputs", "old", *REQUIRED, "0"])


@pytest.mark.parametrize("nothing", ["", '""', "''", "{{.prevCheckpointPrefix}}"])
def test_what_a_platform_writes_for_nothing_is_nothing(nothing: str) -> None:
    given = parse(EXECUTE, ["--prev-checkpoint", nothing, *REQUIRED, "0"])
    assert given is not None
    assert given.prev_checkpoint is None


def test_placeholders_that_were_not_filled_in_are_nothing() -> None:
    given = parse(
        EXECUTE,
        [
            *(
                "--raw-output-data-prefix",
                "{{.rawOutputDataPrefix}}",
                "--checkpoint-path",
                "{{.checkpointOutputPrefix}}",
            ),
            *(*REQUIRED, "--", "{{.taskTemplatePath}}"),
        ],
    )
    assert given is not None
    assert (given.raw_output_data_prefix, given.checkpoint_path) == (None, None)
    assert given.words == ("{{.taskTemplatePath}}",)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--inputs is missing"),
        (["--inputs", "{{.input}}", *REQUIRED[2:], "0"], "--inputs is missing: the platform did not fill it in"),
        (["--inputs", "", *REQUIRED[2:], "0"], "--inputs is missing"),
        (REQUIRED, "the words that say which task are missing"),
        ([*REQUIRED, "--"], "the words that say which task are missing"),
        (["--input", "x", *REQUIRED, "0"], "there is no option '--input'; did you mean '--inputs'?"),
        (["-i", "x", *REQUIRED, "0"], "there is no option '-i'"),
        ([*REQUIRED, "--max-concurrency", "3", "0"], "there is no option '--max-concurrency'"),
        ([*REQUIRED[:-1]], "--resolver takes a value"),
        ([*REQUIRED[:-1], "--", "0"], "--resolver takes a value"),
    ],
)
def test_what_makes_no_sense_is_told(words: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(EXECUTE, words)
    assert told in str(caught.value)


def test_a_map_takes_one_option_more() -> None:
    assert parse(MAP_EXECUTE, [*REQUIRED, "--max-concurrency", "3", "0"]) == parse(MAP_EXECUTE, [*REQUIRED, "0"])
    with pytest.raises(UsageError, match="takes a number, got 'many'"):
        parse(MAP_EXECUTE, [*REQUIRED, "--max-concurrency", "many", "0"])


@pytest.mark.parametrize("name", ["fletch-execute", "fletch-map-execute"])
def test_the_programs_exit_as_programs_do(name: str, tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program(name), *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=tmp_path,
            env=clean_environment(),
        )

    done = run("--nonsense", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{name}: there is no option '--nonsense'")
    assert f"this is {name} of fletching" in done.stderr  # the template may be of a newer version
    assert "Traceback" not in done.stderr
    done = run("--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: {name} --inputs URI")
    done = run(*REQUIRED, "--test", "--", "no.such", "task")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_a_command_of_a_template_runs(tmp_path: Path) -> None:
    container = Container(tmp_path, "from fletching import task\n@task\ndef t(a: int) -> int:\n    return a + 1\n")
    container.give({"a": 1})
    (tmp_path / "write.py").write_text(
        "import sys, code_of_test\nfrom fletching import SerializationSettings\n"
        "settings = SerializationSettings.for_image('i:1', 'v1')\n"
        "print('\\n'.join(code_of_test.t.get_command(settings)))\n"
    )
    from repository import run_python

    template = run_python("write.py", cwd=tmp_path).stdout.splitlines()
    filled = {
        "{{.input}}": str(container.inputs),
        "{{.outputPrefix}}": str(container.outputs),
        "{{.rawOutputDataPrefix}}": str(tmp_path / "raw"),
        "{{.checkpointOutputPrefix}}": str(tmp_path / "cp"),
        "{{.prevCheckpointPrefix}}": "",
    }
    name, *words = [filled.get(word, word) for word in template]
    assert container.finish([program(name), *words]).outputs(o0=int) == {"o0": 2}
