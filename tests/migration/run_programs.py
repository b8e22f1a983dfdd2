"""Run programs one after another in one process, and print what each printed as JSON: ``run_programs.py FILE…``."""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import sys
import tempfile
import traceback
from pathlib import Path


def run(program: Path) -> dict[str, str]:
    """Return what a program printed, and the traceback if it failed."""
    printed, failed = io.StringIO(), ""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="fletching-migrated-") as folder:
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(printed):
                runpy.run_path(str(program), run_name="__main__")
        except BaseException:
            failed = traceback.format_exc()
        finally:
            os.chdir(program.parent)
            os.environ.clear()
            os.environ.update(before)
    return {"printed": printed.getvalue(), "failed": failed}


if __name__ == "__main__":
    found = {name: run(Path(name).resolve()) for name in sys.argv[1:]}
    json.dump({Path(name).stem: said for name, said in found.items()}, sys.stdout)
