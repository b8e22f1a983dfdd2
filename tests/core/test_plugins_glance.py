"""Reading what is installed at a glance: what it says is what importlib-metadata says, or it says nothing."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from distributions import Site, metadata_text
from fletching.glance import glance
from fletching.scan import scan
from fletching.survey import searched, survey
from sites import STANDARD

if TYPE_CHECKING:
    from fletching.installed import Installed

ENTRY_POINTS = [
    "[fletching.tasks]\nquantum = quantum.task:Task\n",
    "[console_scripts]\nrun = a:b\n\n[fletching.tasks]\none=m:A\n two = m.n : A.B \n[fletching.hooks]\n# none\nh = m\n",
    "[fletching.tasks]\r\nquantum = quantum.task:Task\r\n",
    "[console_scripts]\nrun = a:b [extra]\n",
    "[fletching.tasks]\nwith extra = m:A [more]\n",
    "[fletching.tasks]\nno_value\n",
    "[fletching.tasks\nbroken = m:A\n[fletching.types]\na.b = m:A\n",
    "stray = m:A\n[fletching.tasks]\nsame = m:A\nsame = m:B\n",
    "; [fletching.tasks]\nx = y\n",
    "[fletching.tasks]\nümlaut = m:A\n",
    "[fletching.tasks]\nform = m:A\x0b[fletching.types]\x0cn = m:B\n",
    "\ufeff[fletching.tasks]\nmarked = m:A\n",
    "[[fletching.tasks]]\ntwice = m:A\n",
    "[fletching.tasks]\n",
    "[fletching.]\nx = m:A\n",
    "",
]
REQUIREMENTS = [
    "fletching",
    "fletching>=0.1,<0.2",
    "fletching <1, >= 0.1.0",
    "Fletching==0.1",
    "fletching!=0.1.0",
    "fletching[arrow]>0.0.9",
    "fletching-arrow>=9",
    "fletching_arrow>=9 ; extra == 'x'",
    "fletching>=9; extra == 'x'",
    "fletching~=0.1",
    "fletching (>=0.1)",
    "fletching==0.1.*",
    "fletching>=0.1,",
    "fletching @ https://example.org/f.whl",
    "other>=1",
    "not valid at all!",
    " fletching>=2",
    "fletching>=2 ",
]
FOLDERS = [
    "quantum-1.0.dist-info",
    "Quantum-2.0.dist-info",
    "quan.tum-1.dist-info",
    "quantum.dist-info",
    "quan_tum-1.egg-info",
]
METADATA = [
    "",
    "Summary: ü\n",
    "Description: a\n  b\n",
    "no colon here\n",
    "Name: other\n",
    "\n\nbody: x\n",
    "X-Y: \r a\n",
]


def both(folder: Path) -> tuple[Installed | None, Installed]:
    """Read a folder both ways."""
    with patch.object(sys, "path", [str(folder), *STANDARD]):
        paths = searched()
        assert paths is not None
        stamps = dict(survey(paths).infos)
        return glance(stamps), scan(stamps)[0]


@st.composite
def distributions(draw: st.DrawFn) -> tuple[str, str, str]:
    """Make the folder, the entry points and the metadata of a distribution."""
    requires = tuple(draw(st.lists(st.sampled_from(REQUIREMENTS), max_size=3)))
    version = draw(st.sampled_from(["1.0", "0.1.dev1", "ü", ""]))
    metadata = metadata_text(draw(st.sampled_from(["quantum", "Quan.Tum", "x "])), version, requires)
    metadata += draw(st.sampled_from(METADATA))
    return draw(st.sampled_from(FOLDERS)), draw(st.sampled_from(ENTRY_POINTS)), metadata


@settings(max_examples=150, deadline=None)
@given(found=st.lists(distributions(), max_size=3), core=st.sampled_from(["", "0.1.0", "0.1", "1.0", "0.1.0rc1"]))
@pytest.mark.filterwarnings("ignore::fletching.errors.PluginWarning")
def test_a_glance_is_right_or_says_nothing(found: list[tuple[str, str, str]], core: str) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        if core:
            Site(folder).add("fletching", version=core)
        for name, entry_points, metadata in found:
            info = folder / name
            info.mkdir(exist_ok=True)
            (info / "entry_points.txt").write_text(entry_points, encoding="utf-8", newline="")
            (info / "METADATA").write_text(metadata, encoding="utf-8", newline="")
        seen, known = both(folder)
        event(f"seen: {seen is not None and len(seen.entries()) > 0}")
        assert seen is None or seen == known
    finally:
        shutil.rmtree(folder)


def test_what_installers_leave_takes_no_closer_look(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.add("fletching", version="0.1.0")
    site.add("numbers", {"console_scripts": {}}, requires=("fletching",))
    site.add(
        "quantum",
        {"tasks": {"quantum": "quantum:Task"}},
        requires=("fletching[arrow]>=0.1,<0.2", "numbers; extra == 'x'"),
    )
    site.add("later", {"types": {"later": "later"}}, requires=("fletching>=0.2",))
    seen, known = both(site.folder)
    assert seen == known
    assert {one.name: one.fits for one in known.distributions} == {"later": "", "quantum": "0.1.0"}


def test_this_environment_takes_no_closer_look() -> None:
    paths = searched()
    assert paths is not None
    stamps = dict(survey(paths).infos)
    assert glance(stamps) == scan(stamps)[0]


def test_a_first_start_loads_nothing_that_a_later_one_does_not(tmp_path: Path) -> None:
    from repository import run_python

    program = (
        "import sys\nfrom fletching import task\n@task\ndef t(): pass\nt()\n"
        "print(sorted({'importlib_metadata', 'importlib.metadata', 'packaging', 'email'} & set(sys.modules)))"
    )
    assert run_python("-P", "-c", program, FLETCHING_HOME=str(tmp_path / "home")).stdout == "[]\n"
