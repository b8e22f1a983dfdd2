"""A container as a backend starts it: a folder with code, the program of the command, the files it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import LiteralMap

from fletching.extend import from_literal_map, to_literal_map
from repository import clean_environment

if TYPE_CHECKING:
    from flyteidl.core.errors_pb2 import ContainerError

__all__ = ["DEFAULT_RESOLVER", "Container", "Ended", "program"]

DEFAULT_RESOLVER = "fletching.resolver.default_task_resolver"
NO_KINDS: dict[str, Any] = {}


def program(name: str) -> str:
    """Return the path of a program that is installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


class Ended(NamedTuple):
    """What a container left."""

    code: int
    output: str
    """What it printed on both streams."""
    folder: Path
    """Its output prefix."""

    @property
    def files(self) -> set[str]:
        """The names below the output prefix."""
        return {file.name for file in self.folder.iterdir()} if self.folder.exists() else set()

    @property
    def literals(self) -> LiteralMap:
        """Its outputs."""
        assert self.code == 0, self.output
        assert "error.pb" not in self.files, self.error.message
        return LiteralMap.FromString((self.folder / "outputs.pb").read_bytes())

    def outputs(self, **kinds: Any) -> dict[str, Any]:
        """Return its outputs by name, as values of these types."""
        return from_literal_map(kinds, self.literals)

    @property
    def job(self) -> DynamicJobSpec:
        """What a dynamic task wants to have run."""
        assert self.code == 0, self.output
        assert "error.pb" not in self.files, self.error.message
        return DynamicJobSpec.FromString((self.folder / "futures.pb").read_bytes())

    @property
    def error(self) -> ContainerError:
        """Its error, and proof that it left nothing that contradicts it."""
        assert not self.files & {"outputs.pb", "futures.pb"}
        (file,) = (file for file in self.folder.iterdir() if file.name.startswith("error"))
        return ErrorDocument.FromString(file.read_bytes()).error

    @property
    def verdict(self) -> tuple[str, str, str]:
        """The code, the kind and the origin of its error, as a backend reads them."""
        error = self.error
        kind = error.Kind.Name(error.kind)
        return error.code, kind, ("UNKNOWN", "USER", "SYSTEM")[error.origin]


class Container:
    """A folder to be the working directory of containers, with the module ``code`` in it."""

    def __init__(self, folder: Path, code: str) -> None:
        self.folder = folder
        (folder / "code_of_test.py").write_text(dedent(code), encoding="utf-8")
        self.outputs = folder / "outputs"
        self.inputs = folder / "in" / "inputs.pb"
        self.inputs.parent.mkdir()
        self.give({})

    def give(self, values: dict[str, Any] | LiteralMap | bytes, kinds: dict[str, Any] = NO_KINDS) -> None:
        """Write the inputs; the type of each is its class unless ``kinds`` has another."""
        if isinstance(values, dict):
            values = to_literal_map({name: kinds.get(name, type(value)) for name, value in values.items()}, values)
        data = values if isinstance(values, bytes) else values.SerializeToString()
        self.inputs.write_bytes(data)

    def command(self, task: str, *options: str, name: str = "fletch-execute", words: tuple[str, ...] = ()) -> list[str]:
        """Return the command line of a task; what ``options`` name again counts."""
        return [
            program(name),
            *("--inputs", str(self.inputs), "--output-prefix", str(self.outputs)),
            *("--raw-output-data-prefix", str(self.folder / "raw")),
            *("--checkpoint-path", str(self.folder / "checkpoint"), "--prev-checkpoint", ""),
            *("--resolver", DEFAULT_RESOLVER, *options, "--"),
            *(words or ("task-module", "code_of_test", "task-name", task)),
        ]

    def run(self, task: str, *options: str, **changes: str) -> Ended:
        """Run a task to its end; ``changes`` go into the environment."""
        return self.finish(self.command(task, *options), **changes)

    def finish(self, command: list[str], **changes: str) -> Ended:
        """Run a command line to its end."""
        with self.start(command, **changes) as process:
            return self.ended(process)

    def start(self, command: list[str], **changes: str) -> subprocess.Popen[str]:
        """Start a command line."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=clean_environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ended(self, process: subprocess.Popen[str]) -> Ended:
        """Return what a process left that was started here, when it has ended."""
        try:
            output, _ = process.communicate(timeout=120)
        except BaseException:
            process.kill()
            raise
        return Ended(process.returncode, output, self.outputs)
