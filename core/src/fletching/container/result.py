"""What a container leaves: the files below its output prefix, each of them whole or not there at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fletching.types.blobs import is_remote, join, local_path, write_at

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.interface import Interface

__all__ = ["DECK", "ERROR", "FUTURES", "OUTPUTS", "OutputFolder", "code_of_failure", "stored_apart"]

OUTPUTS = "outputs.pb"
FUTURES = "futures.pb"
ERROR = "error.pb"
DECK = "deck.html"


FAIL_ON_ERROR = "FLYTE_FAIL_ON_ERROR"
TRUE = ("1", "true", "t", "yes", "y", "on")


def code_of_failure() -> int:
    """Return what a process exits with whose error is written: a backend reads it there, and 0 says so."""
    return 1 if os.environ.get(FAIL_ON_ERROR, "").lower() in TRUE else 0


class OutputFolder:
    """The folder or URI that a backend looks into when the container has ended."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def error_name(self) -> str:
        """Return the name of the file for an error; several workers each have one of their own."""
        from fletching.identity import first_set

        if first_set("FLYTE_INTERNAL_DIST_ERROR_STRATEGY", "_F_DES"):
            return f"error-{os.urandom(16).hex()}.pb"
        return ERROR

    def make(self) -> None:
        """Make the folder, if it is a local one."""
        if not is_remote(self.prefix):
            os.makedirs(local_path(self.prefix), exist_ok=True)

    def write(self, name: str, data: bytes) -> None:
        """Write a file in one step: whoever finds it finds all of it, and nothing that contradicts it."""
        if is_remote(self.prefix):
            # An object store shows an object when it has all of it.
            write_at(join(self.prefix, name), data)
            return
        self.make()
        folder = local_path(self.prefix)
        beside = os.path.join(folder, f".{name}-{os.urandom(8).hex()}")
        try:
            with open(beside, "xb") as file:
                file.write(data)
            for other in {OUTPUTS, FUTURES, ERROR} - {name} if name in (OUTPUTS, FUTURES, ERROR) else ():
                if os.path.exists(os.path.join(folder, other)):  # of an earlier run that was given the same folder
                    os.unlink(os.path.join(folder, other))
            os.replace(beside, os.path.join(folder, name))
        except BaseException:
            if os.path.exists(beside):
                os.unlink(beside)
            raise


def stored_apart(outputs: LiteralMap, interface: Interface, folder: OutputFolder) -> LiteralMap:
    """Return outputs of which the large ones are in files of their own, if the platform asks for that."""
    if "_F_L_MIN_SIZE_MB" not in os.environ:
        return outputs
    from fletching.types.engine import transformer
    from fletching.types.offload import OffloadLimits, offload

    types = {name: transformer(annotation).literal_type() for name, annotation in interface.outputs.items()}
    folder.make()
    return offload(outputs, types, folder.prefix, OffloadLimits.from_environment(os.environ))
