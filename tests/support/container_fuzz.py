"""Starts fletch-execute again and again with damaged inputs and command lines, in one process; see the test.

Prints one line of JSON: how often each thing came of it, and what should not have.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import Literal, LiteralMap

from fletching.container.arguments import EXECUTE, MAP_EXECUTE
from fletching.container.main import run
from fletching.extend import to_literal_map

__all__ = ["mutated_argv", "mutated_bytes", "sound_argv", "sound_inputs"]

SLOWEST = 30.0
"""Seconds that one start may take before it counts as a hang, on the busiest machine."""
WORDS = [
    *("", "--", "-", "--inputs", "--output-prefix", "--resolver", "--resolver=", "--test", "--nonsense", "--inputs=x"),
    *(
        "{{.input}}",
        "task-name",
        "task-module",
        "os",
        "sys.exit",
        "fletching",
        "fletching.task",
        "fuzzed",
        "../..",
        "a.b",
    ),
    *("\0", "é\ud800", "x" * 5000, "0", "-1", "nan", "s3://b/x", "file://nothing", "box://", "://", "vars", "resolver"),
    *(
        "fuzzed.takes",
        "fuzzed.nested",
        "fletching.resolver.DefaultTaskResolver",
        "fletching.resolver.TaskResolverMixin",
    ),
]


def sound_inputs() -> bytes:
    """Return the inputs of ``fuzzed.takes``."""
    from fuzzed import KINDS, VALUES  # type: ignore[import-not-found]  # written by the test

    return bytes(to_literal_map(KINDS, VALUES).SerializeToString())


def sound_argv() -> list[str]:
    """Return the command line of ``fuzzed.takes``, without the program; its places are below the working directory."""
    return [
        *("--inputs", "inputs.pb", "--output-prefix", "out", "--raw-output-data-prefix", "raw/data"),
        *(
            "--checkpoint-path",
            "cp/1",
            "--prev-checkpoint",
            "",
            "--resolver",
            "fletching.resolver.default_task_resolver",
            "--",
        ),
        *("task-module", "fuzzed", "task-name", "takes"),
    ]


def mutated_bytes(data: bytes, chance: random.Random) -> bytes:
    """Return damaged inputs: bits, bytes and pieces of them, or a literal of another kind under a name."""
    if chance.random() < 0.4:
        return _other_literals(data, chance)
    damaged = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(damaged) + 1)
        action = chance.randrange(5)
        if action == 0 and at < len(damaged):
            damaged[at] ^= 1 << chance.randrange(8)
        elif action == 1 and at < len(damaged):
            damaged[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif action == 2:
            del damaged[at : at + chance.choice((1, 3, 50))]
        elif action == 3:
            damaged[at:at] = chance.randbytes(chance.choice((1, 2, 9)))
        else:
            piece = damaged[at : at + chance.randrange(1, 40)]
            damaged[at:at] = piece * chance.choice((1, 2, 30))
    return bytes(damaged)


def _other_literals(data: bytes, chance: random.Random) -> bytes:
    found = LiteralMap.FromString(data)
    names = sorted(found.literals)
    first, second = chance.choice(names), chance.choice(names)
    literal = Literal()
    literal.CopyFrom(found.literals[second])
    action = chance.randrange(7)
    if action == 0:
        del found.literals[first]
    elif action == 1:
        found.literals[first].CopyFrom(literal)
    elif action == 2:
        found.literals[chance.choice(("", "x", "é", first.upper(), first * 3))].CopyFrom(literal)
    elif action == 3:
        found.literals[first].collection.literals.extend([literal] * chance.randrange(4))
    elif action == 4:
        found.literals[first].offloaded_metadata.uri = chance.choice(
            ("", "/not/there", ".", "s3://b/x", "/dev/null", "\0")
        )
    elif action == 5:
        for _ in range(chance.choice((3, 90, 99, 200))):
            deeper = Literal()
            deeper.collection.literals.add().CopyFrom(literal)
            literal = deeper
        found.literals[first].CopyFrom(literal)
    else:
        found.literals[first].scalar.binary.value = chance.randbytes(chance.randrange(30))
        found.literals[first].scalar.binary.tag = chance.choice(("msgpack", "", "other"))
    return bytes(found.SerializeToString())


def mutated_argv(argv: list[str], chance: random.Random) -> list[str]:
    """Return a command line with words changed, left out, doubled, in another place."""
    words = list(argv)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(words))
        action = chance.randrange(5)
        if action == 0:
            words[at] = chance.choice(WORDS)
        elif action == 1:
            del words[at]
        elif action == 2:
            words.insert(at, chance.choice(WORDS))
        elif action == 3:
            other = chance.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        else:
            words[at] = words[at][: chance.randrange(len(words[at]) + 1)] + chance.choice(("", ".", "x", "/", "\n"))
        if not words:
            return words
    return words


def started(program: Any, argv: list[str]) -> tuple[int, str]:
    """Start the program here and return its exit code and what it printed."""
    printed = io.StringIO()
    with redirect_stderr(printed), redirect_stdout(printed):
        try:
            code = run(program, argv)
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
    return code, printed.getvalue()


def judge(code: int, printed: str, out: Path) -> tuple[str, str]:
    """Return what came of a start, and what is wrong with that."""
    files = {file.name for file in out.iterdir()} if out.is_dir() else set()
    if code == 2:
        told = printed.startswith("fletch-") and "Traceback" not in printed
        return "usage error", "" if told and not files else f"a usage error with {files} and {printed!r}"
    if "outputs.pb" in files:
        wrong = "" if code == 0 and files == {"outputs.pb"} else f"outputs, exit code {code} and {files}"
        return "outputs", wrong
    if "error.pb" in files:
        error = ErrorDocument.FromString((out / "error.pb").read_bytes()).error
        message = error.message.partition("\n\nMessage:\n\n")[2].strip()
        wrong = "" if code == 0 and files == {"error.pb"} and len(message) > 10 else f"{code}, {files}, {message!r}"
        kind = "SYSTEM" if error.code == "SYSTEM" else "USER"
        return f"error.pb, {kind}", wrong
    if not files and code == 0 and not printed:
        return "nothing asked for", ""  # --test
    if not files and printed.startswith("usage: "):
        return "nothing asked for", ""
    told = "cannot be written below" in printed
    return "result written elsewhere or nowhere", "" if code in (0, 1) and (
        told or code == 0
    ) else f"{code}: {printed!r}"


def main(count: int, seed: int, folder: Path) -> None:
    """Start it ``count`` times below a folder whose module ``fuzzed`` has the tasks."""
    sys.path.insert(0, str(folder))
    chance = random.Random(seed)
    data = sound_inputs()
    tallies: dict[str, int] = {}
    problems: list[str] = []
    place = folder / "place"
    work = place / "so" / "deep"  # what a damaged path leads to is below the place
    elsewhere = sorted(path.name for path in folder.iterdir())
    longest = 0.0
    for number in range(count):
        shutil.rmtree(place, ignore_errors=True)
        work.mkdir(parents=True)
        os.chdir(work)
        argv = sound_argv()
        (work / "inputs.pb").write_bytes(data)
        if number % 2:
            (work / "inputs.pb").write_bytes(mutated_bytes(data, chance))
        else:
            argv = mutated_argv(argv, chance)
        program = MAP_EXECUTE if chance.random() < 0.1 else EXECUTE
        begun = time.monotonic()
        try:
            code, printed = started(program, argv)
            tally, wrong = judge(code, printed, work / "out")
        except BaseException as error:
            tally, wrong = "broken", f"{type(error).__name__}: {error}"
        longest = max(longest, time.monotonic() - begun)
        if longest > SLOWEST:
            wrong = f"took {longest} s"
        tallies[tally] = tallies.get(tally, 0) + 1
        if wrong:
            problems.append(f"{number} of seed {seed}: {wrong}: {argv!r}"[:2000])
        os.chdir(folder)
        now = sorted(path.name for path in folder.iterdir() if path.name not in ("place", "__pycache__"))
        if now != elsewhere and now != [name for name in elsewhere if name != "__pycache__"]:
            problems.append(f"{number} of seed {seed} left {now} outside of its folder: {argv!r}"[:2000])
            elsewhere = now
    shutil.rmtree(place, ignore_errors=True)
    sys.stdout.write(json.dumps({"tallies": tallies, "problems": problems, "longest": longest}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
