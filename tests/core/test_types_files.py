"""Files and paths: where they are, when they are copied, and the messages."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Any, Optional, TypeVar, Union

import pytest
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import BlobType

from fletching import current_context, task
from fletching.errors import ConfigError, ConversionError, UnsupportedTypeError
from fletching.types.engine import transformer
from fletching.types.files import FileExt, FlyteDirectory, FlyteFile
from laws import obeys, refused

csv = TypeVar("csv")


@pytest.mark.parametrize(
    ("annotation", "form"),
    [
        (FlyteFile, ""),
        (FlyteFile["csv"], "csv"),  # type: ignore[misc]
        (FlyteFile[".csv"], "csv"),  # type: ignore[misc]
        (FlyteFile[Annotated[str, FileExt("csv")]], "csv"),  # type: ignore[misc]
        (FlyteFile[csv], "csv"),  # type: ignore[misc]
        (Annotated[FlyteFile, FileExt("csv")], "csv"),
        (os.PathLike, ""),
        (os.PathLike[str], ""),
        (Path, ""),
    ],
)
def test_every_spelling_of_a_file(annotation: Any, form: str, table: Path) -> None:
    made = transformer(annotation).literal_type().blob
    assert (made.format, made.dimensionality) == (form, BlobType.SINGLE)
    for value in (str(table), table, FlyteFile(table), FlyteFile["csv"](str(table))):  # type: ignore[misc]
        carried = obeys(annotation, value)
        assert Path(carried) == table
        with open(carried) as stream:
            assert stream.read() == "a,b\n1,2\n"


def test_classes_with_a_format_are_one_class_each() -> None:
    made: Any = FlyteFile["csv"]  # type: ignore[misc]
    assert made is FlyteFile["csv"]  # type: ignore[misc]
    assert made is not FlyteFile["png"]  # type: ignore[misc]
    assert issubclass(made, FlyteFile)
    assert made.extension() == "csv"
    assert FlyteFile.extension() == ""
    assert made[""] is FlyteFile
    assert FlyteDirectory["csv"] is not made  # type: ignore[misc]
    with pytest.raises(ConfigError, match=r"FlyteFile\[\.\.\.\] takes a file extension such as 'csv', got 3"):
        FlyteFile[3]  # type: ignore[misc]


def test_equality_text_and_repr(table: Path) -> None:
    file = FlyteFile(str(table))
    assert file == FlyteFile(str(table)) == str(table)
    assert file != FlyteFile["csv"](str(table))  # type: ignore[misc]
    assert file != FlyteFile(str(table), remote_path="x")
    assert file != FlyteDirectory(str(table))
    assert file != 3
    assert str(file) == file.path == os.fspath(file) == str(table)
    assert repr(FlyteFile["csv"]("x")) == "FlyteFile['csv']('x')"  # type: ignore[misc]
    assert len({file, FlyteFile(str(table))}) == 1
    copied = pickle.loads(pickle.dumps(FlyteFile["csv"](str(table), remote_path=False, metadata={"k": "v"})))  # type: ignore[misc]
    assert copied == FlyteFile["csv"](str(table))  # type: ignore[misc]
    assert (copied.metadata, copied.remote_path) == ({"k": "v"}, False)


def test_relative_paths_become_absolute(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    assert obeys(FlyteFile, "table.csv").path == str(table)
    assert obeys(Path, Path("table.csv")) == table
    assert obeys(FlyteFile, f"file://{table}").path == str(table)


def test_metadata_travels(table: Path) -> None:
    given = FlyteFile(str(table), metadata={"k": "v"})
    carried = obeys(FlyteFile, given)
    assert carried.metadata == {"k": "v"}
    assert carried.metadata is not given.metadata
    assert dict(transformer(FlyteFile).to_literal(given).metadata) == {"k": "v"}
    assert obeys(FlyteFile, FlyteFile(str(table), metadata={})).metadata is None


def test_what_is_not_there(table: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.csv")
    hint = f"(the path is looked up from {os.getcwd()!r})"
    assert refused(FlyteFile, missing) == f"expected FlyteFile, got {missing!r}, which does not exist {hint}"
    assert refused(FlyteFile, FlyteFile(missing)) == f"expected FlyteFile, got {missing!r}, which does not exist {hint}"
    assert refused(Path, Path(missing)) == f"expected Path, got {missing!r}, which does not exist {hint}"
    assert refused(FlyteFile, str(tmp_path)) == (
        f"expected FlyteFile, got {str(tmp_path)!r}, which is no file (annotate FlyteDirectory for a directory)"
    )
    assert refused(FlyteDirectory, table) == (
        f"expected FlyteDirectory, got {str(table)!r}, which is no directory (annotate FlyteFile for a file)"
    )
    for value in (None, 3, b"x", FlyteDirectory(str(tmp_path))):
        assert refused(FlyteFile, value).startswith("expected FlyteFile, got ")
    assert refused(FlyteFile, "").startswith("expected FlyteFile, got str ''")
    kind, literal = transformer(FlyteFile), Literal()
    literal.scalar.blob.uri = missing
    with pytest.raises(ConversionError, match="which does not exist"):
        kind.to_python(literal)
    literal.scalar.blob.metadata.type.dimensionality = BlobType.MULTIPART
    with pytest.raises(ConversionError, match="expected FlyteFile, got the directory "):
        kind.to_python(literal)
    literal.Clear()
    literal.scalar.blob.metadata.type.format = "x"
    with pytest.raises(ConversionError, match="a blob without a URI"):
        kind.to_python(literal)
    literal.scalar.primitive.integer = 1
    with pytest.raises(ConversionError, match="expected FlyteFile, got int 1"):
        kind.to_python(literal)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FlyteFile(3), "expected str, bytes or os.PathLike object, not int"),  # type: ignore[arg-type]
        (
            lambda: FlyteFile("a", remote_path=True),
            "FlyteFile: the remote place must be a path, a URI, False or None, got True",
        ),
        (lambda: FlyteFile("a", metadata={"k": 1}), "FlyteFile: metadata maps text to text, got 'k': 1"),  # type: ignore[dict-item]
        (lambda: FlyteFile(b"a"), "FlyteFile: the path must be text that names a file or a URI, got b'a'"),  # type: ignore[arg-type]
        (lambda: FlyteFile.new("../x"), "FlyteFile.new takes a relative name without '..', got '../x'"),
        (lambda: FlyteDirectory.new("/x"), "FlyteDirectory.new takes a relative name without '..', got '/x'"),
        (
            lambda: FlyteFile.new_remote_file("x", alt="../bucket"),
            "a new remote file or directory takes a relative name without '..', got '../bucket'",
        ),
    ],
)
def test_bad_arguments(make: Any, message: str) -> None:
    with pytest.raises((ConfigError, TypeError, ValueError)) as caught:
        make()
    assert str(caught.value) == message


def test_files_stay_where_they_are_until_outputs_have_a_place(table: Path, outputs: Path) -> None:
    kind = transformer(FlyteFile)
    uri = kind.to_literal(str(table)).scalar.blob.uri
    assert Path(uri).parent.parent == outputs
    assert Path(uri).name == "table.csv"
    assert Path(uri).read_text() == "a,b\n1,2\n"
    assert kind.carry(str(table)).path == str(table)
    assert kind.to_literal(FlyteFile(table, remote_path=False)).scalar.blob.uri == str(table)
    # What is already among the outputs is not copied again.
    assert kind.to_literal(uri).scalar.blob.uri == uri
    assert transformer(Path).to_literal(table).scalar.blob.uri == str(table)


def test_an_explicit_remote_place_is_a_copy(table: Path, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "copy.csv"
    assert obeys(FlyteFile, FlyteFile(table, remote_path=str(target))).path == str(target)
    assert target.read_text() == table.read_text()
    place = tmp_path / "copied"
    assert obeys(FlyteDirectory, FlyteDirectory(folder, remote_directory=place)).path == str(place)
    assert (place / "below" / "deep" / "c.txt").read_text() == "c"


def test_new_files(outputs: Path) -> None:
    file = FlyteFile.new("sub/a.txt")
    with file.open("w") as stream:
        stream.write("ä")
    assert Path(file).read_text(encoding="utf-8") == "ä"
    with file.open("rb") as stream:
        assert stream.read() == "ä".encode()
    out = FlyteFile.new_remote_file("b.txt")
    with out.open("w") as stream:
        stream.write("b")
    assert transformer(FlyteFile).to_literal(out).scalar.blob.uri == out.path
    assert Path(out.path).parent.parent == outputs
    assert FlyteFile.new_remote_file().path != FlyteFile.new_remote_file().path
    assert os.path.isdir(FlyteDirectory.new_remote("d"))
    assert os.path.isdir(FlyteDirectory.new("d"))
    other = FlyteFile.new_remote_file("c.txt", alt=str(outputs / "alt")).path
    assert other.startswith(str(outputs / "alt"))
    # Where outputs are local, what names a bucket names a folder among them.
    assert Path(FlyteFile.new_remote_file("c.txt", alt="bucket")).parts[-2:] == ("bucket", "c.txt")
    assert outputs in Path(FlyteDirectory.new_remote("d", alt="bucket")).parents
    assert FlyteFile.from_source("s3://b/x").remote_source == "s3://b/x"


def test_new_files_of_a_task_are_in_its_working_directory() -> None:
    @task
    def write() -> tuple[FlyteFile, FlyteDirectory, str]:
        file, folder = FlyteFile.new("sub/a.txt"), FlyteDirectory.new("d")
        Path(current_context().working_directory, "sub", "a.txt").write_text("a")
        Path(current_context().working_directory, "d", "b.txt").write_text("b")
        return file, folder, str(current_context().working_directory)

    first, second = write(), write()
    assert first[2] != second[2]
    for file, folder, place in (first, second):
        assert (Path(file), Path(file).read_text()) == (Path(place, "sub", "a.txt"), "a")
        assert [Path(one).read_text() for one in folder.listdir()] == ["b"]


def test_names_do_not_depend_on_the_global_random_generator() -> None:
    import random

    state = random.getstate()
    try:
        random.seed(0)
        first = FlyteFile.new_remote_file("x").path
        random.seed(0)
        assert FlyteFile.new_remote_file("x").path != first
    finally:
        random.setstate(state)


def test_a_downloader_runs_once(tmp_path: Path) -> None:
    calls: list[int] = []
    place = tmp_path / "late.txt"

    def fetch() -> None:
        calls.append(1)
        place.write_text("x")

    file = FlyteFile(str(place), downloader=fetch)
    assert not file.downloaded
    with open(file) as stream:
        assert stream.read() == "x"
    assert obeys(FlyteFile, file).path == str(place)
    assert (calls, file.downloaded) == ([1], True)


def test_a_link_is_not_copied(table: Path, outputs: Path) -> None:
    link = table.parent / "link.csv"
    link.symlink_to(table)
    with pytest.raises(ConversionError) as caught:
        transformer(FlyteFile).to_literal(str(link))
    assert str(caught.value) == (
        f"expected a file or directory to copy, got the link {str(link)!r} "
        "(pass what it points at: os.path.realpath(path))"
    )


def test_files_inside_a_dataclass(table: Path, folder: Path) -> None:
    @dataclass
    class Data:
        file: FlyteFile
        table: FlyteFile["csv"]  # type: ignore[misc]
        folder: FlyteDirectory
        path: Path
        several: list[FlyteFile]
        maybe: Optional[FlyteFile] = None

    Data.__annotations__.update({"table": FlyteFile["csv"]})  # type: ignore[misc]
    value = Data(
        FlyteFile(table, metadata={"k": "v"}),
        FlyteFile(table),  # type: ignore[arg-type]
        FlyteDirectory("s3://b/d", metadata={"k": "v"}),
        Path("not/there/yet"),
        [FlyteFile("s3://b/x")],
    )
    carried = obeys(Data, value)
    assert carried.file.metadata == {"k": "v"}
    assert type(carried.table) is FlyteFile["csv"]  # type: ignore[misc]
    assert carried.path == Path("not/there/yet")
    assert carried.folder.metadata is None
    assert value.folder.metadata == {"k": "v"}
    assert value.file.path == str(table)
    plain = transformer(Data).to_plain(value)
    assert plain["file"] == {"path": str(table), "metadata": {"k": "v"}}
    assert plain["folder"] == {"path": "s3://b/d"}
    assert plain["path"] == "not/there/yet"
    with pytest.raises(
        ConversionError, match=r"value\.file: expected FlyteFile, got str 'x' \(inside other data it is"
    ):
        transformer(Data).from_plain(plain | {"file": "x"})
    value.file = FlyteFile("/none/at/all")
    assert "value.file: expected FlyteFile, got '/none/at/all', which does not exist" in refused(Data, value)


def test_a_piece_of_a_dataclass_is_read_as_a_file() -> None:
    literal = Literal()
    literal.scalar.generic.update({"path": "s3://b/x", "metadata": {"k": "v"}})
    found = transformer(FlyteFile).to_python(literal)
    assert (found.remote_source, found.metadata) == ("s3://b/x", {"k": "v"})


def test_files_in_containers_and_unions(table: Path) -> None:
    assert obeys(list[FlyteFile], [FlyteFile(table)]) == [FlyteFile(table)]
    assert obeys(dict[str, FlyteFile], {"a": FlyteFile(table)}) == {"a": FlyteFile(table)}
    assert obeys(Optional[FlyteFile], None) is None
    assert obeys(Union[str, FlyteFile], "text") == "text"
    assert obeys(Union[str, FlyteFile], FlyteFile(table)) == FlyteFile(table)


def test_what_is_no_path() -> None:
    class Mine:
        def __fspath__(self) -> bytes:
            return b"x"

    kind = transformer(Path)
    for value in (3, Mine()):
        with pytest.raises(ConversionError, match="expected Path, got "):
            kind.to_plain(value)
    with pytest.raises(ConversionError, match="expected Path, got int 3"):
        kind.from_plain(3)
    assert kind.to_plain(FlyteFile("a/b")) == "a/b"
    with pytest.raises(ConversionError, match="the path must be text that names a file or a URI"):
        transformer(FlyteFile).from_plain({"path": "s3://a\0b"})
    with pytest.raises(UnsupportedTypeError):
        transformer(Mine)
    with pytest.raises(ConfigError, match="takes a file extension"):
        FlyteFile[Annotated[str, "csv"]]  # type: ignore[misc]
    assert repr(FileExt(".csv")) == "FileExt('csv')"


def test_other_classes_of_paths() -> None:
    with pytest.raises(
        UnsupportedTypeError, match=r"PurePosixPath depends on the operating system; annotate pathlib\.Path"
    ):
        transformer(PurePosixPath)
    assert transformer(PurePath).from_plain("a/b") == PurePath("a/b")


def test_outputs_of_this_process_are_removed_when_it_ends() -> None:
    import subprocess
    import sys

    code = (
        "from fletching.types.blobs import new_blob_path\n"
        "place = new_blob_path('x')\nopen(place, 'w').write('x')\nprint(place)"
    )
    place = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert place.endswith("/x")
    assert not os.path.exists(os.path.dirname(os.path.dirname(place)))
