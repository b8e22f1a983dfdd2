"""What a task prints in a worker is kept in the log of its attempt, whole lines at once."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from fletching import task
from fletching.extend import remember_secret
from fletching.redaction import forget_secrets
from fletching.run import workers
from fletching.run.workers import AttemptStoppedError, Stoppable, run_in_worker
from worker_tasks import about, echo, execution, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs workers")


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """What is printed from now on, by workers that start from now on."""
    workers._end_all()
    return capfd


@task
def prints_on(text: str) -> int:
    print(text)
    return sum(range(10**13))


def test_prints_go_to_the_log_and_where_the_callers_go(tmp_path: Path, printed: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "made" / "log"
    for _ in range(2):
        assert run_in_worker(execution(about, log=str(log)), {"text": "hello\nthere"}) == "hello\nthere"
    lines = ["hello", "there", "to stderr", "begun, ended", "logged", "no newline"]
    assert log.read_text() == "\n".join(lines) + "\n".join(lines)
    found = printed.readouterr()
    assert found.out == "hello\nthere\nbegun, ended\nno newline" * 2
    assert found.err == "to stderr\nlogged\n" * 2


def test_the_next_attempt_has_a_log_of_its_own_or_none(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    run_in_worker(execution(about, log=str(first)), {"text": "one"})
    run_in_worker(execution(about), {"text": "nowhere"})
    run_in_worker(execution(about, log=str(second)), {"text": "two"})
    assert ("one" in first.read_text(), "nowhere" in first.read_text(), "two" in first.read_text()) == (1, 0, 0)
    assert ("nowhere" in second.read_text(), "two" in second.read_text()) == (0, 1)


def test_the_log_of_a_killed_attempt_has_what_it_said(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def stop_when_it_spoke(attempt: Stoppable) -> None:
        def wait() -> None:
            wait_until(lambda: log.exists() and log.read_text())
            attempt.stop()

        threading.Thread(target=wait).start()

    with pytest.raises(AttemptStoppedError):
        run_in_worker(execution(prints_on, log=str(log)), {"text": "last words"}, running=stop_when_it_spoke)
    assert log.read_text() == "last words\n"


def test_no_secret_reaches_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_in_worker(execution(echo), {"x": 1})  # a worker that was told of no secret
    remember_secret("worth-hiding-from-logs")
    try:
        run_in_worker(execution(about, log=str(log)), {"text": "it is worth-hiding-from-logs"})
    finally:
        forget_secrets()
    assert log.read_text().startswith("it is ***\n")


def test_a_log_that_cannot_be_written_fails_no_task(tmp_path: Path, printed: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    attempt = execution(about, log=str(tmp_path / "file" / "log"))
    assert run_in_worker(attempt, {"text": "said"}) == "said"
    assert "fletching: what this attempt prints is not kept: " in printed.readouterr().err
