"""``fletch package``, against what flytekit's own packaging makes of the same program."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec

from rendering import Renderer
from wire_comparison import comparable

GOLDEN = Path(__file__).parent / "golden" / "package"
THEIRS = {
    form: {name: base64.b64decode(data) for name, data in files.items()}
    for form, files in json.loads((GOLDEN / "flytekit.json").read_text()).items()
}
TYPES = {"1": TaskSpec, "2": WorkflowSpec, "3": LaunchPlan}
IMAGE = ("--image", "example.com/image:v1")


@pytest.fixture
def fletch(fletch: Renderer) -> Renderer:
    fletch.write("prog/__init__.py", "")
    fletch.write("prog/flow.py", (GOLDEN / "program.py").read_text().replace("from flytekit ", "from fletching "))
    return fletch


def files_of(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]


def without_root(message: Any) -> Any:
    """Leave out the folder that flytekit packaged in: the same program has the same bytes in every folder here."""
    container = getattr(getattr(message, "template", None), "container", None)
    for pair in container.env if container is not None else ():
        if pair.key == "_F_SS_C":
            pair.value = json.dumps({**json.loads(pair.value), "source_root": None}, sort_keys=True)
    return message


@pytest.mark.parametrize("form", list(THEIRS))
def test_files_have_the_names_and_the_bytes_of_flytekits(form: str, fletch: Renderer) -> None:
    options = ["--fast", "--copy", "all"] if form == "fast" else []
    printed = fletch("package", "-m", "prog", "-o", "out.tgz", *IMAGE, *options)
    assert (printed.status, printed.out) == (0, ""), printed.err
    ours = files_of(fletch.folder / "out.tgz")
    code = [name for name in ours if not name.endswith(".pb")]
    theirs = THEIRS[form]
    assert [name for name in ours if name.endswith(".pb")] == list(theirs)
    for name, data in theirs.items():
        kind = TYPES[name[-4]]
        one, other = (without_root(comparable(kind.FromString(each), "1.16.31")) for each in (ours[name], data))
        assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True), name
    if form == "fast":
        (name,) = code
        assert name.startswith("fast")
        assert name.endswith(".tar.gz")
        with tarfile.open(fileobj=io.BytesIO(ours[name])) as bundle:
            assert {"prog/__init__.py", "prog/flow.py"} <= set(bundle.getnames())
    else:
        assert code == []


def test_a_folder_a_file_and_an_archive_hold_the_same_and_twice_the_same_bytes(fletch: Renderer) -> None:
    assert fletch("package", "prog", "-o", "folder", *IMAGE).status == 0
    assert fletch("package", "prog/flow.py", "-o", "one.tgz", *IMAGE).status == 0
    assert fletch("package", "-m", "prog.flow", "-o", "two.tar.gz", *IMAGE).status == 0
    one = (fletch.folder / "one.tgz").read_bytes()
    assert one == (fletch.folder / "two.tar.gz").read_bytes()
    inside = {file.name: file.read_bytes() for file in (fletch.folder / "folder").iterdir()}
    assert inside == files_of(fletch.folder / "one.tgz")
    with tarfile.open(fletch.folder / "one.tgz") as opened:
        assert {(each.mtime, each.uid, each.uname, each.mode) for each in opened} == {(0, 0, "", 0o644)}


def test_what_is_there_is_kept_until_it_may_be_replaced(fletch: Renderer) -> None:
    fletch.write("folder/1234_old_1.pb", "an earlier package")
    fletch.write("folder/notes.txt", "mine")
    refused = fletch("package", "prog", "-o", "folder", *IMAGE)
    assert refused.status == 2
    assert "--force" in refused.err
    assert fletch("package", "prog", "-o", "folder", "--force", *IMAGE).status == 0
    names = {file.name for file in (fletch.folder / "folder").iterdir()}
    assert "notes.txt" in names
    assert "1234_old_1.pb" not in names
    assert len(names) == len(THEIRS["plain"]) + 1
    assert fletch("package", "prog", "-o", "a.tgz", *IMAGE).status == 0
    assert fletch("package", "prog", "-o", "a.tgz", *IMAGE).status == 2
    assert fletch("package", "prog", "-o", "prog/flow.py", "--force", *IMAGE).status == 2


def test_more_than_ten_files_are_counted_with_as_many_digits(fletch: Renderer) -> None:
    tasks = "\n".join(f"@task\ndef t{at}() -> None: ...\n" for at in range(11))
    fletch.write("many.py", f"from fletching import task\n{tasks}")
    assert fletch("package", "many.py", "-o", "out").status == 0
    names = sorted(file.name for file in (fletch.folder / "out").iterdir())
    assert names[0] == "00_many.t0_1.pb"
    assert names[-1] == "10_many.t10_1.pb"


def test_nothing_is_written_for_a_program_that_cannot_be_serialized(fletch: Renderer) -> None:
    fletch.write(
        "flow.py", "from fletching import workflow\n\n@workflow\ndef wf() -> None:\n    raise LookupError('no')\n"
    )
    printed = fletch("package", "flow.py", "-o", "out.tgz")
    assert printed.status == 1
    assert "flow.py cannot be serialized" in printed.err
    assert 'flow.py", line 5, in wf' in printed.err
    assert not (fletch.folder / "out.tgz").exists()
    assert fletch("package", "flow.py", "-o", "out.tgz", "--copy", "all").status == 2
    assert fletch("package", "-o", "out.tgz").status == 2


def test_a_place_that_cannot_be_written_to_is_told(fletch: Renderer) -> None:
    for output, why in {"nothere/out.tgz": "No such file or directory", "prog/flow.py/out": "Not a directory"}.items():
        printed = fletch("package", "prog", "-o", output)
        assert printed.status == 1
        assert f"Error: {output!r} cannot be written: {why}\n" in printed.err
        assert "Traceback" not in printed.err
