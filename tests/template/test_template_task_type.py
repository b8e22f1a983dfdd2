"""The template: what it makes is complete, builds, installs beside core alone, is found, runs, passes its own tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import pytest

from environments import Environment, build_wheel
from repository import CORE, PLUGINS, ROOT, run_python

TEMPLATE = ROOT / "plugin-template"
ECHO = next(plugin for plugin in PLUGINS if plugin.folder.name == "echo")

RUN = """
import warnings
warnings.simplefilter("error")
from pathlib import Path
import re
readme = Path("README.md").read_text()
(code,) = re.findall(r"```python\\n(.*?)```", readme, re.S)
exec(compile(code, "README.md", "exec"))
"""


@dataclass(frozen=True)
class Answers:
    """What an author answered, and the names that follow from it."""

    plugin_name: str
    task_type: str
    author: str
    description: str
    class_name: str

    @property
    def distribution(self) -> str:
        return f"fletching-{self.plugin_name}"

    @property
    def package(self) -> str:
        return self.distribution.replace("-", "_")

    def data(self) -> dict[str, str]:
        names = ("plugin_name", "task_type", "author", "description")
        return {name: getattr(self, name) for name in names}


ANSWERS = [
    Answers("shout", "shout", "Ada Lovelace", "Task type shout for Fletching", "Shout"),
    Answers("gpu-burst2", "gpu_burst-v2", "Zoë O'Brien {x}", "Läuft in 'Bursts' & {mehr}; 100 %", "GpuBurst2"),
]
BY_ANSWERS = pytest.mark.parametrize("answers", ANSWERS, ids=lambda answers: answers.plugin_name)


def render(folder: Path, template: Path = TEMPLATE, **data: Any) -> Path:
    project = folder / "project"
    copier.run_copy(str(template), project, data=data, defaults=True, quiet=True)
    return project


def files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def expected_files(answers: Answers) -> set[str]:
    source = f"src/{answers.package}"
    modules = {f"{source}/{name}" for name in ("__init__.py", "config.py", "py.typed", "task.py")}
    texts = {".copier-answers.yml", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"}
    return {*modules, *texts, f"tests/test_{answers.package}.py"}


@BY_ANSWERS
def test_it_makes_exactly_these_files(answers: Answers, tmp_path: Path) -> None:
    project = render(tmp_path, **answers.data())
    assert files(project) == expected_files(answers)
    left_over = [name for name in files(project) if "{{" in (project / name).read_text(encoding="utf-8")]
    assert not left_over


@BY_ANSWERS
def test_what_it_writes_says_what_was_answered(answers: Answers, tmp_path: Path) -> None:
    made = tomllib.loads((render(tmp_path, **answers.data()) / "pyproject.toml").read_text(encoding="utf-8"))
    assert made["project"]["name"] == answers.distribution
    assert made["project"]["description"] == answers.description
    assert made["project"]["authors"] == [{"name": answers.author}]
    target = f"{answers.package}.task:{answers.class_name}Task"
    assert made["project"]["entry-points"] == {"fletching.tasks": {answers.task_type: target}}


def test_it_has_the_shape_of_the_model_plugin(tmp_path: Path) -> None:
    project = render(tmp_path, **ANSWERS[0].data())
    ours = {file for file in files(ECHO.folder) if "__pycache__" not in file and not file.endswith("test_echo.py")}
    shape = {name.replace(ANSWERS[0].package, ECHO.package) for name in files(project)}
    assert ours <= shape
    assert (project / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    made = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    model = tomllib.loads((ECHO.folder / "pyproject.toml").read_text(encoding="utf-8"))
    for key in ("dependencies", "license", "license-files", "readme", "requires-python"):
        assert made["project"][key] == model["project"][key]
    assert made["build-system"] == model["build-system"]


@BY_ANSWERS
def test_what_it_makes_is_linted_and_formatted(answers: Answers, tmp_path: Path) -> None:
    pytest.importorskip("ruff", reason="only the development environment has the linter")
    project = render(tmp_path, **answers.data())
    for command in ("check", "format --check"):
        run_python("-m", "ruff", *command.split(), "--no-cache", cwd=project)


def test_what_it_makes_is_typed(tmp_path: Path) -> None:
    project = render(tmp_path, **ANSWERS[0].data())
    run_python("-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "src", cwd=project)


@BY_ANSWERS
def test_it_installs_beside_core_alone_and_works(answers: Answers, core_wheel: Path, tmp_path: Path) -> None:
    project = render(tmp_path, **answers.data())
    wheel = build_wheel(project, tmp_path / "dist")
    with zipfile.ZipFile(wheel) as content:
        names = {name for name in content.namelist() if ".dist-info/" not in name}
    assert names == {name.removeprefix("src/") for name in expected_files(answers) if name.startswith("src/")}

    environment = Environment(tmp_path, f"{core_wheel}[testing]", wheel)
    assert [name for name in environment.distributions() if name.startswith(CORE.distribution)] == [
        CORE.distribution,
        answers.distribution,
    ]
    listed = json.loads(run_python("-m", "fletching", "plugins", "--json", python=environment.python).stdout)
    assert [(entry["kind"], entry["name"], entry["state"]) for entry in listed] == [("tasks", answers.task_type, "ok")]
    run_python("-c", RUN, python=environment.python, FLETCHING_STRICT="1", cwd=project)
    tests = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", python=environment.python, cwd=project)
    assert " passed" in tests.stdout


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"plugin_name": "Shout"}, "use lower-case letters, digits and single dashes, with a letter first"),
        ({"plugin_name": "9to5"}, "use lower-case letters, digits and single dashes, with a letter first"),
        ({"plugin_name": "a--b"}, "use lower-case letters, digits and single dashes, with a letter first"),
        ({"plugin_name": "../up"}, "use lower-case letters, digits and single dashes, with a letter first"),
        ({"plugin_name": "shout\n"}, "use lower-case letters, digits and single dashes, with a letter first"),
        ({"plugin_name": ""}, "use lower-case letters, digits and single dashes, with a letter first"),
        ({"plugin_name": "fletching-shout"}, "leave out the prefix: fletching- is added"),
        ({"plugin_name": "s" * 41}, "use at most 40 characters"),
        ({"task_type": "python-task"}, "python-task is core's own"),
        ({"task_type": "shout out"}, "use lower-case letters, digits and single - or _, with a letter first"),
        ({"task_type": "s" * 41}, "use at most 40 characters"),
        ({"author": "  "}, "write a name, without spaces around it"),
        ({"author": 'A "B" C'}, "write one line without quotation marks, backslashes or angle brackets"),
        ({"author": "A\nB"}, "write one line without quotation marks, backslashes or angle brackets"),
        ({"description": "It shouts."}, "leave out the full stop"),
        ({"description": ""}, "write a sentence, without spaces around it"),
        ({"description": "x" * 91}, "use at most 90 characters"),
        ({"description": "a\\b"}, "write one line without quotation marks or backslashes"),
    ],
)
def test_a_wrong_answer_is_refused(answer: dict[str, str], why: str, tmp_path: Path) -> None:
    (question,) = answer
    with pytest.raises(ValueError) as refused:
        render(tmp_path, **{**ANSWERS[0].data(), **answer})
    assert str(refused.value) == f"Validation error for question '{question}': {why}"
    assert not files(tmp_path)


def test_the_how_to_shows_what_is_made(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "first-task-type.md").read_text(encoding="utf-8")
    project = render(tmp_path, **ANSWERS[0].data())
    config = (project / "src" / ANSWERS[0].package / "config.py").read_text(encoding="utf-8")
    assert f"```python\n{config}```\n" in page
    for name in files(project):
        assert name in page, f"{name} is not in the table of files"


def test_a_question_without_an_answer_is_asked(tmp_path: Path) -> None:
    for question in ("plugin_name", "author"):
        answers = {name: value for name, value in ANSWERS[0].data().items() if name != question}
        with pytest.raises(ValueError, match=f'Question "{question}" is required'):
            render(tmp_path, **answers)


def make_later(template: Path) -> None:
    changelog = template / "task-type" / "CHANGELOG.md.jinja"
    changelog.write_text(changelog.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")


def test_a_plugin_is_made_anew_from_a_later_template(tmp_path: Path) -> None:
    """The answers are kept, and so are the files that the author added."""
    template = tmp_path / "template"
    shutil.copytree(TEMPLATE, template)
    project = render(tmp_path, template, **ANSWERS[0].data())
    (project / "src" / ANSWERS[0].package / "voice.py").write_text("LOUD = True\n")
    make_later(template)
    copier.run_recopy(project, defaults=True, overwrite=True, quiet=True)
    assert (project / "CHANGELOG.md").read_text().endswith("\nMore.\n")
    assert files(project) == expected_files(ANSWERS[0]) | {f"src/{ANSWERS[0].package}/voice.py"}


def commit(folder: Path, tag: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", tag], ["tag", tag]):
        subprocess.run(["git", *command], cwd=folder, check=True)


def test_a_plugin_is_updated_where_the_template_has_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the author wrote into a file of the template stays."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    template = tmp_path / "template"
    shutil.copytree(TEMPLATE, template)
    commit(template, "v1")
    project = render(tmp_path, template, **ANSWERS[0].data())
    config = project / "src" / ANSWERS[0].package / "config.py"
    config.write_text(config.read_text() + "\nLOUD = True\n")
    commit(project, "v1")
    make_later(template)
    commit(template, "v2")
    copier.run_update(project, defaults=True, overwrite=True, quiet=True)
    assert (project / "CHANGELOG.md").read_text().endswith("\nMore.\n")
    assert config.read_text().endswith("\nLOUD = True\n")
