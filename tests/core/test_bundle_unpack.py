"""Unpacking code bundles: all of one below its folder, or an error and nothing."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from fletching.errors import CodeBundleError
from fletching.extend import pack_code, unpack_code


def entry(name: str, data: bytes = b"x", kind: bytes = tarfile.REGTYPE, target: str = "", **fields: object) -> tuple:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, target, len(data) if kind == tarfile.REGTYPE else 0
    for field, value in fields.items():
        setattr(made, field, value)
    return made, data


def archive(path: Path, *entries: tuple, mode: str = "w:gz", **options: object) -> Path:
    with tarfile.open(path, mode, **options) as made:  # type: ignore[call-overload]
        for info, data in entries:
            made.addfile(info, io.BytesIO(data))
    return path


def state(folder: Path) -> dict[str, object]:
    """Everything below a folder, and what each thing is."""
    return {
        str(place.relative_to(folder)): (
            os.readlink(place)
            if place.is_symlink()
            else place.read_bytes()
            if place.is_file()
            else place.stat().st_mode
        )
        for place in sorted(folder.rglob("*"))
    }


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with what must not change, and the place to unpack to in it."""
    (tmp_path / "there").mkdir()
    (tmp_path / "outside.txt").write_text("outside")
    return tmp_path


def refused(world: Path, made: Path, **limits: int) -> str:
    before = state(world)
    with pytest.raises(CodeBundleError) as caught:
        unpack_code(made, world / "there", **limits)
    assert state(world) == before
    assert repr(str(made)) in str(caught.value)
    return str(caught.value)


LINK, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
GOOD = entry("good.py")


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([entry("../evil.py")], "leads out of its folder"),
        ([entry("a/../../evil.py")], "leads out of its folder"),
        ([entry("a\\..\\..\\evil.py")], "leads out of its folder"),
        ([entry("..", kind=FOLDER)], "leads out of its folder"),
        ([entry("/etc/evil")], "no relative name"),
        ([entry("C:/evil")], "no relative name"),
        ([entry("\\\\host\\evil")], "no relative name"),
        ([entry(".")], "names its folder and is none"),
        ([entry("x" * 300)], "too long"),
        ([entry("/".join(["x" * 200] * 20))], "too long"),
        ([entry("l", kind=LINK, target="/etc")], "leads out of its folder"),
        ([entry("l", kind=LINK, target="..")], "leads out of its folder"),
        ([entry("a/l", kind=LINK, target="../../outside.txt")], "leads out of its folder"),
        ([entry("l", kind=LINK, target="")], "leads out of its folder"),
        (
            [entry("d", kind=LINK, target="a/b"), entry("l", kind=LINK, target="d/../../../x")],
            "goes up after going down",
        ),
        ([entry("l", kind=LINK, target="."), entry("l/../x")], "leads out of its folder"),
        ([entry("l", kind=LINK, target="sub"), entry("l/x")], "below 'l', which is no folder"),
        ([entry("l/x"), entry("l", kind=LINK, target="sub")], "below 'l', which is no folder"),
        ([entry("f"), entry("f/x")], "below 'f', which is no folder"),
        ([entry("h", kind=HARD, target="../outside.txt")], "no file before it"),
        ([entry("h", kind=HARD, target="/etc/hostname")], "no file before it"),
        ([entry("h", kind=HARD, target="later"), entry("later")], "no file before it"),
        ([entry("l", kind=LINK, target="x"), entry("h", kind=HARD, target="l")], "no file before it"),
        ([entry("device", kind=tarfile.CHRTYPE, devmajor=1, devminor=3)], "neither a file nor a folder"),
        ([entry("disk", kind=tarfile.BLKTYPE)], "neither a file nor a folder"),
        ([entry("pipe", kind=tarfile.FIFOTYPE)], "neither a file nor a folder"),
        ([entry("strange", kind=b"Z")], "neither a file nor a folder"),
        ([entry("twice"), entry("twice")], "twice"),
        ([entry("d", kind=FOLDER), entry("d")], "twice"),
        ([entry("a/x"), entry("A/y")], "one name where case does not matter"),
        ([entry("Straße.py"), entry("STRASSE.py")], "one name where case does not matter"),
    ],
)
def test_what_is_refused(world: Path, entries: list, reason: str) -> None:
    assert reason in refused(world, archive(world / "evil.tar.gz", GOOD, *entries, entry("last.py")))


def test_limits(world: Path) -> None:
    made = archive(world / "b.tar.gz", *(entry(f"f{number}", b"x" * 1000) for number in range(20)))
    assert "more than 10 entries, which max_files allows" in refused(world, made, max_files=10)
    assert "more than 19999 bytes unpacked, which max_bytes allows" in refused(world, made, max_bytes=19_999)
    assert len(unpack_code(made, world / "there", max_files=20, max_bytes=20_000)) == 20
    copies = [entry(f"c{number}", kind=HARD, target="f") for number in range(20)]
    made = archive(world / "c.tar.gz", entry("f", b"x" * 1000), *copies)
    assert "bytes unpacked" in refused(world, made, max_bytes=20_000)


def test_a_bomb_is_noticed_before_it_goes_off(world: Path) -> None:
    made = world / "bomb.tar.gz"
    with gzip.open(made, "wb", compresslevel=9) as stream:
        stream.write(entry("zeros", b"")[0].tobuf())
        stream.write(bytes(2 * tarfile.BLOCKSIZE))
        for _ in range(64):
            stream.write(bytes(1024 * 1024))
    assert "max_bytes=1000000 allows" in refused(world, made, max_bytes=1_000_000, max_files=10)
    # A header that claims to be long would be read into memory as a whole.
    info = entry("header", kind=tarfile.XHDTYPE)[0]
    info.size = 1 << 40
    with gzip.open(made, "wb") as stream:
        stream.write(info.tobuf(tarfile.GNU_FORMAT))
        stream.write(bytes(1024 * 1024))
    assert "a header of" in refused(world, made)


def test_damaged_archives(world: Path) -> None:
    whole = archive(world / "b.tar.gz", *(entry(f"f{number}", os.urandom(3000)) for number in range(5))).read_bytes()
    broken = world / "broken.tar.gz"
    for length in (0, 1, 2, 5, 10, 500, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        broken.write_bytes(whole[:length])
        assert any(word in refused(world, broken) for word in ("truncated", "empty"))
    broken.write_bytes(whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])
    assert "damaged" in refused(world, broken)
    for other in (b"PK\3\4 a zip", b"\x1f\x8b\x08garbage", b"<html>404 Not Found</html>" * 40):
        broken.write_bytes(other)
        assert "no .tar.gz" in refused(world, broken)


def test_a_plain_tar_that_was_cut_is_noticed(world: Path) -> None:
    made = archive(world / "b.tar", *(entry(f"f{number}", b"y" * 700) for number in range(5)), mode="w")
    whole = made.read_bytes()
    end = 5 * (512 + 1024)
    for length in (end, end - 1, end - 1024, 512, 513, 1536, 1536 + 512):
        made.write_bytes(whole[:length])
        assert "truncated" in refused(world, made)
    made.write_bytes(whole[:1600] + b"\xff" * 300 + whole[1900:])  # the second header: tarfile takes that for the end
    assert "damaged" in refused(world, made)
    made.write_bytes(whole + b"more")
    assert "something follows its end" in refused(world, made)
    made.write_bytes(whole)
    assert len(unpack_code(made, world / "there")) == 5


def test_what_is_no_archive_at_all(world: Path) -> None:
    assert "No such file" in refused(world, world / "nothing.tar.gz")
    assert "directory" in refused(world, world / "there").lower()


def test_files_replace_what_was_there(world: Path) -> None:
    there = world / "there"
    (there / "old.py").write_text("old")
    os.link(there / "old.py", world / "other-name.py")
    (there / "link.py").symlink_to(world / "outside.txt")
    (there / "kept.py").write_text("kept")
    made = archive(world / "b.tar.gz", entry("old.py", b"new"), entry("link.py", b"new"), entry("./d/", kind=FOLDER))
    assert unpack_code(made, there) == ("link.py", "old.py")
    assert (there / "old.py").read_text() == (there / "link.py").read_text() == "new"
    assert (there / "kept.py").read_text() == "kept"
    assert (there / "d").is_dir()
    assert (world / "outside.txt").read_text() == "outside"
    assert (world / "other-name.py").read_text() == "old"
    assert sorted(place.name for place in there.iterdir()) == ["d", "kept.py", "link.py", "old.py"]


def test_what_is_in_the_way(world: Path) -> None:
    there = world / "there"
    (there / "out").symlink_to(world)
    (there / "in").symlink_to(".")
    (there / "file").write_text("")
    (there / "folder").mkdir()
    for bad, reason in [
        (entry("out/evil.py"), "is a link out of"),
        (entry("out/a/b/evil.py"), "is a link out of"),
        (entry("in/l", kind=LINK, target="../x"), "is a link"),
        (entry("file/x"), "is a file"),
        (entry("file", kind=FOLDER), "is a file"),
        (entry("folder"), "is a folder"),
    ]:
        assert reason in refused(world, archive(world / "b.tar.gz", GOOD, bad))
    with pytest.raises(CodeBundleError, match="it is no folder"):
        unpack_code(archive(world / "b.tar.gz", GOOD), there / "file")


def test_hard_links_inside_become_files_of_their_own(world: Path) -> None:
    made = archive(world / "b.tar.gz", entry("a", b"content", mode=0o755), entry("d/b", kind=HARD, target="./a"))
    assert unpack_code(made, world / "there") == ("a", "d/b")
    assert (world / "there/d/b").read_bytes() == b"content"
    assert (world / "there/a").stat().st_nlink == 1
    assert os.access(world / "there/d/b", os.X_OK)


def test_permissions_are_those_of_a_checkout(world: Path) -> None:
    made = archive(
        world / "b.tar.gz", entry("s", mode=0o6777), entry("p", mode=0), entry("d", kind=FOLDER, mode=0), entry("d/x")
    )
    before = os.umask(0o022)
    try:
        unpack_code(made, world / "there")
    finally:
        os.umask(before)
    assert [oct((world / "there" / name).stat().st_mode & 0o7777) for name in ("s", "p", "d")] == [
        "0o755",
        "0o644",
        "0o755",
    ]


def test_archives_of_other_tools(world: Path) -> None:
    for number, form in enumerate((tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT)):
        name = "very-long-" * 9 + "/" + "ü" * 20
        made = archive(world / "b.tar.gz", entry(f"./{name}"), format=form)
        assert unpack_code(made, world / f"there-{number}") == (name,)


def test_a_folder_that_is_not_there_is_made(world: Path) -> None:
    made = archive(world / "b.tar.gz", GOOD)
    assert unpack_code(made, world / "new" / "deep") == ("good.py",)
    (world / "short").symlink_to("new")
    unpack_code(made, world / "short")
    assert (world / "new" / "good.py").exists()


def test_a_folder_that_cannot_be_made(world: Path) -> None:
    made = archive(world / "b.tar.gz", GOOD)
    (world / "file").write_text("")
    for folder in ("/proc/nowhere/at/all", world / "file" / "below"):
        with pytest.raises(CodeBundleError, match=r"cannot be unpacked into "):
            unpack_code(made, folder)


def test_what_is_packed_can_be_unpacked_over_itself(world: Path) -> None:
    root = world / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text("1")
    (root / "b.py").symlink_to("pkg/a.py")
    bundle = pack_code(root, copy="all")
    for _ in range(2):
        assert unpack_code(bundle.path, world / "there") == ("b.py", "pkg/a.py")
    assert pack_code(world / "there", copy="all").version == bundle.version
