"""fletch-fast-execute: code from a bundle, and then the program itself, with its signals and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import LiteralMap

from containers import DEFAULT_RESOLVER, program
from fletching.container.fast import run_fast
from fletching.extend import from_literal_map, pack_code, to_literal_map
from repository import clean_environment

ECHO = "import json, os, sys; print(json.dumps([sys.argv[1:], os.environ['PYTHONPATH'], os.getcwd(), os.getpid()]))"
FLOW = """
from fletching import task

@task
def add(a: int, b: int) -> int:
    from helpers.lazy import plus
    return plus(a, b)
"""


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    root = tmp_path / "project"
    (root / "helpers").mkdir(parents=True)
    (root / "flow_in_bundle.py").write_text(FLOW)
    (root / "helpers" / "lazy.py").write_text("def plus(a, b):\n    return a + b\n")
    return pack_code(root, copy="all", folder=tmp_path / "bundles").path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder that the container works in."""
    made = tmp_path / "container"
    made.mkdir()
    return made


def fast(place: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("fletch-fast-execute"), *words],
        cwd=place,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def said(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def error_in(folder: Path) -> Any:
    return ErrorDocument.FromString((folder / "error.pb").read_bytes()).error


def test_a_task_runs_with_code_that_the_image_does_not_have(bundle: str, place: Path) -> None:
    (place / "inputs.pb").write_bytes(to_literal_map({"a": int, "b": int}, {"a": 2, "b": 3}).SerializeToString())
    words = ["fletch-execute", "--inputs", "inputs.pb", "--output-prefix", "out", "--raw-output-data-prefix", "raw"]
    words += ["--resolver", DEFAULT_RESOLVER, "--", "task-module", "flow_in_bundle", "task-name", "add"]
    done = fast(place, "--additional-distribution", bundle, "--dest-dir", "code", "--", *words)
    assert done.returncode == 0, done.stderr
    outputs = LiteralMap.FromString((place / "out" / "outputs.pb").read_bytes())
    assert from_literal_map({"o0": int}, outputs) == {"o0": 5}


def test_what_the_program_gets(bundle: str, place: Path) -> None:
    inner = [sys.executable, "-c", ECHO, "--inputs", "i", "--resolver", "r", "--", "--resolver", "x"]
    done = fast(place, "--additional-distribution", bundle, "--dest-dir", "code", "--", *inner, PYTHONPATH="/before")
    words, path, folder, _ = said(done)
    dynamic = ["--dynamic-addl-distro", bundle, "--dynamic-dest-dir", "code"]
    assert words == ["--inputs", "i", *dynamic, "--resolver", "r", "--", "--resolver", "x"]
    assert path == f"/before{os.pathsep}{place / 'code'}"
    assert folder == str(place)
    assert (place / "code" / "helpers" / "lazy.py").exists()


def test_without_a_folder_code_goes_into_the_current_one(bundle: str, place: Path) -> None:
    environment = clean_environment()
    environment.pop("PYTHONPATH", None)
    words, path, _, _ = said(
        fast(place, "--additional-distribution=file://" + bundle, "--", sys.executable, "-c", ECHO, "--resolver", "r")
    )
    assert words == ["--dynamic-addl-distro", f"file://{bundle}", "--dynamic-dest-dir", str(place), "--resolver", "r"]
    assert path.split(os.pathsep)[-1] == str(place)
    assert (place / "flow_in_bundle.py").exists()


def test_without_a_bundle_nothing_is_unpacked(place: Path) -> None:
    words, path, _, _ = said(fast(place, "--", sys.executable, "-c", ECHO, "--resolver", "r"))
    assert words == ["--resolver", "r"]
    assert path.split(os.pathsep)[-1] == str(place)
    assert not list(place.iterdir())
    assert fast(place, "--test", "--", "no-such-program").returncode == 0
    assert "usage: fletch-fast-execute" in fast(place, "--help").stdout


def test_the_program_stands_in_its_place(place: Path) -> None:
    """Its exit code is the container's, and a signal to the container reaches it."""
    assert fast(place, "--", sys.executable, "-c", "import sys; sys.exit(37)").returncode == 37
    script = (
        "import os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"  # it waits for whoever asks for it
        "print(os.getpid(), flush=True)\n"
        "signal.sigwait([signal.SIGTERM])\n"
        "os.write(1, b'told')\n"
        "os._exit(5)\n"
    )
    started = subprocess.Popen(
        [program("fletch-fast-execute"), "--", sys.executable, "-c", script],
        cwd=place,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    with started, started.stdout:
        assert int(started.stdout.readline()) == started.pid
        started.send_signal(signal.SIGTERM)
        assert started.stdout.read() == "told"
    assert started.returncode == 5


def test_a_program_of_another_kind_dies_of_a_closed_pipe_as_it_expects(place: Path) -> None:
    script = "fletch-fast-execute -- sh -c 'while echo x; do :; done; echo went on >&2' | head -1"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script], cwd=place, env=clean_environment() | {"PATH": path}, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("x\n", "")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "the program to run is missing; it follows --"),
        (["--"], "the program to run is missing; it follows --"),
        (["--additional-distribution"], "--additional-distribution takes a value"),
        (["--additional-distribution", "--", "true"], "--additional-distribution takes a value"),
        (["--additional-distributions", "x", "--", "true"], "did you mean '--additional-distribution'?"),
        (["--additional-distribution", "{{ .remote_package_path }}", "--", "true"], "the platform did not fill it in"),
        (["--dest-dir", "{{ .dest_dir }}", "--", "true"], "--dest-dir is missing: the platform did not fill it in"),
    ],
)
def test_a_command_line_that_makes_no_sense(words: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_fast(words) == 2
    told = capsys.readouterr().err
    assert told.startswith("fletch-fast-execute: ")
    assert reason in told


def test_what_cannot_be_unpacked_is_told_to_the_backend(place: Path) -> None:
    (place / "broken.tar.gz").write_bytes(b"\x1f\x8bnothing")
    inner = ["fletch-execute", "--inputs", "i", "--output-prefix=out", "--resolver", "r", "--", "x"]
    done = fast(place, "--additional-distribution", "broken.tar.gz", "--dest-dir", "code", "--", *inner)
    assert done.returncode == 0
    error = error_in(place / "out")
    assert (error.code, error.Kind.Name(error.kind)) == ("SYSTEM", "NON_RECOVERABLE")
    assert "broken.tar.gz' is truncated, damaged or no .tar.gz" in error.message
    assert "nothing was unpacked" in error.message
    assert not (place / "code").exists()
    done = fast(place, "--additional-distribution", "broken.tar.gz", "--", *inner, FLYTE_FAIL_ON_ERROR="true")
    assert done.returncode == 1


def test_an_error_that_nobody_reads_ends_in_an_exit_code(place: Path) -> None:
    done = fast(place, "--additional-distribution", "nowhere://bucket/code.tar.gz", "--", "true")
    assert done.returncode == 1
    assert "'nowhere://bucket/code.tar.gz' needs a storage plugin for 'nowhere'" in done.stderr
    for prefix in ("{{.outputPrefix}}", ""):
        words = ["--additional-distribution", "gone.tar.gz", "--", "true", "--output-prefix", prefix, "--resolver", "r"]
        done = fast(place, *words)
        assert done.returncode == 1
        assert "No such file" in done.stderr
    assert not list(place.iterdir())


def test_a_program_that_the_image_lacks(place: Path) -> None:
    done = fast(place, "--", "pyflyte-execute-2", "--output-prefix", "out")
    assert done.returncode == 0
    assert "no program 'pyflyte-execute-2' on the path" in error_in(place / "out").message
    assert fast(place, "--", "pyflyte-execute-2").returncode == 127
