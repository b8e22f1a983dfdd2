"""How the package is found, and what it costs those who use only a part of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fletching.testing import PluginConformance

LIBRARIES = ("pyarrow", "pandas", "polars", "numpy")


class TestPackage(PluginConformance):
    """What every plugin has."""

    distribution = "fletching-arrow"


def loaded(program: str) -> set[str]:
    """Return which of the libraries a fresh process has loaded after a program."""
    report = f"import sys\n{program}\nprint(*(name for name in {LIBRARIES!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, timeout=300, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import fletching_arrow", set()),
        ("from fletching_arrow import StructuredDataset; StructuredDataset(uri='x')", set()),
        (
            (
                "from fletching import task; from fletching_arrow import StructuredDataset\n"
                "@task\ndef f(d: StructuredDataset) -> int: return 1"
            ),
            set(),
        ),
        ("import fletching.extend as e; e.transformer(int); e.transformer(list[str])", set()),
    ],
)
def test_a_library_is_loaded_when_it_is_mentioned(program: str, expected: set[str]) -> None:
    assert loaded(program) == expected


def test_tables_do_not_load_the_frames() -> None:
    # No values here: pyarrow itself loads pandas when it makes an array of Python objects.
    assert loaded("import pyarrow as pa, fletching.extend as e; e.transformer(pa.Table)") <= {"pyarrow", "numpy"}


def test_the_public_name_is_fletchings_too() -> None:
    import fletching
    import fletching_arrow

    assert fletching.StructuredDataset is fletching_arrow.StructuredDataset
