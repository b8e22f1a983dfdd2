"""The failure table: what a backend is told of each way in which a task can fail."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from flyteidl.core.literals_pb2 import LiteralMap

from containers import Container

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
from fletching import FlyteFile, RecoverableError, Secret, current_context, task
from fletching.errors import RunError
from fletching.extend import PythonFunctionTask, PythonInstanceTask

@task
def fails(a: int):
    try:
        open("/nonexistent/" + str(a))
    except OSError as error:
        raise ValueError("two\\nlines") from error

@task
def again():
    raise RecoverableError("later")

class Own(Exception):
    error_code = "USER:Mine"
    timestamp = 1_600_000_000.5

class Numbered(Exception):
    error_code = 42

class Broken(Exception):
    def __str__(self):
        raise RuntimeError("no text")

@task
def own():
    raise Own("x")

@task
def numbered():
    raise Numbered("x")

@task
def broken():
    raise Broken

@task
def odd_text():
    raise ValueError("half \\ud800 of a character")

@task
def long_text():
    raise ValueError("<" + "x" * 3_000_000 + ">")

@task
def no_exception():
    raise BaseException("none of the usual")

@task
def wrong_output() -> int:
    return "text"

@task
def one_of_two() -> tuple[int, int]:
    return 1

@task
def missing_file() -> FlyteFile:
    return FlyteFile("not_there.txt")

@task
def needs_file(a: FlyteFile) -> str:
    return a.path

@task(secret_requests=[Secret("group", "key")])
def tells_secret():
    raise ValueError("the password is " + current_context().secrets.get("group", "key"))

class Prepared(PythonFunctionTask):
    def pre_execute(self, user_params):
        raise RuntimeError("no session")

prepared = Prepared(None, lambda: None, name="code_of_test.prepared")

class Orchestrating(PythonInstanceTask):
    orchestrates = True
    def execute(self):
        raise RunError("what was started elsewhere failed")

orchestrating = Orchestrating("orchestrating", None)

def no_task():
    pass

imported_wrongly = 1
"""


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, CODE)


def test_an_error_of_the_users_code(container: Container) -> None:
    container.give({"a": 1})
    before = time.time()
    ended = container.run("fails")
    assert ended.code == 0
    assert ended.files == {"error.pb"}
    assert ended.verdict == ("USER:RuntimeError", "NON_RECOVERABLE", "USER")
    error = ended.error
    assert before - 1 <= error.timestamp.ToSeconds() <= time.time()
    assert error.worker == ""
    trace, message = error.message.split("\n\nMessage:\n\n")
    assert message == "    ValueError: two\n    lines"
    assert trace.startswith("Trace:\n\n    Traceback (most recent call last):\n")
    assert "FileNotFoundError" in trace  # its cause
    assert 'raise ValueError("two\\nlines") from error' in trace
    assert "fletching" not in trace
    assert error.message in ended.output  # whoever reads the log sees it, too


def test_what_the_error_itself_says(container: Container) -> None:
    assert container.run("again").verdict == ("USER:Recoverable", "RECOVERABLE", "USER")
    ended = container.run("own")
    assert ended.verdict == ("USER:Mine", "NON_RECOVERABLE", "USER")
    assert ended.error.timestamp.ToMilliseconds() == 1_600_000_000_500
    assert container.run("numbered").verdict[0] == "42"
    assert "Message:\n\n    BaseException: none of the usual" in container.run("no_exception").error.message


def test_every_error_can_be_told(container: Container) -> None:
    assert "Broken: <str failed: RuntimeError>" in container.run("broken").error.message
    assert "half \\ud800 of a character" in container.run("odd_text").error.message
    error = container.run("long_text").error.message
    assert len(error) < 200_000
    assert "characters left out" in error
    assert "x>" in error


def test_secrets_are_not_told(container: Container) -> None:
    ended = container.run("tells_secret", _FSEC_GROUP_KEY="hunter2hunter2")
    assert "the password is ***" in ended.error.message
    assert b"hunter2" not in (ended.folder / "error.pb").read_bytes()
    assert "hunter2" not in ended.output


def test_outputs_that_do_not_fit(container: Container) -> None:
    for task, told in (
        ("wrong_output", "wrong_output: output 'o0': expected int, got str 'text'"),
        ("one_of_two", "expected 2 values (o0, o1), got int 1"),
        ("missing_file", "not_there.txt"),
    ):
        ended = container.run(task)
        assert ended.verdict == ("SYSTEM", "NON_RECOVERABLE", "SYSTEM")
        assert told in ended.error.message


def test_inputs_that_do_not_fit(container: Container) -> None:
    version = {"_F_TK_V": "v7", "_F_TK_NM": "code_of_test.fails"}
    for given, told in (
        ({"a": "text"}, "fails: argument 'a': expected int, got str 'text'"),
        ({}, "the input 'a' is missing; the inputs given are: none"),
        ({"a": 1, "as": 2}, "nothing is named 'as'; did you mean 'a'?"),
    ):
        container.give(given)
        ended = container.run("fails", **version)
        assert ended.verdict == ("SYSTEM", "NON_RECOVERABLE", "SYSTEM")
        assert told in ended.error.message
        assert "version 'v7'" in ended.error.message  # the usual reason: the code is not what was registered


def test_inputs_that_cannot_be_read(container: Container) -> None:
    container.give({"a": 1})
    container.give(container.inputs.read_bytes()[:-3])
    ended = container.run("fails")
    assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert "that are no LiteralMap" in ended.error.message
    ended = container.run("fails", "--inputs", "not/there.pb")
    assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert "not/there.pb" in ended.error.message
    ended = container.run("fails", "--inputs", "nowhere://bucket/inputs.pb")
    assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert "needs a storage plugin for 'nowhere'" in ended.error.message


def test_a_file_among_the_inputs_that_is_not_there(container: Container) -> None:
    literals = LiteralMap()
    literals.literals["a"].scalar.blob.uri = "/not/there.txt"
    container.give(literals)
    ended = container.run("needs_file")
    assert ended.verdict[0::2] == ("SYSTEM", "SYSTEM")
    assert "/not/there.txt" in ended.error.message


def test_tasks_that_cannot_be_found(container: Container) -> None:
    (container.folder / "broken_code.py").write_text("import nothing_of_that_name\n")
    (container.folder / "other_plugin.py").write_text(
        "import fletching\nclass Config:\n    task_type = 'quantum'\n"
        "@fletching.task(task_config=Config())\ndef t(): pass\n"
    )
    for words, told in (
        (("task-module", "no_module", "task-name", "t"), "module 'no_module'"),
        (("task-module", "code_of_test", "task-name", "fials"), "did you mean 'fails'?"),
        (("task-module", "code_of_test", "task-name", "imported_wrongly"), "is int, not a task"),
        (("task-module", "broken_code", "task-name", "t"), "No module named 'nothing_of_that_name'"),
        (("task-module", "other_plugin", "task-name", "t"), "quantum"),
        (("task-module",), "expected task-module MODULE task-name NAME"),
    ):
        ended = container.finish(container.command("", words=words), _F_TK_V="v7")
        assert ended.verdict == ("USER:RuntimeError", "NON_RECOVERABLE", "USER")
        assert told in ended.error.message
        assert "version 'v7'" in ended.error.message
    for resolver, told in (
        ("no_module.resolver", "module 'no_module' of 'no_module.resolver' cannot be found"),
        ("code_of_test.no_task", "is function, not a task resolver"),
        ("resolver", "expected 'module.attribute'"),
    ):
        ended = container.run("fails", "--resolver", resolver)
        assert ended.verdict == ("USER:RuntimeError", "NON_RECOVERABLE", "USER")
        assert told in ended.error.message


def test_what_is_neither_the_users_nor_a_value(container: Container) -> None:
    assert container.run("prepared").verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert container.run("orchestrating").verdict == ("SYSTEM", "NON_RECOVERABLE", "SYSTEM")


def test_several_workers_have_an_error_file_each(container: Container) -> None:
    ended = container.run("again", FLYTE_INTERNAL_DIST_ERROR_STRATEGY="earliest", _F_WN="worker-3")
    assert ended.error.worker == "worker-3"
    container.run("again", _F_DES="earliest", FLYTE_INTERNAL_WORKER_NAME="worker-4")
    assert len(ended.files) == 2
    assert all(name.startswith("error-") and name.endswith(".pb") and len(name) == 41 for name in ended.files)


def test_the_exit_code_tells_of_an_error_where_that_is_asked_for(container: Container) -> None:
    ended = container.run("again", FLYTE_FAIL_ON_ERROR="true")
    assert ended.code == 1
    assert ended.verdict == ("USER:Recoverable", "RECOVERABLE", "USER")
    assert container.run("again", FLYTE_FAIL_ON_ERROR="false").code == 0


def test_an_error_that_cannot_be_written_is_an_exit_code(container: Container) -> None:
    (container.folder / "file").write_text("")
    ended = container.run("again", "--output-prefix", str(container.folder / "file" / "below"))
    assert ended.code == 1
    assert "later" in ended.output
    assert "cannot be written below" in ended.output
