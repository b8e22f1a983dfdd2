"""The environment of a task: on many threads, with variables that cannot be, and in a worker of a reloaded module."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from fletching import Secret, task
from fletching.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@task(environment={"FLETCHING_ADVERSARIAL": "inside"})
def inside(n: int) -> str:
    return os.environ["FLETCHING_ADVERSARIAL"]


def test_threads_see_the_variable_inside_and_the_first_value_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLETCHING_ADVERSARIAL", "outside")
    seen: list[str] = []

    def work() -> None:
        seen.extend(inside(n) for n in range(50))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == ["inside"] * 300
    assert os.environ["FLETCHING_ADVERSARIAL"] == "outside"


@task(
    environment={"FLETCHING_ADVERSARIAL_TOO": "x"},
    secret_requests=[Secret(group="adversarial", key="zero", env_var="FLETCHING_ADVERSARIAL_SECRET")],
)
def with_zero(n: int) -> int:
    return n


def test_a_secret_that_no_variable_can_hold_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adversarial").mkdir()
    (tmp_path / "adversarial" / "zero").write_bytes(b"first\0second")
    monkeypatch.setenv("FLYTE_SECRETS_DEFAULT_DIR", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        with_zero(1)
    assert str(caught.value) == (
        f"task {with_zero.name!r}: the secret for 'FLETCHING_ADVERSARIAL_SECRET' has a zero byte, which no environment "
        "variable can hold; ask for it as a file"
    )
    assert not {"FLETCHING_ADVERSARIAL_TOO", "FLETCHING_ADVERSARIAL_SECRET"} & os.environ.keys()


def test_a_reloaded_module_is_reloaded_in_its_worker_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "adversarial_reloaded.py"
    source = "from fletching import task\n@task(timeout=60)\ndef answer(n: int) -> int:\n    return n + {}\n"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "adversarial_reloaded", raising=False)  # this test may be done again here
    file.write_text(source.format(1))
    module = importlib.import_module("adversarial_reloaded")
    assert (module.answer(1), module.answer(2)) == (2, 3)
    file.write_text(source.format(20))
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000_000))
    importlib.invalidate_caches()
    module = importlib.reload(module)
    assert (module.answer(1), module.answer(2)) == (21, 22)
