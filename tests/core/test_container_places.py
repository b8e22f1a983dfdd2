"""Where a container reads and writes: remote prefixes, checkpoints, literals stored apart, files that are whole."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from containers import Container
from distributions import Site

if TYPE_CHECKING:
    from pathlib import Path

STORAGE = """
import os, shutil

class Box:
    '''An object store: box://b/x is the file x in the folder BOX. It refuses what REFUSES is in the name of.'''

    def path(self, uri):
        refused = os.environ.get("REFUSES")
        if refused and refused in uri:
            raise ConnectionError(f"no answer about {uri}")
        return os.path.join(os.environ["BOX"], uri.removeprefix("box://b/"))

    def download(self, uri, path):
        source = self.path(uri)
        copy = shutil.copytree if os.path.isdir(source) else shutil.copyfile
        copy(source, path, **({"dirs_exist_ok": True} if os.path.isdir(source) else {}))

    def upload(self, path, uri):
        target = self.path(uri)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        copy = shutil.copytree if os.path.isdir(path) else shutil.copyfile
        copy(path, target, **({"dirs_exist_ok": True} if os.path.isdir(path) else {}))

    def open(self, uri, mode, **options):
        path = self.path(uri)
        if "w" in mode:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path, mode)

    def listdir(self, uri):
        path = self.path(uri)
        if not os.path.isdir(path):
            raise FileNotFoundError(uri)
        return [(one.name, one.is_dir()) for one in os.scandir(path)]
"""

CODE = """
import os
from fletching import FlyteFile, current_context, task

@task
def file(a: int) -> FlyteFile:
    with open("made.txt", "w") as made:
        made.write(str(a))
    assert os.path.isdir(current_context().working_directory)
    return FlyteFile("made.txt")

@task
def goes_on() -> list[str]:
    checkpoint = current_context().checkpoint
    seen = checkpoint.read()
    step = int(seen or b"0") + 1
    checkpoint.write(str(step).encode())
    restored = checkpoint.restore()
    return [str(step), str(checkpoint.prev_exists()), str(restored is not None and os.listdir(restored))]

@task
def saves_folder() -> int:
    os.makedirs("state/deep")
    open("state/deep/x", "w").close()
    current_context().checkpoint.save("state")
    current_context().checkpoint.save("code_of_test.py")
    return 1

@task
def large(size: int) -> tuple[str, str]:
    return "x" * size, "small"

@task
def sums(numbers: list[int]) -> int:
    return sum(numbers)

@task
def dies_before(step: str) -> str:
    # The process is killed at this step of writing its outputs.
    setattr(os, step, lambda *args, **options: os.kill(os.getpid(), 9))
    return "x"

@task
def fills_disk() -> str:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
    return "x" * 100_000
"""


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, CODE)


@pytest.fixture
def box(tmp_path: Path) -> dict[str, str]:
    """Return the environment in which the scheme ``box`` is known."""
    site = Site(tmp_path / "site")
    site.add("box", {"storage": {"box": "box_storage:Box"}}, modules={"box_storage": STORAGE})
    (tmp_path / "box").mkdir()
    return {"BOX": str(tmp_path / "box"), "PYTHONPATH": str(site.folder)}


PREFIXES = (
    *("--inputs", "box://b/in/inputs.pb", "--output-prefix", "box://b/out/0"),
    *("--raw-output-data-prefix", "box://b/raw", "--checkpoint-path", "box://b/cp/1"),
)


def test_everything_may_be_remote(container: Container, box: dict[str, str], tmp_path: Path) -> None:
    remote = tmp_path / "box"
    container.give({"a": 4})
    (remote / "in").mkdir()
    (remote / "in" / "inputs.pb").write_bytes(container.inputs.read_bytes())
    container.outputs = remote / "out" / "0"
    ended = container.run("file", *PREFIXES, **box)
    uri = ended.literals.literals["o0"].scalar.blob.uri
    assert uri.startswith("box://b/raw/")
    assert (remote / uri.removeprefix("box://b/")).read_text() == "4"
    assert ended.files == {"outputs.pb"}


def test_a_store_that_does_not_answer_is_worth_another_attempt(
    container: Container, box: dict[str, str], tmp_path: Path
) -> None:
    container.give({"a": 4})
    (tmp_path / "box" / "in").mkdir()
    (tmp_path / "box" / "in" / "inputs.pb").write_bytes(container.inputs.read_bytes())
    container.outputs = tmp_path / "box" / "out" / "0"
    for refused in ("inputs.pb", "raw/", "outputs.pb"):
        ended = container.run("file", *PREFIXES, REFUSES=refused, **box)
        assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
        assert "ConnectionError: no answer about" in ended.error.message
    ended = container.run("file", *PREFIXES, REFUSES="out/", **box)
    assert ended.code == 1  # nobody can be told
    assert "cannot be written below 'box://b/out/0': no answer about" in ended.output


def test_checkpoints_go_where_the_backend_says(container: Container, box: dict[str, str], tmp_path: Path) -> None:
    def attempt(*options: str) -> list[str]:
        found: list[str] = container.run("goes_on", *options, **box).outputs(o0=list[str])["o0"]
        return found

    for prefix in (str(tmp_path / "local"), "box://b/cp"):
        new = ("--checkpoint-path", f"{prefix}/1")
        assert attempt(*new, "--prev-checkpoint", f"{prefix}/0") == ["1", "False", "False"]  # nothing is there
        new, old = ("--checkpoint-path", f"{prefix}/2"), ("--prev-checkpoint", f"{prefix}/1")
        assert attempt(*new, *old) == ["2", "True", "['_dst_cp']"]
    assert (tmp_path / "box" / "cp" / "2" / "_dst_cp").read_text() == "2"
    assert (tmp_path / "local" / "2" / "_dst_cp").read_text() == "2"
    assert attempt("--checkpoint-path", "{{.checkpointOutputPrefix}}") == ["1", "False", "False"]


def test_files_and_folders_are_kept(container: Container, box: dict[str, str], tmp_path: Path) -> None:
    container.run("saves_folder", "--checkpoint-path", "box://b/cp", **box).outputs(o0=int)
    kept = tmp_path / "box" / "cp"
    assert sorted(str(file.relative_to(kept)) for file in kept.rglob("*")) == ["code_of_test.py", "deep", "deep/x"]


def test_large_outputs_are_stored_apart_where_the_platform_wants_that(container: Container) -> None:
    container.give({"size": 3 << 20})
    outputs = container.run("large").literals
    assert not outputs.literals["o0"].HasField("offloaded_metadata")
    ended = container.run("large", _F_L_MIN_SIZE_MB="2")
    assert ended.files == {"outputs.pb", "o0_offloaded_metadata.pb"}
    stored = ended.literals.literals["o0"].offloaded_metadata
    assert stored.uri == str(ended.folder / "o0_offloaded_metadata.pb")
    assert ended.literals.literals["o1"].scalar.primitive.string_value == "small"
    assert ended.outputs(o0=str, o1=str)["o0"] == "x" * (3 << 20)
    for limits in ({"_F_L_MIN_SIZE_MB": "1", "_F_L_MAX_SIZE_MB": "2"}, {"_F_L_MIN_SIZE_MB": "few"}):
        ended = container.run("large", **limits)
        assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")


def test_inputs_that_were_stored_apart_are_read(container: Container) -> None:
    from fletching.extend import to_literal_map

    literals: Any = to_literal_map({"numbers": list[int]}, {"numbers": [1, 2, 3]})
    place = container.folder / "stored.pb"
    place.write_bytes(literals.literals["numbers"].SerializeToString())
    literals.literals["numbers"].offloaded_metadata.uri = str(place)
    container.give(literals)
    assert container.run("sums").outputs(o0=int) == {"o0": 6}
    place.unlink()
    ended = container.run("sums")
    assert ended.verdict[0] == "SYSTEM"
    assert "stored.pb" in ended.error.message


def test_half_a_file_is_never_seen(container: Container) -> None:
    container.give({"step": "replace"})
    ended = container.run("dies_before")
    assert ended.code == -signal.SIGKILL
    assert not [name for name in ended.files if not name.startswith(".")]
    container.give({})
    ended = container.run("fills_disk")
    assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert "File too large" in ended.error.message
    assert len([name for name in ended.files if name.startswith(".")]) == 1  # of the one that was killed
