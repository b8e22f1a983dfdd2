"""What fletch-execute leaves for a backend: outputs, futures, a report, or nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from containers import Container

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
from fletching import DeckField, FlyteFile, current_context, task, dynamic, workflow
from fletching.errors import IgnoreOutputs
from typing import NamedTuple
import os, sys

@task
def add(a: int, b: int = 10) -> int:
    return a + b

@task
async def add_later(a: int) -> int:
    import asyncio
    await asyncio.sleep(0)
    return a + 1

@task
def nothing():
    pass

@task
def several(a: int) -> NamedTuple("Two", total=int, text=str):
    return a, str(a)

@task
def who() -> dict[str, str]:
    context = current_context()
    me = context.task_id
    folder = context.working_directory
    open(os.path.join(folder, "mine"), "w").close()
    return {
        "run": str(context.execution_id), "task": f"{me.project}/{me.domain}/{me.name}/{me.version}",
        "workflow": context.workflow_name, "plan": context.launch_plan_name,
        "prefix": context.output_metadata_prefix, "raw": context.raw_output_prefix, "folder": folder,
        "attempt": str(context.attempt),
    }

@task
def file(a: int) -> FlyteFile:
    with open("made.txt", "w") as made:
        made.write(str(a))
    return FlyteFile("made.txt")

@task
def not_me():
    raise IgnoreOutputs("another worker writes them")

@task
def leave(code: int):
    sys.exit(code)

@task
def interrupted():
    raise KeyboardInterrupt

@task
def forks(a: int) -> int:
    child = os.fork()
    if not child:
        return -1
    os.waitpid(child, 0)
    return a

@task
def prints(fail: bool) -> int:
    print("into the log")
    if fail:
        raise ValueError("after the words")
    return 1

@task
def closes_descriptors() -> int:
    os.closerange(0, 256)
    return 1

class Late:  # is taken down when Python is
    def __del__(self, kill=os.kill, pid=os.getpid()):
        kill(pid, 15)

@task
def told_at_the_very_end() -> int:
    global late
    late = Late()
    return 1

class Refuses:
    def write(self, text):
        raise SystemExit(0)
    flush = write

@task
def replaces_streams(fail: bool) -> int:
    sys.stdout = sys.stderr = Refuses()
    if fail:
        raise ValueError("nobody can print this")
    return 1

@task(enable_deck=True)
def reports(fail: bool) -> int:
    current_context().decks["<script>alert(1)</script>"] = "a < b"
    if fail:
        raise ValueError("after the report")
    return 1

@task(enable_deck=True, deck_fields=(DeckField.INPUT,))
def says_little(fail: bool) -> int:
    return 1

@dynamic
def twice(a: int, times: int) -> int:
    for _ in range(times):
        a = add(a=a, b=1)
    return a

@workflow
def inner(a: int) -> int:
    return add(a=a)

@dynamic
def through_workflow(a: int) -> int:
    return inner(a=a)
"""


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, CODE)


def test_outputs_are_written_and_nothing_else(container: Container) -> None:
    container.give({"a": 1})
    ended = container.run("add")
    assert ended.outputs(o0=int) == {"o0": 11}  # with the default of what is not among the inputs
    assert ended.files == {"outputs.pb"}
    assert ended.output == ""
    container.give({"a": 1, "b": 2})
    assert container.run("add").outputs(o0=int) == {"o0": 3}


def test_the_other_shapes_of_a_result(container: Container) -> None:
    assert not container.run("nothing").literals.literals
    container.give({"a": 4})
    assert container.run("several").outputs(total=int, text=str) == {"total": 4, "text": "4"}
    assert container.run("add_later").outputs(o0=int) == {"o0": 5}


def test_a_task_knows_its_run(container: Container, tmp_path: Path) -> None:
    told = container.run("who").outputs(o0=dict[str, str])["o0"]
    assert (told["run"], told["task"]) == ("ex:local:local:local", "local/local/local/local")
    assert (told["prefix"], told["raw"]) == (str(tmp_path / "outputs"), str(tmp_path / "raw"))
    told = container.run(
        "who",
        FLYTE_INTERNAL_EXECUTION_PROJECT="flights",
        _F_DM="production",
        FLYTE_INTERNAL_EXECUTION_ID="f1",
        _F_WF="a.workflow",
        FLYTE_INTERNAL_EXECUTION_LAUNCHPLAN="a.plan",
        _F_TK_PRJ="flights",
        FLYTE_INTERNAL_TASK_DOMAIN="production",
        FLYTE_INTERNAL_TASK_NAME="code_of_test.who",
        _F_TK_V="v7",
        FLYTE_ATTEMPT_NUMBER="2",
    ).outputs(o0=dict[str, str])["o0"]
    assert told["run"] == "ex:flights:production:f1"
    assert told["task"] == "flights/production/code_of_test.who/v7"
    assert (told["workflow"], told["plan"], told["attempt"]) == ("a.workflow", "a.plan", "2")
    assert not (tmp_path / "raw" / told["folder"]).exists()


def test_files_go_below_the_raw_output_prefix(container: Container, tmp_path: Path) -> None:
    container.give({"a": 4})
    uri = container.run("file").literals.literals["o0"].scalar.blob.uri
    assert uri.startswith(str(tmp_path / "raw"))
    with open(uri) as file:
        assert file.read() == "4"
    # Where the platform names no place for them, they are not left in a folder that ends with the process.
    uri = container.run("file", "--raw-output-data-prefix", "{{.rawOutputDataPrefix}}").literals.literals["o0"]
    assert uri.scalar.blob.uri.startswith(str(tmp_path / "outputs"))
    with open(uri.scalar.blob.uri) as file:
        assert file.read() == "4"


def test_what_leaves_no_outputs(container: Container) -> None:
    ended = container.run("not_me")
    assert (ended.code, ended.files) == (0, set())
    container.give({"code": 7})
    ended = container.run("leave")
    assert (ended.code, ended.files) == (7, set())
    assert ended.output == "the task called sys.exit(7), so it has neither outputs nor an error\n"
    container.give({})
    ended = container.run("interrupted")
    assert (ended.code, ended.files) == (1, set())
    assert ended.output == "the task was interrupted, so it has neither outputs nor an error\n"


def test_a_forked_process_that_returns_writes_nothing(container: Container) -> None:
    container.give({"a": 4})
    assert container.run("forks").outputs(o0=int) == {"o0": 4}


def test_a_report_is_a_page_that_runs_nothing(container: Container) -> None:
    container.give({"fail": False})
    ended = container.run("reports")
    assert ended.outputs(o0=int) == {"o0": 1}
    page = (ended.folder / "deck.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "a &lt; b" in page
    for title, text in (
        ("Input", "fail: bool False"),
        ("Output", "o0: int 1"),
        ("Source Code", "def reports(fail: bool)"),
        ("Dependencies", "\nprotobuf=="),
        ("Timeline", "s  the task ran\n"),
    ):
        section = page.partition(f"<h2>{title}</h2>")[2].partition("</pre>")[0]
        assert text in section
    page = (container.run("says_little").folder / "deck.html").read_text()
    assert page.count("<h2>") == 1
    assert "fail: bool False" in page
    shutil.rmtree(ended.folder)
    container.give({"fail": True})
    ended = container.run("reports")
    assert "after the report" in ended.error.message
    assert "a &lt; b" in (ended.folder / "deck.html").read_text()


def test_a_dynamic_task_leaves_a_job(container: Container) -> None:
    from fletching import SerializationSettings
    from fletching.extend import SerializationSettings as Same

    assert SerializationSettings is Same
    settings = SerializationSettings.for_image("r/img:1", "v1", "flights", "production")
    there = {"_F_SS_C": settings.serialized_context, "_F_TK_V": "v7", "_F_PRJ": "other"}
    container.give({"a": 1, "times": 2})
    job = container.run("twice", **there).job
    assert [node.id for node in job.nodes] == ["dn0", "dn1"]
    assert job.min_successes == 2
    (template,) = job.tasks
    assert (template.id.project, template.id.domain, template.id.version) == ("flights", "production", "v7")
    assert template.container.image == "r/img:1"
    assert template.container.args[0] == "fletch-execute"
    container.give({"a": 1, "times": 0})
    ended = container.run("twice", **there)
    assert ended.outputs(o0=int) == {"o0": 1}
    assert ended.files == {"outputs.pb"}  # the job that was there before would contradict it

    container.give({"a": 1})
    fast = ("--dynamic-addl-distro", "s3://b/code.tar.gz", "--dynamic-dest-dir", "/root")
    job = container.run("through_workflow", *fast, **there).job
    assert [one.id.name for one in job.subworkflows] == ["code_of_test.inner"]
    (template,) = job.tasks
    assert list(template.container.args[:6]) == [
        "fletch-fast-execute",
        *("--additional-distribution", "s3://b/code.tar.gz", "--dest-dir", "/root", "--"),
    ]


def test_a_dynamic_task_without_settings_says_that_images_are_missing(container: Container) -> None:
    container.give({"a": 1, "times": 2})
    ended = container.run("twice")
    assert ended.verdict == ("USER:RuntimeError", "NON_RECOVERABLE", "USER")
    assert "image" in ended.error.message


@pytest.mark.parametrize("task", ["prints", "replaces_streams"])
def test_a_log_that_takes_nothing_does_not_change_the_outcome(container: Container, task: str) -> None:
    full = ("sh", "-c", 'exec "$@" >/dev/full 2>/dev/full', "sh")
    container.give({"fail": False})
    ended = container.finish([*full, *container.command(task)])
    assert (ended.code, ended.outputs(o0=int)) == (0, {"o0": 1})
    container.give({"fail": True})
    ended = container.finish([*full, *container.command(task)])
    assert (ended.code, ended.error.code) == (0, "USER:RuntimeError")


def test_a_task_that_closes_every_descriptor_has_its_outputs(container: Container) -> None:
    ended = container.run("closes_descriptors")
    assert ended.outputs(o0=int) == {"o0": 1}
    assert "Traceback" not in ended.output


def test_a_current_folder_that_is_gone_is_no_reason_to_fail(container: Container, tmp_path: Path) -> None:
    container.give({"a": 1})
    gone = tmp_path / "gone"
    leave = ("sh", "-c", 'mkdir "$0"; cd "$0"; rmdir "$0"; exec "$@"', str(gone))
    assert container.finish([*leave, *container.command("add")], PYTHONPATH=str(tmp_path)).outputs(o0=int) == {"o0": 11}
    assert "No module named 'code_of_test'" in container.finish([*leave, *container.command("add")]).error.message


def test_being_told_to_end_after_the_end_does_not_change_the_exit_code(container: Container) -> None:
    ended = container.run("told_at_the_very_end")
    assert ended.outputs(o0=int) == {"o0": 1}
