"""What a call honours: cache, retries, timeout, deprecation, environment, secrets, hooks, events."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pytest

from fletching import Cache, FlyteFile, HashMethod, Secret, TaskMetadata, current_context, task
from fletching.errors import (
    CacheWarning,
    NonRecoverableError,
    SecretNotFoundError,
    SerializationError,
    TaskDeprecatedWarning,
    TaskTimeoutError,
    WorkerDiedError,
)
from fletching.extend import Event, Execution, PluginManager, hookimpl, observe, use_manager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUNS: list[Any] = []


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    RUNS.clear()


class Pair(NamedTuple):
    total: int
    label: str


# Cache


def test_a_cached_task_runs_once_for_equal_inputs_also_in_another_process(tmp_path: Path) -> None:
    script = tmp_path / "cached_flow.py"
    script.write_text(
        "from fletching import task\n"
        "@task(cache=True, cache_version='1')\n"
        "def square(a: int) -> int:\n"
        "    print('ran', a)\n"
        "    return a * a\n"
        "if __name__ == '__main__':\n"
        "    print(square(3), square(a=3), square(4))\n"
    )
    runs = [subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == "ran 3\nran 4\n9 9 16\n"
    assert runs[1].stdout == "9 9 16\n"


def test_the_shape_of_a_cached_result_is_that_of_a_fresh_one() -> None:
    @task(cache=Cache(version="1"))
    def pair(a: int) -> Pair:
        RUNS.append(a)
        return Pair(a, str(a))

    @task(cache=Cache(version="1"))
    def nothing(a: int) -> None:
        RUNS.append(a)

    assert [pair(1), pair(1)] == [Pair(1, "1")] * 2
    assert type(pair(1)) is Pair
    assert nothing(5) is nothing(5) is None
    assert RUNS == [1, 5]


def test_what_belongs_to_the_key() -> None:
    def make(version: str, output: type = int, ignored: tuple[str, ...] = ()) -> Any:
        def f(a: int, b: int = 0) -> int:
            RUNS.append((a, b))
            return a

        f.__annotations__["return"] = output
        return task(f, cache=Cache(version=version, ignored_inputs=ignored))

    first = make("1")
    first(1)
    make("1")(1)
    assert RUNS == [(1, 0)]
    make("2")(1)  # another version
    first(2)  # another input
    first(1, 1)
    assert len(RUNS) == 4
    ignoring = make("3", ignored=("b",))
    ignoring(1, 1), ignoring(1, 2)
    assert len(RUNS) == 5


def test_a_changed_interface_is_another_key() -> None:
    def f(a: int) -> int:
        RUNS.append(a)
        return a

    def changed(a: int) -> float:
        RUNS.append(a)
        return float(a)

    changed.__name__ = changed.__qualname__ = "f"
    assert task(f, cache=Cache(version="1"))(1) == 1
    result = task(changed, cache=Cache(version="1"))(1)
    assert type(result) is float
    assert len(RUNS) == 2


def test_a_file_counts_by_its_content_and_a_stored_file_outlives_its_source(tmp_path: Path) -> None:
    @task(cache=Cache(version="1"))
    def upper(source: FlyteFile) -> FlyteFile:
        RUNS.append(1)
        target = os.path.join(current_context().working_directory, "out.txt")
        Path(target).write_text(Path(source).read_text().upper())
        return FlyteFile(target)

    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("abc"), two.write_text("abc")
    produced = upper(FlyteFile(str(one)))
    assert Path(produced).read_text() == "ABC"
    os.unlink(produced)
    again = upper(FlyteFile(str(two)))
    assert Path(again).read_text() == "ABC"
    assert RUNS == [1]
    one.write_text("xyz")
    assert Path(upper(FlyteFile(str(one)))).read_text() == "XYZ"


def test_a_damaged_cache_is_a_miss_never_a_wrong_answer(isolated_home: Path) -> None:
    import sqlite3

    @task(cache=Cache(version="1"))
    def f(a: int) -> int:
        RUNS.append(a)
        return a

    f(1)
    database = isolated_home / "task-cache" / "cache.db"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE outputs SET literals = x'00ff'")
    connection.close()
    assert f(1) == 1
    assert len(RUNS) == 2
    for file in database.parent.glob("cache.db*"):
        file.write_bytes(b"this is no database" * 100)
    with pytest.warns(CacheWarning, match="the task runs"):
        assert f(1) == 1
    assert len(RUNS) == 3


def test_a_hash_method_decides_what_is_equal() -> None:
    @task(cache=Cache(version="1"))
    def f(a: Annotated[str, HashMethod(lambda value: value.lower())]) -> str:
        RUNS.append(a)
        return a

    assert f("A") == f("a") == "A"
    assert len(RUNS) == 1


def test_the_switches_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    @task(cache=Cache(version="1"))
    def f(a: int) -> int:
        RUNS.append(a)
        return len(RUNS)

    assert [f(1), f(1)] == [1, 1]
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_ENABLED", "false")
    assert f(1) == 2
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_ENABLED", "true")
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_OVERWRITE", "true")
    assert f(1) == 3
    monkeypatch.delenv("FLYTE_LOCAL_CACHE_OVERWRITE")
    assert f(1) == 3


def test_an_error_is_never_cached() -> None:
    @task(cache=Cache(version="1"))
    def f(a: int) -> int:
        RUNS.append(a)
        if len(RUNS) == 1:
            raise ValueError("first")
        return a

    with pytest.raises(ValueError, match="first"):
        f(1)
    assert f(1) == f(1) == 1
    assert len(RUNS) == 2


def test_serialized_calls_run_exactly_once_across_processes(tmp_path: Path) -> None:
    (tmp_path / "serial_flow.py").write_text(
        "import sys\n"
        "from fletching import Cache, task\n"
        "@task(cache=Cache(version='1', serialize=True))\n"
        "def f(a: int) -> int:\n"
        "    with open(sys.argv[1], 'a') as file:\n"
        "        file.write('x')\n"
        "    return a\n"
        "if __name__ == '__main__':\n"
        "    print(f(1))\n"
    )
    log = tmp_path / "log"
    command = [sys.executable, str(tmp_path / "serial_flow.py"), str(log)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0] for process in running] == ["1\n"] * 4
    assert log.read_text() == "x"


def test_serialized_calls_run_exactly_once_across_threads() -> None:
    entered = threading.Event()

    @task(cache=Cache(version="1", serialize=True))
    def f(a: int) -> int:
        RUNS.append(a)
        entered.wait(0.2)  # give the others time to arrive: without the lock they would run too
        return a

    threads = [threading.Thread(target=f, args=(1,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert RUNS == [1]


# Retries


def test_a_failed_attempt_is_repeated_with_fresh_inputs() -> None:
    @task(retries=2)
    def f(x: list[int]) -> int:
        x.append(0)
        RUNS.append(list(x))
        if len(RUNS) < 3:
            raise ValueError("again")
        return len(RUNS)

    assert f([1]) == 3
    assert RUNS == [[1, 0]] * 3


def test_the_last_error_comes_out_and_names_its_attempt() -> None:
    @task(retries=1)
    def f() -> int:
        RUNS.append(current_context().attempt)
        raise ValueError(len(RUNS))

    with pytest.raises(ValueError, match="2") as caught:
        f()
    assert RUNS == [0, 1]
    assert caught.value.__notes__ == [f"in task {f.name!r}, attempt 2 of 2"]


@pytest.mark.parametrize("error", [NonRecoverableError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_what_must_not_be_repeated_is_not(error: BaseException) -> None:
    @task(retries=5)
    def f() -> int:
        RUNS.append(1)
        raise error

    with pytest.raises(type(error)):
        f()
    assert RUNS == [1]


def test_a_value_that_does_not_fit_is_not_tried_again() -> None:
    @task(retries=5)
    def f(a: int) -> int:
        RUNS.append(1)
        return "x"  # type: ignore[return-value]

    with pytest.raises(TypeError):
        f("x")  # type: ignore[arg-type]
    assert RUNS == []
    with pytest.raises(TypeError):
        f(1)
    assert RUNS == [1]


def test_a_checkpoint_goes_from_one_attempt_to_the_next() -> None:
    @task(retries=3)
    def f() -> int:
        checkpoint = current_context().checkpoint
        done = int(checkpoint.read() or b"0")
        checkpoint.write(str(done + 1).encode())
        if done < 2:
            raise ValueError("not yet")
        return done

    assert f() == 2
    assert f() == 2  # a new call starts anew


def test_async_attempts_are_repeated_too() -> None:
    @task(retries=2)
    async def f() -> int:
        RUNS.append(1)
        await asyncio.sleep(0)
        if len(RUNS) < 3:
            raise ValueError("again")
        return len(RUNS)

    assert asyncio.run(f()) == 3


# Timeout


@task(timeout=1)
def never(n: int) -> int:
    Path(str(os.environ["PID_FILE"])).write_text(str(os.getpid()))
    return sum(range(10**13))  # a loop in C, which no signal handler of Python's interrupts


def test_a_timeout_stops_the_work_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pid"
    monkeypatch.setenv("PID_FILE", str(file))
    with pytest.raises(TaskTimeoutError) as caught:
        never(1)
    assert str(caught.value) == (
        f"task {never.name!r} was stopped after its timeout of 1 s; raise timeout= or make it faster"
    )
    assert isinstance(caught.value, TimeoutError)
    assert not Path(f"/proc/{file.read_text()}").exists()


def test_a_timeout_stops_what_the_task_started(tmp_path: Path) -> None:
    @task(timeout=1)
    def starts(file: str) -> int:
        import subprocess

        child = subprocess.Popen(["sleep", "1000"])
        Path(file).write_text(str(child.pid))
        return child.wait()

    with pytest.raises(TaskTimeoutError):
        starts(str(tmp_path / "pid"))
    status = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    # Killed; at most a zombie until init collects it.
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_killed_caller_leaves_no_worker_behind(tmp_path: Path) -> None:
    (tmp_path / "spinning.py").write_text(
        "import os, sys\n"
        "from fletching import task\n"
        "@task(timeout=600)\n"
        "def spin(file: str) -> int:\n"
        "    with open(file, 'w') as out:\n"
        "        out.write(str(os.getpid()))\n"
        "    return sum(range(10**13))\n"
        "if __name__ == '__main__':\n"
        "    spin(sys.argv[1])\n"
    )
    file = tmp_path / "pid"
    driver = subprocess.Popen([sys.executable, str(tmp_path / "spinning.py"), str(file)])
    wait_until(lambda: file.exists() and file.read_text() != "")
    worker = Path(f"/proc/{file.read_text()}/stat")
    assert worker.exists()
    driver.kill()
    driver.wait()
    wait_until(lambda: not worker.exists() or worker.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        os.sched_yield()


def test_in_time_everything_comes_back_as_without_a_timeout(tmp_path: Path) -> None:
    @task(timeout=30)
    def f(a: list[int]) -> Pair:
        current_context().checkpoint.write(b"x")
        a.append(1)
        return Pair(sum(a), f"{current_context().task_name} {os.environ['MARK']}")

    @task(timeout=30)
    def write(text: str) -> FlyteFile:
        path = os.path.join(current_context().working_directory, "x.txt")
        Path(path).write_text(text)
        return FlyteFile(path)

    os.environ["MARK"] = "m"
    try:
        result = f([1, 2])
    finally:
        del os.environ["MARK"]
    assert result == Pair(4, f"{f.name} m")
    assert type(result) is Pair
    assert Path(write("hello")).read_text() == "hello"


def test_an_error_inside_the_worker_comes_out_unchanged() -> None:
    class Own(Exception):
        def __init__(self, code: int, text: str) -> None:
            super().__init__(text)
            self.code = code

        def __reduce__(self) -> Any:
            return type(self), (self.code, str(self))

    @task(timeout=30)
    def f() -> int:
        raise Own(7, "seven")

    with pytest.raises(Own) as caught:
        f()
    assert caught.value.code == 7
    assert f"in task {f.name!r}" in caught.value.__notes__
    assert any("raised in a worker process" in note and "raise Own(7" in note for note in caught.value.__notes__)


def test_a_worker_that_dies_is_an_error_with_its_signals_name() -> None:
    @task(timeout=30)
    def f() -> int:
        os.kill(os.getpid(), 9)
        return 1

    with pytest.raises(WorkerDiedError) as caught:
        f()
    assert str(caught.value) == f"the worker process of task {f.name!r} was killed by SIGKILL before it gave a result"


def test_what_cannot_travel_is_refused_before_anything_runs() -> None:
    lock = threading.Lock()

    @task(timeout=30)
    def f() -> int:
        with lock:
            return 1

    with pytest.raises(SerializationError, match="has a timeout, so it runs in a process of its own"):
        f()


def test_an_async_attempt_is_stopped_at_its_deadline() -> None:
    @task(timeout=1)
    async def f() -> int:
        try:
            await asyncio.sleep(1000)
        finally:
            RUNS.append("cleaned up")
        return 1

    with pytest.raises(TaskTimeoutError):
        asyncio.run(f())
    assert RUNS == ["cleaned up"]


def test_the_tasks_own_timeout_error_is_left_alone() -> None:
    own = TimeoutError("mine")

    @task(timeout=30)
    async def f() -> int:
        raise own

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(f())
    assert caught.value is own


# Deprecation, environment, secrets


def test_calling_a_deprecated_task_warns_at_the_call() -> None:
    @task(deprecated="use other()")
    def f() -> int:
        return 1

    with pytest.warns(TaskDeprecatedWarning) as caught:
        assert f() == 1
    assert str(caught[0].message) == f"task {f.name!r} is deprecated: use other()"
    assert caught[0].filename == __file__


def test_the_environment_is_set_while_the_task_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "outside")

    @task(environment={"A": "inner", "B": "b"})
    def inner() -> list[str]:
        return [os.environ["A"], os.environ["B"]]

    @task(environment={"A": "outer"})
    def outer() -> list[str]:
        return [os.environ["A"], *inner(), os.environ["A"], str("B" in os.environ)]

    assert outer() == ["outer", "inner", "b", "outer", "False"]
    assert os.environ["A"] == "outside"


def test_a_secret_reaches_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "hunter22")

    @task(
        secret_requests=[
            Secret(group="db", key="password", env_var="DB_PASSWORD", mount_requirement=Secret.MountType.ENV_VAR)
        ]
    )
    def f() -> bool:
        return os.environ["DB_PASSWORD"] == current_context().secrets.get("db", "password") == "hunter22"

    assert f() is True
    assert "DB_PASSWORD" not in os.environ


def test_a_secret_that_must_be_in_a_variable_and_does_not_exist_stops_the_task() -> None:
    @task(secret_requests=[Secret(group="db", key="nope", env_var="NOPE", mount_requirement=Secret.MountType.ENV_VAR)])
    def f() -> int:
        RUNS.append(1)
        return 1

    with pytest.raises(SecretNotFoundError, match="nope"):
        f()
    assert RUNS == []


# Hooks and events


class Around:
    """A hooks plugin that notes what it sees."""

    def __init__(self, *, swallow: bool = False, broken: str = "") -> None:
        self.seen: list[Any] = []
        self.swallow = swallow
        self.broken = broken

    @hookimpl
    def fletching_around_execution(self, execution: Execution) -> Any:
        @contextmanager
        def around() -> Iterator[None]:
            self.seen.append(("in", execution.task_name.rpartition(".")[2], execution.attempt))
            try:
                yield
            except ValueError as error:
                self.seen.append(("error", str(error)))
                if not self.swallow:
                    raise
            finally:
                self.seen.append(("out", execution.task_name.rpartition(".")[2]))
            if self.broken:
                raise RuntimeError(self.broken)

        return around()


@pytest.fixture
def plugins() -> Iterator[PluginManager]:
    with use_manager(PluginManager(discover=False)) as manager:
        yield manager


def test_a_hook_is_around_every_attempt_of_tasks_that_ask_for_nothing(plugins: PluginManager) -> None:
    @task
    def f(a: int) -> int:
        if a:
            raise ValueError("bad")
        return a

    @task
    async def g(a: int) -> int:
        return f(a)

    f(0)  # compiled and called without hooks first
    around = Around()
    plugins.register(around)
    f(0)
    assert around.seen == [("in", "f", 0), ("out", "f")]
    around.seen.clear()
    asyncio.run(g(0))
    assert around.seen == [("in", "g", 0), ("in", "f", 0), ("out", "f"), ("out", "g")]
    around.seen.clear()
    plugins.unregister(around)
    f(0)
    assert around.seen == []


def test_a_hook_cannot_swallow_the_tasks_error(plugins: PluginManager) -> None:
    @task
    def f() -> int:
        raise ValueError("mine")

    around = Around(swallow=True)
    plugins.register(around)
    with pytest.raises(ValueError, match="mine"):
        f()
    assert ("error", "mine") in around.seen


def test_an_error_of_a_running_hook_is_not_swallowed(plugins: PluginManager) -> None:
    @task
    def f(a: int) -> int:
        if a:
            raise KeyError("task")
        return a

    plugins.register(Around(broken="hook"))
    with pytest.raises(RuntimeError, match="hook"):
        f(0)
    with pytest.raises(KeyError):
        f(1)


def test_a_wrapper_amends_everyones_metadata(plugins: PluginManager) -> None:
    from dataclasses import replace

    class Policy:
        @hookimpl(wrapper=True)
        def fletching_task_metadata(self, name: str, config: Any, metadata: TaskMetadata) -> Any:
            result = yield
            return replace(result, retries=max(result.retries, 2))

    plugins.register(Policy())

    @task
    def f() -> int:
        RUNS.append(1)
        if len(RUNS) < 3:
            raise ValueError("again")
        return len(RUNS)

    assert f.metadata.retries == 2
    assert f() == 3


def test_events_tell_what_happens() -> None:
    events: list[Event] = []

    @task(retries=1, cache=Cache(version="1"))
    def f(a: int) -> int:
        RUNS.append(a)
        if len(RUNS) == 1:
            raise ValueError("once")
        return a

    @task
    def outer(a: int) -> int:
        return f(a)

    with observe(events.append):
        outer(1)
        f(1)
    assert [(event.kind, event.task.rpartition(".")[2], event.attempt, event.depth) for event in events] == [
        ("started", "outer", 0, 0),
        ("attempt", "outer", 0, 0),
        ("started", "f", 0, 1),
        ("attempt", "f", 0, 1),
        ("retrying", "f", 0, 1),
        ("attempt", "f", 1, 1),
        ("finished", "f", 0, 1),
        ("finished", "outer", 0, 0),
        ("started", "f", 0, 0),
        ("cached", "f", 0, 0),
    ]
    assert len({event.call for event in events}) == 3


# Every field of TaskMetadata


ON_THE_WIRE: dict[str, tuple[Any, Any]] = {
    "cache": ({"cache": True, "cache_version": "7"}, lambda wire: wire.discoverable is True),
    "cache_serialize": (
        {"cache": True, "cache_version": "7", "cache_serialize": True},
        lambda wire: wire.cache_serializable is True,
    ),
    "cache_version": ({"cache": True, "cache_version": "7"}, lambda wire: wire.discovery_version == "7"),
    "cache_ignore_input_vars": (
        {"cache": True, "cache_version": "7", "cache_ignore_input_vars": ("a",)},
        lambda wire: list(wire.cache_ignore_input_vars) == ["a"],
    ),
    "interruptible": ({"interruptible": False}, lambda wire: wire.WhichOneof("interruptible_value") is not None),
    "deprecated": ({"deprecated": "old"}, lambda wire: wire.deprecated_error_message == "old"),
    "retries": ({"retries": 3}, lambda wire: wire.retries.retries == 3),
    "timeout": ({"timeout": 9}, lambda wire: wire.timeout.seconds == 9),
    "pod_template_name": ({"pod_template_name": "p"}, lambda wire: wire.pod_template_name == "p"),
    "generates_deck": ({"generates_deck": True}, lambda wire: wire.generates_deck.value is True),
    "is_eager": ({"is_eager": True}, lambda wire: wire.is_eager is True),
    "labels": ({"labels": {"k": "v"}}, lambda wire: dict(wire.metadata.labels) == {"k": "v"}),
    "annotations": ({"annotations": {"k": "v"}}, lambda wire: dict(wire.metadata.annotations) == {"k": "v"}),
}
"""Each field with a value that is not its default, and how it shows in what a backend is told."""

HERE = {
    "cache": test_the_shape_of_a_cached_result_is_that_of_a_fresh_one,
    "cache_serialize": test_serialized_calls_run_exactly_once_across_threads,
    "cache_version": test_what_belongs_to_the_key,
    "cache_ignore_input_vars": test_what_belongs_to_the_key,
    "deprecated": test_calling_a_deprecated_task_warns_at_the_call,
    "retries": test_a_failed_attempt_is_repeated_with_fresh_inputs,
    "timeout": test_a_timeout_stops_the_work_for_good,
}
"""The fields that change what a call in this process does, and the test that would notice if one did not."""

BACKEND_ONLY = {"interruptible", "pod_template_name", "labels", "annotations", "generates_deck", "is_eager"}
"""What describes a machine, a pod or a page that a call in this process does not have."""


@pytest.mark.parametrize("field", [field.name for field in fields(TaskMetadata)])
def test_no_field_of_the_metadata_is_ignored(field: str) -> None:
    options, shows = ON_THE_WIRE[field]
    plain, changed = TaskMetadata().to_taskmetadata_model(), TaskMetadata(**options).to_taskmetadata_model()
    assert shows(changed)
    assert not shows(plain)
    assert (field in HERE) != (field in BACKEND_ONLY)
