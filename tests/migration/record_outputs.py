"""Run the programs in real flytekit and keep what they print: ``python tests/migration/record_outputs.py [NAME…]``.

The environment is the one of the compatibility tests; ``FLYTEKIT_PYTHON`` names another one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SAYS_ITSELF = ("Connecting to db ", "Interpolated query ")
"""How lines begin that flytekit prints by itself."""

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))


def run(python: str, program: Path) -> str:
    """Return what a program prints in flytekit."""
    with tempfile.TemporaryDirectory(prefix="fletching-migration-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FLYTE", "_F"))}
        # No cache of an earlier run, and no backend by accident.
        kept |= {"HOME": folder, "PYTHONHASHSEED": "0", "FLYTE_SDK_LOGGING_LEVEL": "50"}
        command = [python, str(program)]
        done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(f"{program.name} fails in flytekit:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return "".join(line for line in done.stdout.splitlines(keepends=True) if not line.startswith(SAYS_ITSELF))


def main(names: list[str]) -> None:
    """Record the named programs, or all."""
    if "FLYTEKIT_PYTHON" in os.environ:
        python = os.environ["FLYTEKIT_PYTHON"]
    else:
        from flytekits import interpreter

        python = str(interpreter("1.16.31"))
    programs = [one for one in sorted(HERE.glob("programs/*.py")) if not names or one.stem in names]
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for program, running in [(one, pool.submit(run, python, one)) for one in programs]:
            try:
                said = running.result()
            except RuntimeError as error:
                failed.append(str(error))
                continue
            (HERE / "outputs" / f"{program.stem}.txt").write_text(said, encoding="utf-8")
            print(f"{program.stem}: {len(said.splitlines())} lines")
    print("\n\n".join(failed), file=sys.stderr)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main(sys.argv[1:])
