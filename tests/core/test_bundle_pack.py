"""Code bundles: what is in one, the same bytes for the same files, and what is refused."""

from __future__ import annotations

import gzip
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from fletching.container.code_files import all_files
from fletching.errors import CodeBundleError, FletchingWarning
from fletching.extend import CodeBundle, pack_code, unpack_code
from repository import run_python


def put(root: Path, names: str, text: str = "") -> None:
    for name in names.split():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    put(root, "flow.py pkg/__init__.py pkg/steps.py data/table.csv", "x = 1\n")
    return root


def packed(root: Path, **options: object) -> CodeBundle:
    return pack_code(root, copy="all", **options)  # type: ignore[arg-type]


def test_all_files_are_packed_and_come_back(project: Path, tmp_path: Path) -> None:
    odd = "with space/ünï #1?%20.txt"
    put(project, "")
    (project / odd).parent.mkdir()
    (project / odd).write_bytes(b"\0\xff")
    (project / "run.sh").write_text("#!/bin/sh\n")
    (project / "run.sh").chmod(0o755)
    (project / "empty").write_text("")
    bundle = packed(project, folder=tmp_path / "out")
    assert bundle.files == tuple(
        sorted(["flow.py", "pkg/__init__.py", "pkg/steps.py", "data/table.csv", odd, "run.sh", "empty"])
    )
    assert Path(bundle.path).parent == tmp_path / "out"
    assert Path(bundle.path).name == f"fast{bundle.version}.tar.gz"
    assert bundle.digest.startswith(bundle.version)
    assert len(bundle.version) == 32
    assert bundle.size == os.path.getsize(bundle.path)
    assert unpack_code(bundle.path, tmp_path / "there") == bundle.files
    for name in bundle.files:
        assert (tmp_path / "there" / name).read_bytes() == (project / name).read_bytes()
    assert os.access(tmp_path / "there" / "run.sh", os.X_OK)
    assert not os.access(tmp_path / "there" / "flow.py", os.X_OK)


def test_the_same_files_are_the_same_bytes(project: Path, tmp_path: Path) -> None:
    first = packed(project)
    other = tmp_path / "elsewhere"
    shutil.copytree(project, other)
    for place in other.rglob("*"):
        os.utime(place, (1, 1))
    (other / "flow.py").chmod(0o640)
    (other / "pkg").chmod(0o700)
    second = packed(other)
    assert Path(first.path).read_bytes() == Path(second.path).read_bytes()
    assert first.version == second.version
    with tarfile.open(first.path) as archive:
        for entry in archive:
            assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, 0, "", "")
    with gzip.open(first.path) as stream:
        stream.read()
        assert stream.mtime == 0


@pytest.mark.parametrize("change", ["content", "name", "executable", "more"])
def test_another_program_is_another_version(project: Path, change: str) -> None:
    before = packed(project).version
    if change == "content":
        (project / "flow.py").write_text("x = 2\n")
    elif change == "name":
        (project / "flow.py").rename(project / "flows.py")
    elif change == "executable":
        (project / "flow.py").chmod(0o755)
    else:
        put(project, "more.py")
    assert packed(project).version != before


def test_histories_caches_and_environments_are_left_out(project: Path) -> None:
    left_out = (
        ".git/config .venv/bin/python pkg/__pycache__/steps.cpython-311.pyc pkg/.pytest_cache/x node_modules/a/b.js "
        "old.pyc mine.egg-info/PKG-INFO .DS_Store env38/pyvenv.cfg env38/lib/x.py"
    )
    wanted = packed(project).files
    put(project, left_out)
    assert packed(project).files == wanted


SECRETS = (
    ".aws/config .dockercfg .env .env.local .kube/config .netrc .npmrc .pypirc ID_ED25519 Server.PFX id_rsa_old "
    "pkg/.docker/config.json pkg/.env pkg/.git-credentials pkg/.ssh/id_rsa pkg/both.pem pkg/credentials.json "
    "pkg/kubeconfig pkg/private.pem pkg/raw.key pkg/store.p12"
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
PRIVATE = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n"


def test_secrets_stay_here_unless_they_are_asked_for(project: Path) -> None:
    wanted = packed(project).files
    put(project, SECRETS)
    (project / "pkg" / "private.pem").write_text(PRIVATE)
    (project / "pkg" / "both.pem").write_text(CERTIFICATE + PRIVATE)
    count = len(SECRETS.split())
    with pytest.warns(
        FletchingWarning, match=rf"^{count} files and folders are left out .*: '\.aws', '\.dockercfg', '\.env', …; "
    ):
        assert packed(project).files == wanted
    known = [re.sub(r"((^|/)\.(aws|kube|ssh))/.*", r"\1", name) for name in SECRETS.split() if name != ".env"]
    lines = "".join(f"/{name}\n" for name in known)
    (project / ".flyteignore").write_text(lines)
    told = (
        r"^a file or folder is left out .*: '\.env'; a line '!/\.env' in \.flyteignore takes one along, a line '/\.env'"
    )
    with pytest.warns(FletchingWarning, match=told):
        assert set(packed(project).files) - set(wanted) == {".flyteignore"}
    (project / ".flyteignore").write_text(lines + "!/.env\n!pkg/raw.key\n")
    assert set(packed(project).files) - set(wanted) == {".env", ".flyteignore", "pkg/raw.key"}


def test_what_is_public_or_a_program_travels(project: Path) -> None:
    put(project, "id_rsa.pub id_rsa_tools.py kubeconfig.py ca.crt pkg/ca.pem pkg/public.pem")
    (project / "pkg" / "ca.pem").write_text(CERTIFICATE * 2)
    (project / "pkg" / "public.pem").write_text("-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n")
    found = set(packed(project).files)
    assert found > {"id_rsa.pub", "id_rsa_tools.py", "kubeconfig.py", "ca.crt", "pkg/ca.pem", "pkg/public.pem"}


def test_ignore_files_of_all_kinds_are_honoured(project: Path) -> None:
    put(
        project,
        "secret.env notes/a.txt notes/b.txt big.bin pkg/local.cfg keep/big.bin docs/x.md docs/sub/y.md docs/z.md",
    )
    (project / ".gitignore").write_text("*.env\n/notes/*\n!notes/b.txt\n")
    (project / ".flyteignore").write_text("big.bin\n")
    (project / "keep" / ".flyteignore").write_text("!big.bin\n")
    (project / "pkg" / ".gitignore").write_text("local.cfg  \n# a comment\n")
    (project / ".dockerignore").write_text("docs\n!docs/z.md\n# a comment\n")
    found = set(packed(project).files)
    assert {"notes/b.txt", "keep/big.bin", "docs/z.md", "flow.py"} <= found
    assert not found & {"secret.env", "notes/a.txt", "big.bin", "pkg/local.cfg", "docs/x.md", "docs/sub/y.md"}


PARTS = ["a", "b", "ab", "a.c", "b.c", "d", "é x", "[q]", "x!", "#h"]
PIECES = [
    "a",
    "b",
    "*",
    "?",
    "**",
    "*.c",
    "a*",
    "[ab]",
    "[!a]",
    "[a-b]*",
    "é*",
    "\\#h",
    "\\[q]",
    "**a",
    "d",
    "[]a]",
    "x\\!",
]


def line(source: random.Random) -> str:
    text = "/".join(source.choice(PIECES) for _ in range(source.randint(1, 3)))
    return source.choice(["", "", "", "!"]) + source.choice(["", "", "/"]) + text + source.choice(["", "", "/"])


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git, which is not installed")
@pytest.mark.parametrize("seed", range(12))
def test_a_gitignore_means_what_it_means_to_git(seed: int, tmp_path: Path) -> None:
    source = random.Random(seed)
    outer = tmp_path / "repository"
    root = outer / source.choice(["", "in", "in/side"])
    for _ in range(60):
        place = root.joinpath(*(source.choice(PARTS) for _ in range(source.randint(1, 4))))
        if not any(above.is_file() for above in place.parents) and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("")
    folders = [outer, root, *(place for place in root.rglob("*") if place.is_dir())]
    for folder in {outer, root, *source.choices(folders, k=3)}:
        folder.mkdir(parents=True, exist_ok=True)
        folder.joinpath(".gitignore").write_text("\n".join(line(source) for _ in range(source.randint(1, 5))) + "\n")
    git = ["git", "-c", "core.excludesFile=/dev/null", "-C", str(root)]
    subprocess.run(["git", "init", "-q", str(outer)], check=True)
    (outer / ".git" / "info").mkdir(exist_ok=True)
    (outer / ".git" / "info" / "exclude").write_text(line(source) + "\n")
    told = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard", "--", "."], check=True, capture_output=True
    )
    if root != outer and not subprocess.run([*git, "check-ignore", "-q", str(root)], check=False).returncode:
        return  # git would show nothing; who packs an ignored folder wants what is in it
    assert set(all_files(str(root))) == set(filter(None, told.stdout.decode().split("\0")))


def test_links_inside_are_kept(project: Path, tmp_path: Path) -> None:
    (project / "pkg" / "latest.py").symlink_to("../flow.py")
    (project / "absolute.py").symlink_to(project / "pkg" / "steps.py")
    (project / "folder").symlink_to("pkg")
    (project / "roundabout.py").symlink_to("folder/../flow.py")
    bundle = packed(project)
    assert {"pkg/latest.py", "absolute.py", "folder", "roundabout.py"} <= set(bundle.files)
    there = tmp_path / "there"
    unpack_code(bundle.path, there)
    shutil.rmtree(project)
    assert (there / "absolute.py").read_text() == "x = 1\n"
    assert os.readlink(there / "absolute.py") == "pkg/steps.py"
    assert os.readlink(there / "roundabout.py") == "flow.py"
    assert (there / "folder" / "latest.py").read_text() == "x = 1\n"


@pytest.mark.parametrize(
    "target", ["/etc/hostname", "../outside.py", "pkg/../../outside.py", "folder/../../outside.py"]
)
def test_a_link_out_of_the_folder_is_named(project: Path, target: str) -> None:
    (project / "folder").symlink_to("pkg")
    (project.parent / "outside.py").write_text("secret\n")
    (project / "link.py").symlink_to(target)
    with pytest.raises(CodeBundleError) as caught:
        packed(project)
    assert repr(str(project / "link.py")) in str(caught.value)
    assert repr(target) in str(caught.value)
    assert "deref_symlinks=True" in str(caught.value)
    (project / ".flyteignore").write_text("link.py\n")
    assert "link.py" not in packed(project).files


def test_links_can_be_replaced_by_copies(project: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    put(shared, "tools/a.py", "shared\n")
    (project / "tools").symlink_to(shared / "tools")
    (project / "again").symlink_to("pkg")
    bundle = packed(project, deref_symlinks=True)
    assert {"tools/a.py", "again/steps.py"} <= set(bundle.files)
    unpack_code(bundle.path, tmp_path / "there")
    assert (tmp_path / "there" / "tools" / "a.py").read_text() == "shared\n"
    assert not any(place.is_symlink() for place in (tmp_path / "there").rglob("*"))
    (project / "pkg" / "loop").symlink_to("..")
    with pytest.raises(CodeBundleError, match="leads back into"):
        packed(project, deref_symlinks=True)
    (project / "pkg" / "loop").unlink()
    (project / "nowhere").symlink_to("gone")
    with pytest.raises(CodeBundleError, match="leads to nothing"):
        packed(project, deref_symlinks=True)


def test_a_bundle_needs_files(tmp_path: Path) -> None:
    with pytest.raises(CodeBundleError, match="no file that is not ignored lies below"):
        packed(tmp_path)
    with pytest.raises(CodeBundleError, match="there is no folder"):
        packed(tmp_path / "nowhere")
    with pytest.raises(CodeBundleError, match="by 'auto' or 'all', got 'none'"):
        pack_code(tmp_path, copy="none")  # type: ignore[arg-type]


def test_pipes_and_sockets_are_left_out(project: Path) -> None:
    wanted = packed(project).files
    os.mkfifo(project / "pipe")
    before = os.getcwd()
    os.chdir(project)  # the path of a socket has to be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("sock")
            assert packed(project).files == wanted
    finally:
        os.chdir(before)


@pytest.mark.parametrize("names", ["README.md Readme.md", "docs/a.txt Docs/b.txt", "\u00e9.py e\u0301.py"])
def test_names_that_are_one_elsewhere_are_refused(project: Path, names: str) -> None:
    put(project, names)
    with pytest.raises(CodeBundleError, match="are one name where case does not matter"):
        packed(project)


def test_a_large_bundle_warns_and_names_what_is_large(project: Path) -> None:
    (project / "model.bin").write_bytes(random.Random(1).randbytes(200_000))
    with pytest.warns(FletchingWarning, match=r"the code bundle has 0\.2 MB, .* 'model\.bin' \(0\.2 MB\)"):
        packed(project, warn_above=100_000)


LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[1] + "/src")
import flow, late
from fletching.extend import pack_code
print("\\n".join(pack_code(sys.argv[1]).files))
"""


def test_only_modules_that_are_imported_are_packed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    put(root, "unused.py data.csv src/other/never.py pkg/unused.py .venv/lib/site/inside.py")
    put(
        root,
        "pkg/__init__.py pkg/used.py pkg/sub/__init__.py pkg/sub/deep.py src/late.py src/other/lazy.py space/mod.py",
    )
    put(root, "generated_pb2.py pkg/relative.py")
    (root / ".gitignore").write_text("*_pb2.py\n")
    (root / "flow.py").write_text(
        "import pkg.used, generated_pb2\n"
        "def task():\n    from pkg.sub import deep\n    import other.lazy, space.mod, json\n"
    )
    (root / "pkg" / "used.py").write_text("def f():\n    from . import relative\n    from .. import nothing\n")
    found = run_python("-c", LOADED, str(root)).stdout.split()
    assert " ".join(found) == (
        "flow.py generated_pb2.py pkg/__init__.py pkg/relative.py pkg/sub/__init__.py pkg/sub/deep.py pkg/used.py "
        "space/mod.py src/late.py src/other/lazy.py"
    )


def test_a_folder_may_have_two_names(tmp_path: Path) -> None:
    put(tmp_path, "real/flow.py real/late.py")
    (tmp_path / "other").symlink_to("real")
    for imported, packed_as in (("real", "other"), ("other", "real"), ("other", "other")):
        script = LOADED.replace("pack_code(sys.argv[1])", "pack_code(sys.argv[2])")
        found = run_python("-c", script, str(tmp_path / imported), str(tmp_path / packed_as)).stdout.split()
        assert found == ["flow.py", "late.py"]


def test_nothing_imported_is_an_error(tmp_path: Path) -> None:
    put(tmp_path, "flow.py")
    with pytest.raises(CodeBundleError, match="import it first, or pack with copy='all'"):
        pack_code(tmp_path)


def test_a_module_behind_a_link_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, shared = tmp_path / "project", tmp_path / "shared"
    put(root, "readme.txt")
    put(shared, "bundled_by_link/__init__.py", "x = 1\n")
    (root / "bundled_by_link").symlink_to(shared / "bundled_by_link")
    monkeypatch.syspath_prepend(str(root))
    import bundled_by_link

    try:
        assert bundled_by_link.x == 1
        with pytest.raises(CodeBundleError, match="lies behind a link out of"):
            pack_code(root)
        assert pack_code(root, deref_symlinks=True).files == ("bundled_by_link/__init__.py",)
    finally:
        del sys.modules["bundled_by_link"]
