"""Tasks whose files are in an object store, as a person runs them and as a backend does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import LiteralMap

from containers import DEFAULT_RESOLVER, program
from fletching import FlyteDirectory, FlyteFile, task, workflow
from fletching.errors import StorageNotFoundError
from fletching.extend import from_literal_map, pack_code, to_literal_map
from object_stores import S3Server, s3_server
from repository import clean_environment

FLOW = """
import os
from fletching import FlyteDirectory, FlyteFile, current_context, task

@task
def count(table: FlyteFile["csv"]) -> int:
    with open(table) as stream:
        return len(stream.readlines())

@task
def names(folder: FlyteDirectory) -> list[str]:
    return [entry.path.rpartition("/")[2] for entry in folder.listdir()]

@task
def split(table: FlyteFile) -> tuple[FlyteDirectory, FlyteFile, bytes]:
    folder = FlyteDirectory.new("parts")
    with table.open() as stream:
        for number, line in enumerate(stream):
            folder.new_file(f"{number} #.txt").open("w").write(line)
    os.makedirs(folder / "empty")
    with FlyteFile.new_remote_file("direct.txt").open("w") as out:
        out.write("direct")
    return folder, FlyteFile(table), b"raw"

@task
def resumes(a: int) -> int:
    point = current_context().checkpoint
    before = point.read()
    point.write(str(a).encode())
    return int(before or 0)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as started:
        started.put("bucket")
        started.put("bucket", "in/two words.csv", b"a,b\n1,2\n3,4\n")
        yield started


@pytest.fixture
def place(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the program, on a machine that is told of the store."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FLYTE_AWS"))]:
        monkeypatch.delenv(name)
    for name, value in server.settings().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "flow_on_s3.py").write_text(FLOW)
    return tmp_path


def run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program(words[0]), *words[1:]], cwd=place, env=clean_environment(), capture_output=True, text=True, check=False
    )


def test_fletch_run_takes_a_uri(place: Path) -> None:
    done = run(place, "fletch", "run", "flow_on_s3.py", "count", "--table", "s3://bucket/in/two words.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert "3" in done.stdout
    done = run(place, "fletch", "run", "flow_on_s3.py", "names", "--folder", "s3://bucket/in", "--json")
    assert done.returncode == 0, done.stderr
    assert "two words.csv" in done.stdout
    done = run(place, "fletch", "run", "flow_on_s3.py", "count", "--table", "s3://bucket/in/none.csv")
    assert done.returncode != 0
    assert "there is nothing at 's3://bucket/in/none.csv'" in done.stderr


def execute(place: Path, name: str, prefix: str, *more: str, program: str = "fletch-execute") -> list[str]:
    root = f"s3://bucket/{prefix}"
    words = [program, "--inputs", f"{root}/inputs.pb", "--output-prefix", f"{root}/out"]
    words += ["--raw-output-data-prefix", f"{root}/raw", *more, "--resolver", DEFAULT_RESOLVER, "--"]
    return [*words, "task-module", "flow_on_s3", "task-name", name]


def outputs(server: S3Server, prefix: str) -> LiteralMap:
    return LiteralMap.FromString(server.get("bucket", f"{prefix}/out/outputs.pb"))


def test_a_container_reads_and_writes_there(server: S3Server, place: Path) -> None:
    given = to_literal_map({"table": FlyteFile}, {"table": "s3://bucket/in/two words.csv"})
    server.put("bucket", "split/inputs.pb", given.SerializeToString())
    done = run(place, *execute(place, "split", "split"))
    assert done.returncode == 0, done.stderr
    kinds = {"o0": FlyteDirectory, "o1": FlyteFile, "o2": bytes}
    made = from_literal_map(kinds, outputs(server, "split"))
    assert made["o0"].path.startswith("s3://bucket/split/raw/")
    assert made["o1"].path == "s3://bucket/in/two words.csv"
    assert made["o2"] == b"raw"
    assert [entry.path.rpartition("/")[2] for entry in made["o0"].listdir()] == [
        "0 #.txt",
        "1 #.txt",
        "2 #.txt",
        "empty",
    ]
    assert Path(made["o0"], "1 #.txt").read_text() == "1,2\n"
    assert Path(made["o0"], "empty").is_dir()
    assert b"/direct.txt" in server.ask("GET", "bucket?prefix=split/raw/")[1]


def test_a_checkpoint_outlives_its_attempt(server: S3Server, place: Path) -> None:
    root = "s3://bucket/resumes"
    for number, before in ((7, 0), (8, 7)):
        server.put("bucket", "resumes/inputs.pb", to_literal_map({"a": int}, {"a": number}).SerializeToString())
        earlier = f"{root}/points/{before}" if before else '""'
        more = ("--checkpoint-path", f"{root}/points/{number}", "--prev-checkpoint", earlier)
        done = run(place, *execute(place, "resumes", "resumes", *more))
        assert done.returncode == 0, done.stderr
        assert from_literal_map({"o0": int}, outputs(server, "resumes")) == {"o0": before}


def test_a_container_that_waits_for_a_store_ends_when_it_is_told_to(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(120)
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        words = execute(place, "count", "never")
        words[words.index("--output-prefix") + 1] = "out"
        started = subprocess.Popen([program(words[0]), *words[1:]], cwd=place, env=clean_environment())
        with started, silent.accept()[0] as connection:
            assert connection.recv(1)  # it asks for its inputs, and nobody will answer
            started.terminate()
            assert started.wait(100) == 0
    error = ErrorDocument.FromString((place / "out" / "error.pb").read_bytes()).error
    assert "the container was told to end" in error.message


def test_code_comes_from_there_too(server: S3Server, place: Path, tmp_path: Path) -> None:
    bundle = pack_code(place, copy="all", folder=tmp_path / "bundles")
    server.put("bucket", "code/fast.tar.gz", Path(bundle.path).read_bytes())
    given = to_literal_map({"table": FlyteFile}, {"table": "s3://bucket/in/two words.csv"})
    server.put("bucket", "fast/inputs.pb", given.SerializeToString())
    container = tmp_path / "container"
    container.mkdir()
    words = execute(place, "count", "fast")
    fast = (
        "fletch-fast-execute",
        "--additional-distribution",
        "s3://bucket/code/fast.tar.gz",
        "--dest-dir",
        "code",
        "--",
    )
    done = run(container, *fast, *words)
    assert done.returncode == 0, done.stderr
    assert from_literal_map({"o0": int}, outputs(server, "fast")) == {"o0": 3}
    gone = [word.replace("fast.tar.gz", "gone.tar.gz") for word in fast]
    done = run(container, *gone, *words)
    assert done.returncode == 0, done.stderr
    error = ErrorDocument.FromString(server.get("bucket", "fast/out/error.pb")).error
    assert "there is nothing at 's3://bucket/code/gone.tar.gz'" in error.message


def test_files_between_tasks(server: S3Server, place: Path) -> None:
    @task
    def write(text: str) -> FlyteFile:
        made = FlyteFile.new("report.txt")
        Path(made).write_text(text)
        return FlyteFile(made.path, remote_path="s3://bucket/reports/today.txt")

    @task
    def read(report: FlyteFile) -> str:
        assert report.remote_source == "s3://bucket/reports/today.txt"
        return Path(report).read_text()

    @workflow
    def flow(text: str) -> str:
        return read(report=write(text=text))

    assert flow(text="all is well") == "all is well"
    assert server.get("bucket", "reports/today.txt") == b"all is well"
    with pytest.raises(StorageNotFoundError, match=r"there is nothing at 's3://bucket/reports/none\.txt'"):
        Path(FlyteFile("s3://bucket/reports/none.txt")).read_text()


def test_a_name_longer_than_a_file_may_have(server: S3Server, place: Path) -> None:
    name = "é" * 200 + ".csv"
    server.put("bucket", name, b"content")
    copy = Path(FlyteFile(f"s3://bucket/{name}"))
    assert copy.read_bytes() == b"content"
    assert copy.suffix == ".csv"


def test_a_process_that_was_forked_reads_too(server: S3Server, place: Path) -> None:
    script = (
        "import multiprocessing, sys\n"
        "from pathlib import Path\n"
        "from fletching import FlyteFile\n"
        "def size(file): return len(Path(file).read_bytes())\n"
        "file = FlyteFile('s3://bucket/in/two words.csv')\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(size(file), pool.map(size, [file] * 4))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script],
        cwd=place,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == "12 [12, 12, 12, 12]\n", done.stderr
