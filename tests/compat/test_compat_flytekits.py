"""The flytekits that others are compared with are what they should be, and say what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flytekits import FlytekitError

if TYPE_CHECKING:
    from pathlib import Path

    from flytekits import Flytekit


def test_it_is_the_version_it_says(flytekit: Flytekit, tmp_path: Path) -> None:
    file = tmp_path / f"side_{flytekit.version.replace('.', '_')}.py"
    file.write_text("import flytekit\ndef version(*values): print('hm'); return [flytekit.__version__, values]\n")
    assert flytekit.call(file, "version", b"\xff", "ü", None) == [flytekit.version, [b"\xff", "ü", None]]
    assert flytekit.run("result = x + b'2'", x=b"1") == b"12"


def test_an_error_there_is_one_here_and_tells_what_was_printed(newest_flytekit: Flytekit) -> None:
    with pytest.raises(FlytekitError, match="no such thing") as caught:
        newest_flytekit.run("print('said before'); raise LookupError('no such thing')")
    assert caught.value.kind == "LookupError"
    assert "said before" in str(caught.value)
    assert newest_flytekit.run("result = 1") == 1


def test_the_old_format_ends_with_its_block(newest_flytekit: Flytekit) -> None:
    ask = "import os; result = os.environ.get('FLYTE_USE_OLD_DC_FORMAT')"
    with newest_flytekit.old_format():
        assert newest_flytekit.run(ask) == "true"
    assert newest_flytekit.run(ask) is None
