"""What threads do at once is not lost, and what fails leaves nothing open."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from fletching import task
from fletching.extend import TypeTransformer, redact, register_type, remember_secret, transformer
from fletching.redaction import MARK, forget_secrets
from fletching.run import workers
from worker_tasks import open_files

if TYPE_CHECKING:
    from collections.abc import Callable


def test_secrets_that_threads_remember_at_once_are_all_kept() -> None:
    secrets = [f"secret-{number:04}-of-many" for number in range(400)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(remember_secret, secrets))
        assert [redact(secret) for secret in secrets] == [MARK] * len(secrets)
    finally:
        sys.setswitchinterval(interval)
        forget_secrets()


class Odd:
    """A class that only the test's own factory handles."""


def test_a_transformer_made_before_a_change_is_not_kept_after_it() -> None:
    text = type(transformer(str))
    undo: list[Callable[[], None]] = []

    def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any]:
        undo.pop()()  # as another thread could, while this one makes the transformer
        return text(annotation)

    undo.append(register_type(Odd, factory))
    assert isinstance(transformer(Odd), text)
    with pytest.raises(TypeError, match="no transformer handles Odd"):
        transformer(Odd)


@task(timeout=30)
def timed() -> int:
    return 1


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts open files")
def test_a_worker_that_cannot_start_leaves_no_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fletching.run.workers._idle", [])
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(FileNotFoundError):
        timed()
    before = open_files()
    with pytest.raises(FileNotFoundError):
        timed()
    assert open_files() <= before  # what an earlier test left may be closed meanwhile


def test_a_burst_of_callers_leaves_few_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    idle: list[Any] = []
    monkeypatch.setattr(workers, "_idle", idle)
    monkeypatch.setattr(workers, "IDLE_LIMIT", 1)
    first, second = workers._take(__name__), workers._take(__name__)
    workers._give_back(first)
    workers._give_back(second)
    assert idle == [first]
    assert second.process.returncode is not None
    assert timed() == 1
    assert idle == [first]
    first.kill()
