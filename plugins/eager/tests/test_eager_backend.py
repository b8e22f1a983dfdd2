"""Eager tasks whose calls run on a backend: the local one, in real processes, and one that a test writes down."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fletching import Runner, task, workflow
from fletching.errors import ConfigError, RunCancelledError, UnknownPluginError, WorkerDiedError
from fletching.extend import Backend, ExecutionMode, manager
from fletching_eager import LocalBackend, UnawaitedCallError, checkpoint, eager, traced

if TYPE_CHECKING:
    from collections.abc import Mapping


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def process(a: int) -> int:
    return os.getpid()


@task(retries=1)
def fail(a: int) -> int:
    raise KeyError(f"no {a}")


@task
def dies(a: int) -> int:
    return os._exit(3) or a


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a + 1


@workflow
def flow(a: int) -> int:
    return add(a=add(a=a))


@eager
async def inner(a: int) -> list[int]:
    return [await process(a=a), await process(a=a + 1)]


@traced
async def here(a: int) -> int:
    return os.getpid()


@eager
async def main(n: int) -> dict[str, list[int]]:
    sums = await asyncio.gather(*(add(a=at) for at in range(n)), later(a=n), flow(a=n))
    async with checkpoint("save") as save:
        save.value = await here(n)
    return {
        "sums": list(sums),
        "processes": list(await asyncio.gather(process(a=1), inner(a=5)))[:1],
        "here": [save.value],
    }


def test_each_call_is_a_process() -> None:
    got = main.run(LocalBackend(), n=2)
    assert got["sums"] == [1, 2, 3, 4]
    assert got["processes"] != [os.getpid()]
    assert got["here"] == [os.getpid()]


def test_run_with_backend_is_awaited_and_named_backends_are_found() -> None:
    assert asyncio.run(main.run_with_backend(n=1))["sums"] == [1, 2, 3]
    assert main.run("local", n=1)["sums"] == [1, 2, 3]
    assert manager().load("backends", "local") is LocalBackend
    assert isinstance(LocalBackend(), Backend)
    with pytest.raises(UnknownPluginError, match="no_such"):
        main.run("no_such", n=1)
    with pytest.raises(ConfigError, match=r"run\(\) takes a backend, or the name of one, got 3"):
        main.run(3, n=1)  # type: ignore[arg-type]


def test_run_blocks_where_a_loop_is_running_already() -> None:
    async def cell() -> Any:
        return main.run(LocalBackend(), n=1)

    assert asyncio.run(cell())["sums"] == [1, 2, 3]


def test_its_mode() -> None:
    assert main.local_execution_mode() is ExecutionMode.EAGER_LOCAL_EXECUTION


@eager
async def fails(kind: str) -> int:
    return int(await {"fail": fail, "dies": dies}[kind](a=1))


def test_an_error_comes_back_as_it_was() -> None:
    with pytest.raises(KeyError, match="no 1") as raised:
        fails.run(LocalBackend(), kind="fail")
    assert any("attempt 2 of 2" in note for note in raised.value.__notes__)
    with pytest.raises(WorkerDiedError, match="exited with code 3"):
        fails.run(LocalBackend(), kind="dies")


# What a backend is asked


class Written:
    """A backend that runs nothing and writes down what it is asked."""

    name = "written"

    def __init__(self) -> None:
        self.launched: list[tuple[str, Mapping[str, Any], Mapping[str, str]]] = []
        self.terminated: list[str] = []

    async def launch(self, entity: Any, inputs: Mapping[str, Any], *, name: str, labels: Mapping[str, str]) -> Any:
        self.launched.append((name, dict(inputs), dict(labels)))
        await asyncio.sleep(0)
        return name, entity.short_name, inputs

    async def wait(self, handle: Any) -> Any:
        if handle[1] == "later":
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return handle[2]["a"] + handle[2]["b"]

    async def terminate(self, handle: Any, reason: str) -> None:
        self.terminated.append(f"{handle[0].partition('-')[2].partition('-')[0]}: {reason}")


@eager
async def adds(n: int) -> int:
    return sum(await asyncio.gather(*(add(a=at // 2) for at in range(n))))


@eager
async def gives_up(n: int) -> int:
    waiting = [asyncio.create_task(later(a=at)) for at in range(n)]
    for _ in range(5):
        await asyncio.sleep(0)
    raise ValueError(f"enough of {len(waiting)}")


def test_names_are_the_same_in_every_run_and_belong_together() -> None:
    one, two = Written(), Written()
    assert adds.run(one, n=4) == adds.run(two, n=4) == 6
    names = [name for name, _, _ in one.launched]
    assert sorted(names) == sorted(name for name, _, _ in two.launched)
    assert len(set(names)) == 4
    assert all(len(name) <= 63 and name.replace("-", "").isalnum() and name == name.lower() for name in names)
    labels = [labels for _, _, labels in one.launched]
    assert labels == [labels[0]] * 4
    assert labels[0].keys() == {"eager-exec", "eager-root-exec"}
    other = Written()
    adds.run(other, n=2)
    assert not {name for name, _, _ in other.launched} & set(names)  # another execution of the eager task


def test_what_was_launched_is_terminated_when_the_parent_fails() -> None:
    backend = Written()
    with pytest.raises(ValueError, match="enough of 3"):
        gives_up.run(backend, n=3)
    assert backend.terminated == [f"later: {gives_up.name} was stopped"] * 3


@eager
async def one_is_enough(n: int) -> int:
    slow = asyncio.create_task(later(a=1))
    value = await add(a=n)
    slow.cancel()
    await asyncio.wait([slow])
    return value


def test_one_that_is_cancelled_is_terminated_by_itself() -> None:
    backend = Written()
    assert one_is_enough.run(backend, n=3) == 4
    assert backend.terminated == [f"later: {one_is_enough.name} was stopped"]


@eager
async def mistaken() -> int:
    return add(a=1)  # type: ignore[return-value]


def test_a_mistake_is_the_same_mistake() -> None:
    with pytest.raises(UnawaitedCallError, match="was returned by"):
        mistaken.run(Written())


# Adopting


def test_an_execution_of_the_same_name_is_adopted(tmp_path: Path) -> None:
    async def twice() -> None:
        backend = LocalBackend()
        first = await backend.launch(process, {"a": 1}, name="e-1", labels={})
        second = await backend.launch(process, {"a": 1}, name="e-1", labels={})
        other = await backend.launch(process, {"a": 1}, name="e-2", labels={})
        assert first is second
        assert other is not first
        assert await backend.wait(first) == await backend.wait(second)
        assert (await backend.launch(process, {"a": 1}, name="e-1", labels={})) is first

    asyncio.run(twice())


def test_a_failed_execution_is_started_anew() -> None:
    async def again() -> None:
        backend = LocalBackend()
        first = await backend.launch(fail, {"a": 1}, name="e-1", labels={})
        with pytest.raises(KeyError):
            await backend.wait(first)
        assert (await backend.launch(fail, {"a": 1}, name="e-1", labels={})) is not first

    asyncio.run(again())


def test_a_terminated_execution_says_why() -> None:
    async def stopped() -> None:
        backend = LocalBackend(max_parallel=1)
        one = await backend.launch(hangs, {"a": 1}, name="e-1", labels={})
        waiting = asyncio.create_task(backend.launch(hangs, {"a": 2}, name="e-2", labels={}))
        await asyncio.sleep(0)
        await backend.terminate(one, "not wanted")
        two = await waiting
        await backend.terminate(two, "not wanted either")
        for handle, reason in ((one, "e-1': not wanted"), (two, "e-2': not wanted either")):
            with pytest.raises(RunCancelledError, match=reason):
                await backend.wait(handle)
            await backend.terminate(handle, "twice does nothing")

    asyncio.run(stopped())


@task
def hangs(a: int) -> int:
    threading.Event().wait()
    return a


def test_an_impossible_number_of_processes_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_parallel must be 1 or more"):
        LocalBackend(max_parallel=0)


PROGRAM = """
import asyncio, os, sys
from fletching import task
from fletching_eager import LocalBackend, eager

def note(text):
    file = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{text}\\n".encode())
    os.close(file)

@task
def step(a: int) -> list[int]:
    note(f"step {a}")
    return [a, a]

@task
def hangs(a: int) -> int:
    note(f"hangs {a}")
    if not os.environ.get("GO"):
        while True:
            pass
    return a

@eager
async def main() -> list[int]:
    got = await asyncio.gather(*(step(a=at) for at in range(3)))
    return [each for pair in got for each in pair] + [await hangs(a=9)]

if __name__ == "__main__":
    print(main.run(LocalBackend(sys.argv[1], max_parallel=4)), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_what_runs_and_what_succeeded_is_adopted(number: signal.Signals, tmp_path: Path) -> None:
    script, journal = tmp_path / "adopts.py", tmp_path / "journal"
    script.write_text(PROGRAM)
    journal.touch()
    mark = f"EAGER-ADOPTS-{os.getpid()}-{number}"
    environment = {**os.environ, "JOURNAL": str(journal), "MARK_OF_TRIAL": mark}
    command = [sys.executable, str(script), str(tmp_path / "kept")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as driver:
        while "hangs 9" not in journal.read_text():
            assert driver.poll() is None
            time.sleep(0.005)
        driver.send_signal(number)
        _, said = driver.communicate(timeout=120)
    assert driver.returncode == -number, said
    left = [pid for pid in filter(str.isdecimal, os.listdir("/proc")) if has_mark(pid, mark)]
    while number == signal.SIGKILL and left:  # its guardian takes a moment
        left = [pid for pid in left if has_mark(pid, mark)]
    assert not left
    assert Counter(journal.read_text().split("\n")[:-1]) == Counter(["step 0", "step 1", "step 2", "hangs 9"])
    again = subprocess.run(command, env={**environment, "GO": "1"}, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == "[0, 0, 1, 1, 2, 2, 9]"
    assert Counter(journal.read_text().split("\n")[:-1])["hangs 9"] == 2
    assert Counter(journal.read_text().split("\n")[:-1])["step 0"] == 1


def has_mark(pid: str, mark: str) -> bool:
    try:
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
        return state not in "ZX" and mark.encode() in Path("/proc", pid, "environ").read_bytes()
    except OSError:
        return False


def test_the_workflow_of_it_runs_here() -> None:
    made = adds.get_as_workflow()
    assert made.name == adds.name
    assert dict(made.python_interface.inputs) == {"n": int}
    assert dict(made.python_interface.outputs) == {"o0": int}
    assert [node.entity for node in made.nodes] == [adds]
    assert made(n=4) == Runner().run(made, n=4) == 6
