"""A real flytekit for the tests: ``flytekit`` for both versions, ``newest_flytekit`` for one. See `flytekits`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from flytekits import VERSIONS, Flytekit, NoFlytekitError

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNING: dict[str, Flytekit] = {}
"""One process for each version, shared by all tests of this worker."""

MISSING: dict[str, NoFlytekitError] = {}
"""Why there is none; what failed once is not tried for each test again."""


def running(version: str) -> Flytekit:
    if version not in RUNNING and version not in MISSING:
        try:
            RUNNING[version] = Flytekit(version)
        except NoFlytekitError as error:
            MISSING[version] = error
    if version in RUNNING:
        return RUNNING[version]
    if os.environ.get("FLETCHING_NEED_FLYTEKIT"):
        raise MISSING[version]
    return pytest.skip(f"NOT COMPARED with flytekit {version}: its environment cannot be made here: {MISSING[version]}")


@pytest.fixture(scope="session", params=VERSIONS)
def flytekit(request: pytest.FixtureRequest) -> Flytekit:
    """A flytekit; the test runs once for each version."""
    return running(request.param)


@pytest.fixture(scope="session")
def newest_flytekit() -> Flytekit:
    """The newest flytekit."""
    return running(VERSIONS[0])


@pytest.fixture(scope="session", autouse=True)
def ended() -> Iterator[None]:
    """End the processes with the session."""
    yield
    while RUNNING:
        RUNNING.popitem()[1].close()
