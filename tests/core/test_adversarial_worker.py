"""Tasks that mistreat the process they run in: the caller gets their result or an error that says what happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from fletching import Secret, current_context, task
from fletching.errors import TaskTimeoutError, WorkerDiedError
from fletching.extend import redact

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs processes that can be forked")


@task(timeout=60)
def echo(x: int) -> int:
    return x


@task(timeout=60)
def forks(x: int) -> int:
    os.fork()
    return x


@task(timeout=60)
def mistreats(how: str) -> str:
    if how == "closes stdout":
        sys.stdout.close()
    elif how == "replaces stdout":
        sys.stdout = None
    elif how == "leaves an alarm":
        signal.setitimer(signal.ITIMER_REAL, 600)
    elif how == "leaves a thread":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    elif how == "changes folder and environment":
        os.chdir("/")
        os.environ.clear()
    elif how == "limits recursion":
        sys.setrecursionlimit(70)
    return how


@task(timeout=60)
def alarm_in(x: int) -> float:
    return signal.getitimer(signal.ITIMER_REAL)[0]


@task(timeout=60)
def ends(how: str) -> str:
    if how == "leaves":
        os._exit(7)
    elif how == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "gets a signal without name":
        os.kill(os.getpid(), signal.SIGRTMIN + 6)
    elif how == "closes everything":
        os.closerange(3, 256)
    elif how == "writes everywhere":
        for number in range(3, 64):
            try:
                os.write(number, b"\xff" * 64)
            except OSError:
                continue
    return how


@task(timeout=timedelta(days=40))
def patient(x: int) -> int:
    return x


@task(timeout=timedelta.max)
def most_patient(x: int) -> int:
    return x


@task(timeout=60)
def megabytes(x: bytes) -> bytes:
    return x


def test_a_child_that_a_task_forks_gives_no_second_answer() -> None:
    assert [forks(x) for x in range(4)] == [0, 1, 2, 3]
    assert echo(9) == 9


@pytest.mark.parametrize(
    "how",
    [
        "closes stdout",
        "replaces stdout",
        "leaves an alarm",
        "leaves a thread",
        "changes folder and environment",
        "limits recursion",
    ],
)
def test_what_a_task_leaves_behind_harms_no_other(how: str) -> None:
    assert mistreats(how) == how
    assert [echo(x) for x in range(3)] == [0, 1, 2]
    assert alarm_in(1) == 0


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("leaves", "exited with code 7 before it gave a result"),
        ("is killed", "was killed by SIGKILL before it gave a result"),
        ("gets a signal without name", "was killed by signal 40 before it gave a result"),
        ("closes everything", "before it gave a result"),
        ("writes everywhere", "sent something else than its result; does the task write to file descriptors"),
    ],
)
def test_a_worker_that_ends_says_how(how: str, said: str) -> None:
    with pytest.raises(WorkerDiedError) as caught:
        ends(how)
    assert said in str(caught.value)
    assert echo(1) == 1


def test_a_timeout_may_be_longer_than_a_socket_can_count() -> None:
    assert (patient(1), most_patient(2)) == (1, 2)


def test_a_short_timeout_of_one_task_does_not_limit_what_the_next_sends() -> None:
    @task(timeout=1)
    def quick(x: int) -> int:
        return x

    data, answer = os.urandom(20_000_000), 0
    while not answer:
        with suppress(TaskTimeoutError):  # a busy machine may take as long as that, now and then
            answer = quick(1)
    assert megabytes(data) == data


def test_the_folder_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert echo(3) == 3


def test_a_forked_process_has_workers_of_its_own() -> None:
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_adversarial_worker import echo\n"
        "assert echo(1) == 1\n"
        "children = []\n"
        "for n in range(3):\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        os._exit(0 if echo(n) == n else 1)\n"
        "    children.append(child)\n"
        "assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]\n"
        "assert echo(2) == 2\n"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_workers_that_are_killed_at_any_moment_never_give_a_wrong_result() -> None:
    seeded = random.Random(4)
    script = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_adversarial_worker import megabytes\n"
        "from fletching.errors import WorkerDiedError\n"
        "from fletching.run.killable import living\n"
        "import threading\n"
        "for after in map(float, sys.argv[2:]):\n"
        "    def kill():\n"
        "        for worker in list(living):\n"
        "            worker.process.kill()\n"
        "    timer = threading.Timer(after, kill); timer.start()\n"
        "    data = os.urandom(300_000)\n"
        "    try:\n"
        "        assert megabytes(data) == data\n"
        "    except WorkerDiedError:\n"
        "        pass\n"
        "    timer.join()\n"
        "assert megabytes(b'x') == b'x'\n"
    )
    moments = [str(seeded.choice([0, 0.002, 0.01, 0.1]) * seeded.random()) for _ in range(25)]
    command = [sys.executable, "-W", "error", "-c", script, str(Path(__file__).parent), *moments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@task(timeout=60, secret_requests=[Secret(group="adversarial", key="key")])
def tells(how: str) -> str:
    found = current_context().secrets.get("adversarial", "key")
    if how == "raises":
        raise ValueError(f"cannot use {found}")
    return found


@pytest.mark.parametrize("how", ["raises", "returns"])
def test_a_secret_that_only_the_worker_read_is_known_to_be_one(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = f"worth-hiding-{how}"
    monkeypatch.setenv("_FSEC_ADVERSARIAL_KEY", value)
    assert redact(value) == value
    with nullcontext() if how == "returns" else pytest.raises(ValueError, match=value):
        tells(how)
    assert redact(f"it was {value}") == "it was ***"
