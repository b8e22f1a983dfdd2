"""Files, directories and paths: where they are, when they are fetched and copied, and the messages."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Any, Optional, TypeVar, Union

import pytest
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import BlobType

from fletching.errors import ConfigError, ConversionError, PluginContractError, UnknownPluginError, UnsupportedTypeError
from fletching.plugins import manager
from fletching.types.blobs import raw_output_prefix
from fletching.types.engine import transformer
from fletching.types.files import FileExt, FlyteDirectory, FlyteFile

csv = TypeVar("csv")


class Memory:
    """A storage of files in a dict, which counts its downloads."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.downloads: list[str] = []

    def download(self, uri: str, path: str) -> None:
        self.downloads.append(uri)
        if uri in self.files:
            Path(path).write_bytes(self.files[uri])
            return
        for name, data in self.files.items():
            place = Path(path, name.removeprefix(uri + "/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    def upload(self, path: str, uri: str) -> None:
        if os.path.isfile(path):
            self.files[uri] = Path(path).read_bytes()
            return
        for place in Path(path).rglob("*"):
            if place.is_file():
                self.files[f"{uri}/{place.relative_to(path).as_posix()}"] = place.read_bytes()

    def open(self, uri: str, mode: str, **options: Any) -> Any:
        if "r" in mode:
            stream = io.BytesIO(self.files[uri])
            return stream if "b" in mode else io.TextIOWrapper(stream, encoding="utf-8")
        files = self.files

        class Writer(io.BytesIO):
            def close(self) -> None:
                files[uri] = self.getvalue()
                super().close()

        return Writer() if "b" in mode else io.TextIOWrapper(Writer(), encoding="utf-8")

    def listdir(self, uri: str) -> list[tuple[str, bool]]:
        rest = [name.removeprefix(uri + "/") for name in self.files if name.startswith(uri + "/")]
        return sorted({(name.partition("/")[0], "/" in name) for name in rest})


@pytest.fixture
def memory() -> Iterator[Memory]:
    storage = Memory()
    undo = manager().provide("storage", "mem", lambda: storage)
    yield storage
    undo()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    place = tmp_path / "table.csv"
    place.write_text("a,b\n1,2\n")
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "below" / "deep").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "below" / "b.txt").write_text("b")
    (root / "below" / "deep" / "c.txt").write_text("c")
    return root


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    token = raw_output_prefix.set(str(tmp_path / "outputs"))
    yield tmp_path / "outputs"
    raw_output_prefix.reset(token)


def obeys(annotation: Any, value: Any) -> Any:
    kind = transformer(annotation)
    carried = kind.carry(value)
    read = kind.to_python(kind.to_literal(value))
    assert carried == read
    assert type(carried) is type(read)
    if isinstance(carried, FlyteFile | FlyteDirectory):
        assert carried is not value
        assert carried.metadata == read.metadata
    return carried


def refused(annotation: Any, value: Any) -> str:
    kind = transformer(annotation)
    messages = []
    for method in (kind.carry, kind.to_literal):
        with pytest.raises(ConversionError) as caught:
            method(value)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    return messages[0]


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
            lambda: FlyteFile.new_remote_file("x", alt="bucket"),
            "alt='bucket' names a bucket, and outputs are written to a local folder; give a path or a URI",
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
    assert FlyteFile.from_source("s3://b/x").remote_source == "s3://b/x"


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


def test_remote_files_are_fetched_when_needed(memory: Memory) -> None:
    memory.files["mem://b/dir/a.txt"] = b"remote"
    carried = obeys(FlyteFile, "mem://b/dir/a.txt")
    assert (carried.path, carried.remote_source, carried.downloaded) == (
        "mem://b/dir/a.txt",
        "mem://b/dir/a.txt",
        False,
    )
    with carried.open() as stream:
        assert stream.read() == "remote"
    assert memory.downloads == []
    assert Path(carried).read_text() == "remote"
    assert Path(carried.download()).name == "a.txt"
    assert memory.downloads == ["mem://b/dir/a.txt"]
    assert carried.path == os.fspath(carried)
    # Passed on, it is still the remote one, and nobody fetches it a second time.
    assert transformer(FlyteFile).to_literal(carried).scalar.blob.uri == "mem://b/dir/a.txt"
    again = transformer(FlyteFile).carry(carried)
    assert again.remote_source == "mem://b/dir/a.txt"
    assert Path(again).read_text() == "remote"
    assert memory.downloads == ["mem://b/dir/a.txt"]
    literal = transformer(FlyteFile).to_literal(carried)
    assert transformer(Path).to_python(literal).read_text() == "remote"


def test_remote_outputs(memory: Memory, table: Path, folder: Path) -> None:
    token = raw_output_prefix.set("mem://bucket/outputs")
    try:
        uri = transformer(FlyteFile).to_literal(str(table)).scalar.blob.uri
        assert uri.startswith("mem://bucket/outputs/")
        assert memory.files[uri] == b"a,b\n1,2\n"
        uri = transformer(FlyteDirectory).to_literal(str(folder)).scalar.blob.uri
        assert memory.files[f"{uri}/below/b.txt"] == b"b"
        out = FlyteFile.new_remote_file("x.txt")
        with out.open("w") as stream:
            stream.write("x")
        assert memory.files[out.path] == b"x"
        assert FlyteFile.new_remote_file("x", alt="other").path.startswith("mem://other/outputs/")
        literal = transformer(bytes).to_literal(b"abc")
        assert literal.scalar.blob.uri.startswith("mem://bucket/outputs/")
        assert transformer(bytes).to_python(literal) == b"abc"
    finally:
        raw_output_prefix.reset(token)


def test_a_scheme_without_storage_plugin_says_what_is_needed() -> None:
    file = obeys(FlyteFile, FlyteFile("nowhere://b/a"))
    for use in (file.download, file.open, lambda: os.fspath(file)):
        with pytest.raises(UnknownPluginError) as caught:
            use()
        assert str(caught.value) == (
            "'nowhere://b/a' needs a storage plugin for 'nowhere', and none is installed; "
            "install a package that brings the entry point 'nowhere' in the group 'fletching.storage', "
            "or use a local path"
        )


def test_a_storage_plugin_that_is_none() -> None:
    undo = manager().provide("storage", "half", dict)
    try:
        with pytest.raises(PluginContractError) as caught:
            FlyteFile("half://x").download()
    finally:
        undo()
    assert str(caught.value) == (
        "the storage plugin for 'half' gave dict, which lacks one of download, upload, open, listdir"
    )


def test_directories(folder: Path) -> None:
    carried = obeys(FlyteDirectory, str(folder))
    assert [entry.path for entry in carried.listdir()] == [str(folder / "a.txt"), str(folder / "below")]
    assert [type(entry) for entry in carried.listdir()] == [FlyteFile, FlyteDirectory]
    names = ["a.txt", "below/b.txt", "below/deep/c.txt"]
    assert list(carried.crawl()) == [(str(folder), name) for name in names]
    assert [name for _, name in carried.crawl(topdown=False)] == names[::-1]
    assert [name for _, name in carried.crawl(maxdepth=2)] == names[:2]
    assert carried / "x" == str(folder / "x")
    file = carried.new_file("new.txt")
    with file.open("w") as stream:
        stream.write("n")
    assert (folder / "new.txt").read_text() == "n"
    assert os.path.isdir(carried.new_dir("sub"))
    assert os.path.isdir(carried.new_dir())
    made = transformer(FlyteDirectory["csv"]).literal_type().blob  # type: ignore[misc]
    assert (made.format, made.dimensionality) == ("csv", BlobType.MULTIPART)


def test_remote_directories(memory: Memory) -> None:
    memory.files |= {"mem://b/d/a.txt": b"a", "mem://b/d/below/b.txt": b"b"}
    carried = obeys(FlyteDirectory, "mem://b/d")
    assert carried.listdir() == [FlyteFile("mem://b/d/a.txt"), FlyteDirectory("mem://b/d/below")]
    assert list(carried.crawl()) == [("mem://b/d", "a.txt"), ("mem://b/d", "below/b.txt")]
    assert carried / "x" == "mem://b/d/x"
    assert carried.new_file("x").path == "mem://b/d/x"
    assert memory.downloads == []
    assert Path(carried, "below", "b.txt").read_text() == "b"
    assert memory.downloads == ["mem://b/d"]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "", "s3://b/x"])
def test_nothing_outside_a_directory_is_named(name: str, folder: Path) -> None:
    directory = FlyteDirectory(str(folder))
    for use in (directory.new_file, directory.new_dir, directory.__truediv__):
        if name or use == directory.__truediv__:
            with pytest.raises(ConfigError, match=r"takes a relative name without '\.\.'"):
                use(name)


def test_links_that_lead_out_are_refused(folder: Path, tmp_path: Path, outputs: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("k")
    link = folder / "below" / "out"
    link.symlink_to(secret)
    directory = FlyteDirectory(str(folder))
    with pytest.raises(ConversionError, match="a link leads out of the directory"):
        list(directory.crawl())
    with pytest.raises(ConversionError, match="a link leads out of the directory"):
        directory.new_file("below/out/key")
    with pytest.raises(ConversionError) as caught:
        transformer(FlyteDirectory).to_literal(directory)
    assert str(caught.value) == (
        f"expected a directory without links that lead out of it, got {str(link)!r} -> {str(secret)!r} "
        "(replace the link by a copy, or by a relative link to something inside)"
    )
    assert not outputs.exists() or not any(place.name == "key" for place in outputs.rglob("*"))
    link.unlink()
    (folder / "alias").symlink_to("below")
    assert [name for _, name in directory.crawl()] == ["a.txt", "below/b.txt", "below/deep/c.txt"]
    assert Path(transformer(FlyteDirectory).to_literal(directory).scalar.blob.uri, "alias", "b.txt").read_text() == "b"


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
