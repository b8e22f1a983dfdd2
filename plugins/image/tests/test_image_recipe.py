"""What an image is built from: the recipe, its context, and the command that writes them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from fletching.errors import ConfigError
from fletching_image import CopyFileDetection, ImageSpec


def arguments(recipe: str, program: str) -> list[str]:
    """Return the words of the one line of a recipe that runs a program."""
    found = [json.loads(line[line.index("[") :]) for line in recipe.splitlines() if line.startswith("RUN")]
    (words,) = (words for words in found if words[: len(program.split())] == program.split())
    return [str(word) for word in words]


def test_the_recipe_of_all_fields(full: dict[str, Any]) -> None:
    assert ImageSpec(**full).containerfile() == Path(__file__).with_name("recipe.golden").read_text()


def test_what_a_specification_says_is_never_shell_or_another_instruction() -> None:
    hostile = "$(touch /evil) `x` \"'; <<EOF\\"
    spec = ImageSpec(
        packages=[hostile],
        pip_extra_index_url=[hostile],
        entrypoint=[hostile],
        commands=["a\nUSER evil"],
        pip_index="-x",
    )
    recipe = spec.containerfile()
    assert {line.split()[0] for line in recipe.splitlines()} <= {
        "FROM",
        "USER",
        "COPY",
        "RUN",
        "ENV",
        "WORKDIR",
        "ENTRYPOINT",
    }
    assert "USER evil" not in recipe.splitlines()
    assert hostile in arguments(recipe, "uv pip install")
    assert "/bin/sh" not in arguments(recipe, "uv pip install")
    assert arguments(recipe, "/bin/sh -c") == ["/bin/sh", "-c", "a\nUSER evil"]


def test_a_password_stays_out_of_the_image() -> None:
    for field, value in {
        "pip_index": "https://me:secret@acme.io/simple",
        "pip_extra_index_url": ["https://token@acme.io/simple"],
        "packages": ["x @ git+https://token@github.com/acme/x"],
    }.items():
        given: Any = {field: value}
        with pytest.raises(ConfigError, match=rf"{field} holds a password, .*pip_secret_mounts") as caught:
            ImageSpec(**given).containerfile()
        assert "token" not in str(caught.value)
    recipe = ImageSpec(
        packages=["x @ git+ssh://git@github.com/acme/x"], pip_secret_mounts=[("here", "/a")]
    ).containerfile()
    assert "RUN --mount=type=secret,id=pip0,target=/a,uid=1000,mode=0400 [" in recipe
    assert "here" not in recipe


def test_what_has_no_place_in_a_recipe_is_refused() -> None:
    for given in (
        {"cuda": "12"},
        {"cudnn": "8"},
        {"conda_channels": ["a"]},
        {"python_exec": "/a", "conda_packages": ["b"]},
    ):
        fields: Any = given
        with pytest.raises(ConfigError, match=next(iter(given))):
            ImageSpec(**fields).containerfile()


def contents(folder: Path) -> dict[str, Any]:
    """Return what each file below a folder is: content, mode and time."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {
        str(each.relative_to(folder)): (each.read_bytes(), each.stat().st_mode, each.stat().st_mtime) for each in files
    }


def test_a_context_holds_every_file_and_is_reproducible(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in (
        "flow.py",
        "a b.txt",
        "data/x.bin",
        "data/run.sh",
        ".gitignore",
        "ignored.txt",
        "reqs.txt",
        "sub/more.txt",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    (project / ".gitignore").write_text("ignored.txt\n")
    (project / "reqs.txt").write_text("-r sub/more.txt\nclick>=8\n")
    (project / "sub/more.txt").write_text("pluggy\n")
    (project / "data/run.sh").chmod(0o700)
    given: dict[str, Any] = {"source_root": str(project), "copy": ["data", "a b.txt"], "packages": ["packaging"]}
    spec = ImageSpec(**given, requirements=str(project / "reqs.txt"))
    first, second = Path(spec.write_context(tmp_path / "1")), Path(spec.write_context(tmp_path / "2"))
    assert contents(first) == contents(second)
    assert set(contents(first)) == {
        "Dockerfile",
        *(f"files/{name}" for name in ("flow.py", "a b.txt", "data/x.bin", "data/run.sh")),
        *(f"requirements/{name}" for name in ("reqs.txt", "sub/more.txt", "packages.txt")),
    }
    assert (first / "requirements/packages.txt").read_text() == "packaging\nfletching>=0.1,<0.2\n"
    assert (first / "files/data/run.sh").stat().st_mode & 0o777 == 0o755
    everything = ImageSpec(**given, source_copy_mode=CopyFileDetection.ALL).write_context(tmp_path / "3")
    assert not (Path(everything) / "files/ignored.txt").exists()
    with pytest.raises(ConfigError, match="is not empty"):
        spec.write_context(first)

    # The installer takes the line as it stands: all of it is installed here.
    words = arguments(spec.containerfile(), "uv pip install")
    here = [word.replace("/opt/requirements", str(first / "requirements")) for word in words[1:]]
    here[here.index("--python") + 1] = sys.executable
    subprocess.run([find_uv_bin(), *here, "--dry-run", "--offline"], check=True, cwd=tmp_path)


def test_a_lock_of_uv_is_exported_in_the_image(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.11"\n')
    subprocess.run([find_uv_bin(), "lock", "--offline"], cwd=tmp_path, check=True)
    spec = ImageSpec(requirements=str(tmp_path / "uv.lock"))
    context = Path(spec.write_context(tmp_path / "context"))
    words = [
        word.replace("/opt/requirements", str(context / "requirements"))
        for word in arguments(spec.containerfile(), "uv export")
    ]
    subprocess.run([find_uv_bin(), *words[1:], "--offline"], check=True, cwd=tmp_path)
    assert (context / "requirements/exported.txt").exists()
    assert "/opt/requirements/exported.txt" in arguments(spec.containerfile(), "uv pip install")


def test_requirements_that_a_context_cannot_hold_are_told_with_their_line(tmp_path: Path) -> None:
    for line, why in {
        "-e .": "code of this machine",
        "../x": "code of this machine",
        "-r ../x.txt": "below the folder",
    }.items():
        (tmp_path / "reqs.txt").write_text(f"click\n{line}\n")
        with pytest.raises(ConfigError, match=rf"reqs\.txt:2 is .*{why}"):
            ImageSpec(requirements=str(tmp_path / "reqs.txt")).image_name()
    with pytest.raises(ConfigError, match="'poetry export'"):
        ImageSpec(requirements="poetry.lock").image_name()


PROGRAM = """
from fletching import ContainerTask, ImageSpec, task, workflow

base = ImageSpec(name="base", registry="localhost:30000")
top = ImageSpec(name="top", base_image=base, pip_secret_mounts=[("here", "/a")])

@task(container_image=top)
def one(a: int) -> int:
    return a

@task(container_image="{{.image.other.fqn}}:1")
def two(a: int) -> int:
    return a

box = ContainerTask(name="box", image=ImageSpec(name="box"), command=["x"])

@workflow
def flow(a: int = 1) -> int:
    box()
    return two(a=one(a=a)).with_overrides(container_image=ImageSpec(name="node"))
"""


def fletch(*words: str, folder: Path) -> str:
    """Return what the command prints."""
    done = subprocess.run(
        [sys.executable, "-c", "from fletching.cli.main import main; main()", *words],
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def test_the_command_lists_and_writes_all_images_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(PROGRAM)
    names = fletch("image", "flow.py", folder=tmp_path).splitlines()
    assert [name.rpartition(":")[0] for name in names] == ["localhost:30000/base", "top", "box", "node"]
    commands = fletch("image", "flow.py", "-o", "out", folder=tmp_path).splitlines()
    assert commands[1] == f"docker push {names[0]}"
    assert f"--tag {names[1]} --secret id=pip0,src=here {tmp_path}/out/" in commands[2]
    assert len(list((tmp_path / "out").glob("*/Dockerfile"))) == 4
    assert f"FROM --platform=linux/amd64 {names[0]}" in fletch("image", "flow.py", "--recipe", folder=tmp_path)
