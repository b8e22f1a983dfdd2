"""What an import does in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

__all__ = ["ImportReport", "import_freshly", "run_freshly"]

_PROBE = """
import contextlib, importlib, io, json, sys, warnings
before = set(sys.modules)
said = io.StringIO()
with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    warnings.simplefilter("error")
    importlib.import_module(sys.argv[1])
print(json.dumps({"loaded": sorted(set(sys.modules) - before), "said": said.getvalue()}))
"""


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What importing one module loaded and printed."""

    loaded: tuple[str, ...]
    """The full names of the modules that were not there before."""

    said: str
    """What was printed."""

    def outside(self, *allowed: str) -> list[str]:
        """Return what was loaded beside the standard library and the ``allowed`` packages."""
        roots = {*sys.stdlib_module_names, *allowed}
        return [name for name in self.loaded if name.partition(".")[0] not in roots]


def import_freshly(module: str) -> ImportReport:
    """Import ``module`` in a new process, warnings being errors, and report."""
    report = json.loads(run_freshly(_PROBE, module).splitlines()[-1])
    return ImportReport(loaded=tuple(report["loaded"]), said=report["said"])


def run_freshly(code: str, *arguments: str) -> str:
    """Run ``code`` in a new process of this Python and return what it printed.

    Raises:
        AssertionError: it failed; the message ends with its own.
    """
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"a fresh process for {' '.join(arguments)!r} failed:\n{done.stderr.strip()}")
    return done.stdout
