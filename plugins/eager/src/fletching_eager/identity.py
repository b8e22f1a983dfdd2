"""Where in a run a call of an eager task stands: the same in every run, in whatever order calls happen."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from fletching.extend import InputsDigest, execution_identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.extend import Execution

__all__ = ["CHILD_LABEL", "DIGITS", "Identities"]

CHILD_LABEL = "eager-exec"
"""The label of an execution that tells which one started it."""

DIGITS = 10
"""Hexadecimal digits of the digest in a path."""


class Identities:
    """Names the calls of one attempt: by what is called and with which inputs, and not by when.

    ``add-1f0c3a9b52`` is a call of ``add``; the digits stand for its full name and its inputs. Where the same call is
    made again it is ``add-1f0c3a9b52-1``, then ``-2``: between such calls it makes no difference which is which.
    """

    def __init__(self) -> None:
        self._digest = InputsDigest()
        self._seen: dict[str, int] = {}

    def path(self, entity: Any, inputs: Mapping[str, Any]) -> str:
        """Return the path part of a call that begins now."""
        return self.next(_base(entity, self._digest(entity.python_interface, inputs)))

    def next(self, base: str) -> str:
        """Return ``base``, with an ordinal from the second time on."""
        count = self._seen.get(base, 0)
        self._seen[base] = count + 1
        return f"{base}-{count}" if count else base

    def tag(self, task: Any, execution: Execution | None) -> str:
        """Return what the names of executions on a backend are made from: what is the same whenever it runs again.

        In a container that is the execution that the container is part of; elsewhere the eager task and its inputs.
        """
        here = execution_identity() if execution is not None and execution.executor == "container" else None
        if here is not None and here.name:
            return here.name
        call = execution.call if execution is not None else None
        inputs = call.inputs if call is not None else {}
        return _base(task, self._digest(task.python_interface, inputs))

    def execution_name(self, tag: str, path: str) -> str:
        """Return the name of an execution: at most 63 lower-case letters, digits and dashes."""
        full = f"{tag}/{path}"
        plain = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
        return f"e{hashlib.sha256(full.encode()).hexdigest()[:DIGITS]}-{plain}"[:63].rstrip("-")


def _base(entity: Any, inputs: bytes | None) -> str:
    short = re.sub(r"[^\w.<>-]", "-", entity.short_name)
    if inputs is None:
        return f"{short}-unhashed"  # no wire form, or read only once: told apart by their order alone, never recovered
    digest = hashlib.sha256(b"%s\0%s" % (entity.name.encode(), inputs))
    return f"{short}-{digest.hexdigest()[:DIGITS]}"
