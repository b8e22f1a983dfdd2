"""What holds for every test of the repository: strict plugins, a home of its own, patience, names given back."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A busy machine is no reason to fail: no test measures time.
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}
settings.register_profile("fletching", **COMMON)
# A change is judged by what it changes: new random examples are for those who run the tests by hand.
settings.register_profile("ci", derandomize=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "fletching"))

# A shell that starts the tests in the background has them ignore Ctrl-C, nohup that the terminal is closed, and with
# them every process that they start.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def isolated_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the test, and every process it starts, an empty cache, strict plugins and no wishes for what it prints."""
    from fletching.testing.fixtures import isolate

    for wish in ("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(wish, raising=False)
    return isolate(tmp_path_factory, monkeypatch)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give an attempt that is told to stop a minute, not a second: on a busy machine it may get no turn in one."""
    monkeypatch.setattr("fletching.run.machine.GRACE", 60.0)


@pytest.fixture(autouse=True)
def names_of_plans() -> Iterator[None]:
    """Give back the names of the launch plans that the test makes: another one's program may take them."""
    before = _plans().copy()
    yield
    plans = _plans()
    plans.clear()
    plans.update(before)


def _plans() -> dict[str, object]:
    """Return the launch plans of this process by name; nothing is imported for it."""
    found: dict[str, object] = getattr(sys.modules.get("fletching.launch_plans"), "_plans", {})
    return found
