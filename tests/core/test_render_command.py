"""``fletch render``: the wire form of a program as JSON, YAML, proto text and pods."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import Any

import pytest
import yaml
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from google.protobuf import json_format, text_format

from rendering import Renderer

FLOW = '''
"""A flow."""
from fletching import LaunchPlan, PodTemplate, Resources, accelerators, task, workflow
from fletching.extend import Interface, PythonTask


@task(retries=2, requests=Resources(cpu="1", gpu="2"), limits=Resources(mem="1Gi"), environment={"B": "2", "A": "1"})
def greet(name: str, times: int = 2) -> str:
    """Greet somebody."""
    return name * times


@workflow
def report(name: str) -> str:
    return greet(name=name)


weekly = LaunchPlan.get_or_create(report, "weekly", default_inputs={"name": "you"})
query = PythonTask("some-service", "query", interface=Interface({"a": int}, {"o0": int}))
'''
TYPES: dict[str, Any] = {"task": TaskSpec, "workflow": WorkflowSpec, "launchPlan": LaunchPlan}


@pytest.fixture
def fletch(fletch: Renderer) -> Renderer:
    fletch.write("flow.py", FLOW)
    return fletch


def names(parts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return kinds and names of what was rendered."""
    return [(kind, data.get("template", data)["id"]["name"]) for part in parts for kind, data in part.items()]


ALL = [
    ("task", "flow.greet"),
    ("workflow", "flow.report"),
    ("launchPlan", "flow.report"),
    ("launchPlan", "weekly"),
    ("task", "query"),
]


def test_everything_that_would_be_registered_is_shown_in_that_order(fletch: Renderer) -> None:
    assert names(fletch("render", "flow.py").data) == ALL
    assert names(fletch("render", "flow").data) == ALL
    assert names(fletch("render", "-m", "flow").data) == ALL
    assert names(fletch("render", ".").data) == ALL


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["flow.py", "greet"], ALL[:1]),
        (["flow.py:greet"], ALL[:1]),
        (["flow.py:weekly", "report"], [ALL[1], ALL[3]]),
        (["flow.py", "flow.report"], [ALL[1]]),
        (["-m", "flow", "greet"], ALL[:1]),
        (["flow.py", "--task"], [ALL[0], ALL[4]]),
        (["flow.py", "--workflow", "--launch-plan"], ALL[1:4]),
    ],
)
def test_names_and_kinds_pick(words: list[str], expected: list[tuple[str, str]], fletch: Renderer) -> None:
    assert names(fletch("render", *words).data) == expected


def test_the_three_formats_are_one_message(fletch: Renderer) -> None:
    as_json = fletch("render", "flow.py").data
    as_yaml = list(yaml.safe_load_all(fletch("render", "flow.py", "--format", "yaml").out))
    assert as_yaml == as_json
    text = fletch("render", "flow.py", "--format", "text").out
    for (kind, name), part in zip(ALL, as_json, strict=True):
        _, _, rest = text.partition(f"# {kind} {name}\n")
        message = TYPES[kind]()
        text_format.Parse(rest.partition("\n# ")[0], message)
        assert json_format.ParseDict(part[kind], TYPES[kind]()) == message


def test_settings_are_in_what_is_shown(fletch: Renderer) -> None:
    words = ["--project", "p", "--domain", "d", "--version", "v", "--image", "a/b:c", "--env", "A=x", "--env", "C=3=4"]
    template = fletch("render", "flow.py", "greet", *words).data[0]["task"]["template"]
    assert template["id"] == {
        "resourceType": "TASK",
        "project": "p",
        "domain": "d",
        "name": "flow.greet",
        "version": "v",
    }
    assert template["container"]["image"] == "a/b:c"
    assert {each["key"]: each["value"] for each in template["container"]["env"]} == {"A": "1", "B": "2", "C": "3=4"}
    fast = fletch("render", "flow.py", "greet", "--fast", "--dest-dir", "/code").data[0]["task"]["template"]
    words = ["fletch-fast-execute", "--additional-distribution", "{{ .remote_package_path }}", "--dest-dir", "/code"]
    assert fast["container"]["args"][:5] == words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["flow.py", "gret"], "flow.py has no 'gret'; did you mean 'greet'"),
        (["nothere.py"], "there is no file 'nothere.py'"),
        (["flow.py", "--as", "TaskSpec"], "--as is the type of a message in a .pb file, and 'flow.py' is none"),
        (["flow.py", "report", "--task"], "there is nothing of that kind, only workflow"),
        (["flow.py", "--pod", "--explain"], "give one of them"),
        (["flow.py", "--env", "A"], "expected NAME=VALUE"),
        (["flow.py", "--image", "a=b"], "neither tag nor digest"),
        (["flow.py", "--image", "a/b:1", "--image", "a/b:2"], "one of each name"),
        (["flow.py", "--pod", "--format", "text"], "a pod is no protobuf"),
        (["flow.py", "report", "--pod"], "only tasks run in pods"),
        ([], "name a file or a module"),
        (["empty"], "no Python file below the folder"),
    ],
)
def test_wrong_usage(words: list[str], message: str, fletch: Renderer) -> None:
    (fletch.folder / "empty").mkdir()
    printed = fletch("render", *words)
    assert printed.status == 2
    assert message in printed.err
    assert printed.out == ""


def test_a_module_that_cannot_be_imported_is_told_with_its_own_lines(fletch: Renderer) -> None:
    fletch.write("pkg/__init__.py", "")
    fletch.write("pkg/good.py", "from fletching import task\n\n@task\ndef t() -> None: ...\n")
    fletch.write("pkg/worse.py", "import json\njson.nothing\n")
    for words in (["pkg"], ["-m", "pkg"]):
        printed = fletch("render", *words)
        assert printed.status == 1
        assert 'worse.py", line 2' in printed.err
        assert "worse" in printed.err.splitlines()[-1]
        assert printed.err.splitlines()[-1].endswith("cannot be imported")


def test_an_import_that_ends_in_no_ordinary_error_is_told_as_well(fletch: Renderer) -> None:
    fletch.write("odd_end.py", "class Stop(BaseException): ...\n\nraise Stop('that is all')\n")
    printed = fletch("render", "odd_end.py")
    assert printed.status == 1
    assert printed.err.splitlines()[1].endswith('odd_end.py", line 3, in <module>')
    assert printed.err.splitlines()[-2:] == ["odd_end.Stop: that is all", "odd_end.py cannot be imported"]


def test_a_package_is_what_its_modules_declare_each_once(fletch: Renderer) -> None:
    fletch.write("pkg/__init__.py", "from pkg.tasks import one\n")
    fletch.write("pkg/tasks.py", "from fletching import task\n\n@task\ndef one() -> None: ...\n\nalso = one\n")
    fletch.write("pkg/deep/__init__.py", "")
    # A plan's name is known in the whole process, and this test's is not that of the others.
    fletch.write("pkg/deep/flow.py", FLOW.replace("weekly", "monthly") + "\nfrom pkg.tasks import one\n")
    fletch.write("pkg/__main__.py", "raise SystemExit(3)\n")
    for words in (["-m", "pkg"], ["pkg"], ["-m", "pkg", "-m", "pkg.deep.flow"]):
        found = names(fletch("render", *words).data)
        assert sorted(found) == sorted(
            [
                ("task", "pkg.tasks.one"),
                *((kind, name.replace("flow.", "pkg.deep.flow.").replace("weekly", "monthly")) for kind, name in ALL),
            ]
        )


def test_what_a_package_itself_declares_has_one_name_whoever_asks(fletch: Renderer) -> None:
    fletch.write("pkg/__init__.py", "")
    fletch.write("pkg/sub/__init__.py", "from fletching import task\n\n@task\ndef one() -> None: ...\n")
    fletch.write(
        "pkg/sub/user.py",
        "from fletching import workflow\nfrom pkg.sub import one\n\n@workflow\ndef uses() -> None:\n    one()\n",
    )
    for words in (["pkg"], ["pkg/sub/__init__.py"], ["-m", "pkg.sub"]):
        printed = fletch("render", *words, "--task")
        assert names(printed.data) == [("task", "pkg.sub.__init__.one")]


def test_the_same_text_in_every_process(fletch: Renderer) -> None:
    command = [sys.executable, "-m", "fletching", "render", "flow.py", "--format", "text"]
    printed = {
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, timeout=120).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_help_imports_no_command_and_a_render_opens_no_connection(
    fletch: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import sys\nfrom fletching.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if 'render' in name or 'cli.package' in name or 'flyteidl' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert "render " in done.stdout
    assert "package " in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"

    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert fletch("render", "flow.py").status == 0
    assert fletch("render", "flow.py", "--explain").status == 0


def test_yaml_says_what_to_install(fletch: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    printed = fletch("render", "flow.py", "--format", "yaml")
    assert printed.status == 1
    assert "pip install 'fletching[yaml]'" in printed.err


def test_what_a_program_prints_is_no_part_of_what_is_rendered(fletch: Renderer) -> None:
    fletch.write("loud.py", "print('imported')\n" + FLOW.replace('"""A flow."""', ""))
    command = [sys.executable, "-m", "fletching", "render", "loud.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "imported" in done.stderr
    assert json.loads(done.stdout)
