"""An eager task is called wherever an event loop runs: a web handler, pytest-asyncio, uvloop, a notebook's cell."""

from __future__ import annotations

import ast
import asyncio
import contextvars
import json
import subprocess
import sys
import threading
import time
import urllib.request
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from fletching import Runner, dynamic, task, workflow
from fletching_eager import eager
from repository import clean_environment, run_python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.requests import Request

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def who(a: int) -> str:
    return WHO.get()


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a


@workflow
def flow(a: int) -> int:
    return add(a=later(a=a), b=1)  # type: ignore[arg-type]  # a promise


@eager
async def answer(a: int) -> dict[str, str]:
    total, name, through = await asyncio.gather(add.aio(a=a, b=1), who.aio(a=a), flow.aio(a=a))
    return {"total": str(total), "who": name, "flow": str(through)}


async def handle(request: Request) -> JSONResponse:
    name = request.path_params["name"]
    WHO.set(name)
    return JSONResponse(await answer(a=len(name)))


async def handle_in_a_run(request: Request) -> JSONResponse:
    return JSONResponse(Runner().run(answer, a=1))  # a sync caller in the middle of a running loop


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_in_a_web_handler(loop: str) -> None:
    app = Starlette(routes=[Route("/sync", handle_in_a_run), Route("/{name}", handle)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", loop=loop, ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        got: dict[str, Any] = {}

        def ask(name: str) -> None:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=60) as response:
                got[name] = json.load(response)

        names = ["ada", "grace", "sync", *(f"n{at}" for at in range(10))]
        clients = [threading.Thread(target=ask, args=(name,)) for name in names]
        for each in clients:
            each.start()
        for each in clients:
            each.join(timeout=120)
    finally:
        server.should_exit = True
        thread.join(timeout=60)
    assert not thread.is_alive()
    assert got.pop("sync") == {"total": "2", "who": "nobody", "flow": "2"}
    for name, value in got.items():
        assert value == {"total": str(len(name) + 1), "who": name, "flow": str(len(name) + 1)}
    assert len(got) == len(names) - 1


def test_under_uvloop() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(answer(a=1)) == {"total": "2", "who": "nobody", "flow": "2"}


@pytest.mark.filterwarnings("always")
def test_blocking_is_noticed_under_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    told = threading.Event()

    def hear(message: Warning, *_: object) -> None:
        said.append(str(message))
        told.set()

    @eager
    async def blocks() -> bool:
        return told.wait(60)

    monkeypatch.setattr(warnings, "showwarning", hear)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(blocks())
    assert "in blocks held up the event loop" in said[0]


def test_on_a_loop_that_runs_already_as_in_a_notebook() -> None:
    # What IPython does with a cell that awaits: it is compiled as a coroutine and run on the kernel's loop.
    cell = compile("await answer(a=2)", "<cell>", "eval", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    async def kernel() -> list[Any]:
        awaited = await eval(cell)
        blocked = Runner().run(answer, a=2)
        return [awaited, blocked, answer.execute(a=2)]

    expected = {"total": "3", "who": "nobody", "flow": "3"}
    assert asyncio.run(kernel()) == [expected] * 3


SYNC: list[Callable[[], Any]] = [
    lambda: asyncio.run(answer(a=2)),
    lambda: Runner().run(answer, a=2),
    lambda: answer.execute(a=2),
    lambda: answer.get_as_workflow()(a=2),
]


@pytest.mark.parametrize("call", SYNC)
@pytest.mark.parametrize("thread", [False, True])
def test_from_sync_code(call: Callable[[], Any], thread: bool) -> None:
    got: list[Any] = []
    if thread:
        running = threading.Thread(target=lambda: got.append(call()))
        running.start()
        running.join(timeout=120)
    else:
        got.append(call())
    assert got == [{"total": "3", "who": "nobody", "flow": "3"}]


@dynamic
def several(n: int) -> list[dict[str, str]]:
    return [answer(a=at) for at in range(n)]  # type: ignore[misc]  # promises


def test_from_a_dynamic_task() -> None:
    assert [each["total"] for each in several(n=2)] == ["1", "2"]


PROGRAM = """
import asyncio
from fletching import task
from fletching_eager import eager

@task
def add(a: int, b: int = 1) -> int:
    return a + b

@eager
async def total(n: int) -> int:
    return sum(await asyncio.gather(*(add(a=at) for at in range(n))))
"""


@pytest.mark.parametrize("executor", ["thread", "process", "inline"])
def test_from_the_command_line(executor: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = ["-m", "fletching", "run", "--executor", executor, "--record", "program.py", "total", "--n", "3"]
    done = run_python(*command, cwd=tmp_path)
    assert done.stdout.strip() == "6"
    shown = run_python("-m", "fletching", "runs", "show", "last", cwd=tmp_path).stdout
    assert shown.count("add-") == 3


TESTS = """
import asyncio
import pytest
from fletching import task
from fletching_eager import eager

@task
def add(a: int, b: int) -> int:
    return a + b

@eager
async def total(n: int) -> int:
    return sum(await asyncio.gather(*(add(a=at, b=1) for at in range(n))))

@pytest.fixture
async def ten():
    return await total(n=4)

@pytest.mark.asyncio
async def test_one(ten):
    assert ten == 10
    assert await total(n=3) == 6

@pytest.mark.asyncio
@pytest.mark.parametrize("n", range(3))
async def test_several(n):
    assert await total(n=n) == sum(range(1, n + 1))
"""


def test_in_tests_of_pytest_asyncio(tmp_path: Path) -> None:
    (tmp_path / "test_with_a_loop.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
