"""Broken bundles and command lines by the thousand: each ends in a clear error, in time, and inside its folder.

    python tests/support/bundle_fuzz.py SEED COUNT

It prints how often each thing happened, as JSON, and ends with 1 where something happened that must not.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import signal
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

from flyteidl.core.errors_pb2 import ErrorDocument

from fletching.container.arguments import UsageError, split
from fletching.container.fast import PROGRAM, run_fast
from fletching.errors import CodeBundleError
from fletching.extend import unpack_code

__all__ = ["main"]

SECONDS = 30
NAMES = [
    "a.py",
    "d/b.py",
    "../x",
    "/etc/x",
    "..",
    ".",
    "",
    "d/../../x",
    "A.py",
    "d",
    "l/x",
    "a\0b",
    "ü",
    "x" * 300,
    "d//e",
    "~/x",
]
TARGETS = ["a.py", "../x", "/etc/passwd", ".", "..", "d/..", "", "l", "d/../..", "../../../../tmp"]
KINDS = [tarfile.REGTYPE, tarfile.REGTYPE, tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]
KINDS += [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, tarfile.XHDTYPE, b"\0", b"Z"]
LIMITS = {"max_bytes": 1_000_000, "max_files": 50}


def some_archive(source: random.Random) -> bytes:
    """Return a tar of good and bad entries."""
    out = io.BytesIO()
    form = source.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for number in range(source.randint(0, 6)):
            bad = source.random() < 0.3
            entry = tarfile.TarInfo(source.choice(NAMES) if bad else f"m{number}/f{number}.py")
            entry.type = source.choice(KINDS) if bad else tarfile.REGTYPE
            entry.linkname = source.choice(TARGETS)
            entry.mode = source.choice([0o644, 0o755, 0, 0o7777])
            data = source.randbytes(source.choice([0, 1, 511, 512, 513, 3000]))
            entry.size = len(data) if entry.isreg() else source.choice([0, 0, 700])
            if source.random() < 0.1:
                entry.pax_headers = {
                    source.choice(["path", "size", "GNU.sparse.map", "linkpath"]): source.choice(NAMES)
                }
            try:
                made.addfile(entry, io.BytesIO(data.ljust(entry.size, b"\0")))
            except (ValueError, OSError):
                continue  # such an entry cannot even be written
    return out.getvalue()


def mutated(data: bytes, source: random.Random) -> bytes:
    """Return bytes with a few of them changed, cut, doubled or moved."""
    made = bytearray(data)
    for _ in range(source.choice([0, 1, 1, 2, 5])):
        if not made:
            break
        at = source.randrange(len(made))
        match source.randrange(6):
            case 0:
                made[at] ^= 1 << source.randrange(8)
            case 1:
                made[at : at + source.randint(1, 20)] = source.randbytes(source.randint(1, 20))
            case 2:
                del made[at:]
            case 3:
                del made[at : at + source.randint(1, 600)]
            case 4:
                made[at:at] = made[at : at + source.randint(1, 600)]
            case _:
                made[at : at + 8] = source.choice([b"\xff" * 8, b"7777777\0", b"\0" * 8, b"../../..", b"-0000001"])
    return bytes(made)


def repaired(data: bytes) -> bytes:
    """Return a tar whose headers have the right checksum again, so that what they say is looked at."""
    made = bytearray(data)
    for start in range(0, len(made) - 511, 512):
        header = made[start : start + 512]
        if header[257:262] == b"ustar":
            total = 256 + sum(header[:148]) + sum(header[156:])
            made[start + 148 : start + 156] = b"%06o\0 " % total
    return bytes(made)


def some_bundle(source: random.Random) -> bytes:
    """Return what somebody may have put where a bundle is expected."""
    data = some_archive(source)
    if source.random() < 0.6:
        data = mutated(data, source)
        if source.random() < 0.8:
            data = repaired(data)
    if source.random() < 0.9:
        data = gzip.compress(data, mtime=0, compresslevel=1)
        if source.random() < 0.3:
            data = mutated(data, source)
    return data


def some_words(source: random.Random, bundle: str) -> list[str]:
    """Return a command line that is right, or nearly so."""
    uri = source.choice(
        [bundle, bundle, bundle, f"file://{bundle}", "nowhere://b/k", "", "{{ .remote_package_path }}", "x\0y"]
    )
    prefix = source.choice(["out", "out", "out", "{{.outputPrefix}}", "", "nowhere://x"])
    program = source.choice([["true"], ["true"], ["sh", "-c", "exit 7"], ["no-such-program"], [""], ["there"]])
    words = [
        "--additional-distribution",
        uri,
        "--dest-dir",
        source.choice(["there", "there", "{{ .dest_dir }}", "there/new"]),
    ]
    words += ["--", *program, "--inputs", "in.pb", "--output-prefix", prefix, "--resolver", "r", "--", "task-name", "t"]
    for _ in range(source.choice([0, 0, 1, 2])):
        at = source.randrange(len(words))
        match source.randrange(4):
            case 0:
                del words[at]
                if not words:
                    break
            case 1:
                words.insert(
                    at, source.choice(["--", "--test", "-x", "--resolver", "--help", "--dest-dir=there", "ü", ""])
                )
            case 2:
                other = source.randrange(len(words))
                words[at], words[other] = words[other], words[at]
            case _:
                words[at] = words[at][: source.randint(0, len(words[at]))]
    return words


def seen(folder: Path) -> dict[str, object]:
    """Return everything in a folder but the places that may be written to."""
    return {
        str(place.relative_to(folder)): place.lstat().st_mtime_ns if place.is_dir() else place.read_bytes()
        for place in folder.rglob("*")
        if not place.is_symlink() and place.relative_to(folder).parts[0] not in ("there", "out", "said")
    }


def unpacks_here(words: list[str]) -> bool:
    """Return whether a command line says to unpack into the current folder, as it does when it names none."""
    try:
        given, _ = split(PROGRAM, words)
    except UsageError:
        return False
    return given is not None and "dest-dir" not in given


def unpack(bundle: Path, there: Path) -> str:
    """Unpack, and tell what happened."""
    try:
        names = unpack_code(bundle, there, **LIMITS)
    except CodeBundleError as error:
        if str(bundle) not in str(error):
            return f"WRONG: the error does not say which bundle: {error}"
        return "WRONG: refused, and something was written" if any(there.iterdir()) else "refused"
    root = os.path.realpath(there)
    for place in there.rglob("*"):
        if not os.path.realpath(place).startswith(root):
            return f"WRONG: {place} leads out"
    return "unpacked" if all(os.path.lexists(there / name) for name in names) else "WRONG: a file is missing"


def execute(words: list[str], folder: Path) -> str:
    """Run the words in a process of their own, which may become another program, and tell what happened."""
    said = os.open(folder / "said", os.O_RDWR | os.O_CREAT)
    pid = os.fork()
    if pid == 0:
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        code = 99
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(SECONDS)
            code = run_fast(words)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException as error:
            os.write(2, f"RAISED {error!r}".encode())
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    os.close(said)
    text = (folder / "said").read_text(errors="replace")
    if os.WIFSIGNALED(status):
        return f"WRONG: ended by signal {os.WTERMSIG(status)}: {words}"
    code = os.WEXITSTATUS(status)
    for document in folder.rglob("error.pb"):  # below "out", unless the words say another place
        told = ErrorDocument.FromString(document.read_bytes()).error
        return "error.pb" if told.message and told.code == "SYSTEM" and code == 0 else f"WRONG: {told} {code}"
    if not text.startswith("fletch-fast-execute: "):
        return f"WRONG: {text}" if code == 99 else "ran"
    if code == 2:
        return "usage"
    return f"exit {code}" if code in (1, 127) and "Message:" in text else f"WRONG: {code} {words} {text}"


def main(seed: int, count: int) -> int:
    """Try ``count`` bundles and command lines; print what happened."""
    counts: Counter[str] = Counter()
    root = Path(tempfile.mkdtemp(prefix="fletching-fuzz-"))
    os.environ["TMPDIR"] = tempfile.tempdir = str(root / "tmp")
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("a bundle took too long"))
    try:
        (root / "tmp").mkdir()
        for number in range(seed, seed + count):
            source = random.Random(number)
            folder = root / "world"
            (folder / "there").mkdir(parents=True)
            os.chdir(folder)
            bundle = folder / "code.tar.gz"
            bundle.write_bytes(some_bundle(source))
            (folder / "in.pb").write_bytes(b"inputs")
            before = seen(folder)
            signal.alarm(SECONDS)
            words = some_words(source, str(bundle))
            outcome = unpack(bundle, folder / "there") if number % 2 else execute(words, folder)
            signal.alarm(0)
            changed = {name for name, what in seen(folder).items() if before.get(name) != what}
            # What a shortened word of the command line names is where it was told to write.
            allowed = {part.partition("/")[0] for word in words for part in (word, word.partition("=")[2])}
            odd = {name for name in changed if name.partition("/")[0] not in allowed}
            if odd and not unpacks_here(words):
                outcome = f"WRONG: {sorted(odd)} outside its folder"
            if list((root / "tmp").iterdir()) or {place.name for place in root.iterdir()} != {"tmp", "world"}:
                outcome = "WRONG: something is left behind"
            counts[f"{number}: {outcome}" if outcome.startswith("WRONG") else outcome] += 1
            os.chdir(root)
            shutil.rmtree(folder)
    finally:
        os.chdir("/")
        shutil.rmtree(root, ignore_errors=True)
    print(json.dumps(dict(counts.most_common()), ensure_ascii=False))
    return any("WRONG" in outcome for outcome in counts)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
