"""What the local cache gives back, and when it must not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pytest

from fletching import Cache, FlyteFile, HashMethod, conditional, current_context, dynamic, task, workflow
from fletching.errors import (
    CacheWarning,
)

if TYPE_CHECKING:
    pass


RUNS: list[Any] = []


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    RUNS.clear()


class Pair(NamedTuple):
    total: int
    label: str


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


def test_a_cache_that_another_process_is_only_making_is_a_miss(isolated_home: Path) -> None:
    @task(cache=Cache(version="1"))
    def f(a: int) -> int:
        RUNS.append(a)
        return a

    (isolated_home / "task-cache").mkdir(parents=True)
    (isolated_home / "task-cache" / "cache.db").touch()
    assert [f(1), f(1)] == [1, 1]
    assert RUNS == [1]


def test_a_hash_method_decides_what_is_equal() -> None:
    @task(cache=Cache(version="1"))
    def f(a: Annotated[str, HashMethod(lambda value: value.lower())]) -> str:
        RUNS.append(a)
        return a

    assert f("A") == f("a") == "A"
    assert len(RUNS) == 1


@task
def read(a: str) -> Annotated[str, HashMethod(str.lower)]:
    return a


@task
def read_all(a: str) -> list[Annotated[str, HashMethod(str.lower)]]:
    return [a, a]


@task(cache=Cache(version="1"))
def use(a: str) -> str:
    RUNS.append(a)
    return a


@task(cache=Cache(version="1"))
def use_all(a: list[str]) -> str:
    RUNS.append(a)
    return a[0]


@workflow
def inner(a: str) -> str:
    return conditional("c").if_(a != "").then(use(a=a)).else_().fail("empty")  # type: ignore[no-any-return]


@workflow
def outer(a: str) -> str:
    return inner(a=read(a=a))


@workflow
def listed(a: str) -> str:
    return use_all(a=read_all(a=a))


@dynamic
def last(a: list[str]) -> str:
    return [use(a=read(a=each)) for each in a][-1]


def test_a_hash_method_of_an_output_decides_wherever_the_output_goes() -> None:
    assert [inner(a="A"), inner(a="a")] == ["A", "a"]
    assert [outer(a="A"), outer(a="a"), last(a=["a"])] == ["A", "A", "A"]
    assert [listed(a="A"), listed(a="a")] == ["A", "A"]
    assert RUNS == ["A", "a", "A", ["A", "A"]]


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
