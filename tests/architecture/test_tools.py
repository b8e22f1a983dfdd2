"""The pins say the same everywhere, and the list of constraints is up to date."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from repository import MEMBERS, ROOT, load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS = load_toml(ROOT / "pyproject.toml")["dependency-groups"]


def constraints() -> dict[str, list[Requirement]]:
    """Tell the pins of each name; some differ by marker."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        pin = Requirement(line)
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def wanted() -> Iterator[tuple[str, Requirement]]:
    """Tell each requirement of a member or of a group of tools, and whose it is."""
    ours = {member.distribution for member in MEMBERS}
    for member in MEMBERS:
        extras = member.project.get("optional-dependencies", {}).values()
        for text in [*member.project["dependencies"], *(text for extra in extras for text in extra)]:
            if Requirement(text).name not in ours:
                yield str(member), Requirement(text)
    for group, lines in GROUPS.items():
        yield from ((group, Requirement(text)) for text in lines if isinstance(text, str))


@pytest.mark.parametrize(("whose", "requirement"), list(wanted()), ids=lambda part: str(part).replace("/", "-"))
def test_a_requirement_is_pinned(whose: str, requirement: Requirement) -> None:
    if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        return
    pins = constraints().get(canonicalize_name(requirement.name), [])
    assert pins, f"{requirement} of {whose} is not in constraints.txt: make lock"
    for pin in pins:
        (version,) = (clause.version for clause in pin.specifier)
        assert requirement.specifier.contains(Version(version), prereleases=True), f"{pin}: make lock"


def test_the_makefile_and_the_groups_pin_the_same_tools() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for tool, group in (("hatch", "tool"), ("uv", "test")):
        version = re.search(rf"^{tool.upper()}_VERSION := (\S+)$", makefile, re.MULTILINE)
        assert version
        assert f"{tool}=={version[1]}" in GROUPS[group]


def test_continuous_integration_runs_what_the_readme_says() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    plan = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "ci"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "make ci" in script.read_text(encoding="utf-8")
    for target in ("check", "docs", "dist", "test-others", "demo", "test"):
        assert re.search(rf"make --no-print-directory {target}( ARGS=.*)?$", plan, re.MULTILINE), target
