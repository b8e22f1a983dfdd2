"""Writes ``flytekit.json``: what flytekit's own ``pyflyte package`` makes of ``program.py``.

Run it with the Python of an environment that has flytekit: ``python write_package.py``.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Package the program with and without its code."""
    written = {}
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "prog")
        package.mkdir()
        (package / "__init__.py").touch()
        shutil.copy(HERE / "program.py", package / "flow.py")
        pyflyte = str(Path(sys.executable).with_name("pyflyte"))
        for name, copy in (("plain", "none"), ("fast", "all")):
            options = ["--image", "example.com/image:v1", "--copy", copy, "-o", f"{name}.tgz"]
            subprocess.run([pyflyte, "--pkgs", "prog", "package", *options], cwd=folder, check=True)
            with tarfile.open(Path(folder, f"{name}.tgz")) as archive:
                written[name] = {
                    member.name: base64.b64encode(archive.extractfile(member).read()).decode()  # type: ignore[union-attr]
                    for member in sorted(archive.getmembers(), key=lambda each: each.name)
                    if member.name.endswith(".pb")
                }
    (HERE / "flytekit.json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
