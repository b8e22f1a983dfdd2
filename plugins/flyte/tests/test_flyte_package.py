"""What importing costs, and what a user finds."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fletching
import fletching_flyte

HEAVY = ("grpc", "flyteidl", "google.protobuf", "yaml", "urllib.request", "ssl", "http.server", "asyncio")


def loaded(code: str) -> str:
    told = f"import sys\n{code}\nprint(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return done.stdout.strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    "code",
    [
        "import fletching_flyte",
        "from fletching_flyte import Config, PlatformConfig; Config.for_endpoint('a:1')",
        "import fletching_flyte.register_command, fletching_flyte.launch_command, fletching_flyte.run_commands",
        "from fletching.extend import manager\nmanager().names('commands')",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    assert loaded(code) == ""


def test_the_help_of_fletch_imports_no_command() -> None:
    code = "import runpy\nsys.argv = ['fletch', '--help']\ntry: runpy.run_module('fletching', run_name='__main__')\n"
    code += "except SystemExit: pass\nprint([name for name in sys.modules if name.startswith('fletching_')])"
    done = subprocess.run([sys.executable, "-c", f"import sys\n{code}"], capture_output=True, text=True, check=True)
    for command in ("fetch", "launch", "logs", "register", "terminate", "wait"):
        assert f"\n  {command} " in done.stdout
    assert done.stdout.rstrip().endswith("[]")


def test_public_names() -> None:
    assert fletching.FlyteRemote is fletching_flyte.FlyteRemote
    assert fletching.FlyteTask is fletching_flyte.FlyteTask
    assert [name for name in fletching_flyte.__all__ if not getattr(fletching_flyte, name).__doc__] == []
    with pytest.raises(AttributeError, match="no attribute 'FlyteRemot'"):
        fletching_flyte.FlyteRemot  # noqa: B018
