"""`ImageSpec` as a value: what it takes, what it refuses, what it is called, and where its name goes."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from fletching import (
    Cache,
    ImageConfig,
    PodTemplate,
    SerializationSettings,
    task,
    workflow,
)
from fletching.errors import ConfigError, PluginContractError
from fletching.extend import PluginManager, serialize, use_manager
from fletching_image import CopyFileDetection, ImageSpec

SETTINGS = SerializationSettings(ImageConfig.auto(img_name="default:1"), project="p", domain="d", version="v")


def test_a_specification_is_a_value(full: dict[str, Any]) -> None:
    spec = ImageSpec(**full)
    assert (spec.name, spec.registry, spec.packages) == ("full", "ghcr.io/acme", ("pandas==3.0", "polars"))
    for same in (
        ImageSpec(**dict(reversed(full.items()))),
        dataclasses.replace(spec),
        copy.deepcopy(spec),
        pickle.loads(pickle.dumps(spec)),
        spec.force_push(),
    ):
        assert (same, hash(same), same.image_name()) == (spec, hash(spec), spec.image_name())
    assert spec.force_push().force
    assert not spec.force
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        spec.env["A"] = "3"  # type: ignore[index]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, "one") for field in ("packages", "conda_packages", "conda_channels", "apt_packages", "copy")),
        *((field, [1]) for field in ("pip_extra_index_url", "entrypoint", "commands", "runtime_packages")),
        ("packages", ["pandas\nRUN evil"]),
        ("apt_packages", ["git; rm -rf /"]),
        ("apt_packages", ["--purge"]),
        ("pip_secret_mounts", [["a", "/b"]]),
        ("pip_secret_mounts", [("a", "/b,target=/")]),
        ("builder_options", []),
        ("builder_options", {"a": object()}),
        ("env", {"A B": "1"}),
        ("env", {"A": "1\nRUN evil"}),
        ("registry", "http://acme.io/x"),
        ("registry", "a b"),
        ("registry", "acme/"),
        ("registry", ":30000"),
        ("name", ""),
        ("name", "a b"),
        ("name", None),
        ("python_version", 3.1),
        ("python_version", "python3"),
        ("requirements", ["a"]),
        ("base_image", 5),
        ("base_image", "debian\nRUN evil"),
        ("platform", "linux"),
        ("tag_format", "{other}"),
        ("tag_format", "a b"),
        ("source_copy_mode", 5),
        ("python_exec", "python3"),
        ("force", 1),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(field: str, value: object) -> None:
    given: Any = {field: value}
    with pytest.raises(ValueError, match=rf"ImageSpec: {field}.* is .*expected") as caught:
        ImageSpec(**given)
    assert isinstance(caught.value, ConfigError)


def test_with_methods_return_longer_specifications() -> None:
    spec = ImageSpec(name="x", packages=["a"])
    longer = (
        spec.with_packages("b")
        .with_packages(["c", "d"])
        .with_apt_packages("git")
        .with_commands(["date"])
        .with_copy("data")
        .with_runtime_packages("six")
        .with_builder_options({"a": 1})
        .with_builder_options({"b": 2})
    )
    assert longer == ImageSpec(
        name="x",
        packages=["a", "b", "c", "d"],
        apt_packages=["git"],
        commands=["date"],
        copy=["data"],
        runtime_packages=["six"],
        builder_options={"a": 1, "b": 2},
    )
    assert spec == ImageSpec(name="x", packages=["a"])
    for wrong in (None, 5, {"a": 1}, [5]):
        given: Any = wrong
        with pytest.raises(ConfigError, match="packages"):
            spec.with_packages(given)


def test_from_env_pins_what_is_installed() -> None:
    spec = ImageSpec.from_env(pinned_packages=["click"], packages=["six"], name="pinned")
    assert spec.packages == ("six", f"click=={version('click')}")
    assert spec.python_version == f"{sys.version_info.major}.{sys.version_info.minor}"
    with pytest.raises(ConfigError, match="python_version is that of this process"):
        ImageSpec.from_env(python_version="3.12")
    with pytest.raises(ConfigError, match="'no-such-thing', which is not installed"):
        ImageSpec.from_env(["no-such-thing"])


def test_the_name_is_the_same_everywhere(full: dict[str, Any]) -> None:
    given = {**full, "conda_packages": None, "conda_channels": None}
    program = f"from fletching import ImageSpec; spec = ImageSpec(**{given!r}); print(spec.image_name(), spec.id)"
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    # Written down: a later version of the package has to give the same.
    assert told == {b"ghcr.io/acme/full:f029439247fa52bfd08a000ff8288dfb-dev f6267bc50777f1b176ba645384295ddb\n"}


def test_the_tag_follows_what_is_in_the_image() -> None:
    spec = ImageSpec(name="x", packages=["a"])
    same = {"registry": "ghcr.io/acme", "builder": "b", "runtime_packages": ["six"], "registry_config": "c"}
    same["pip_secret_mounts"] = [("a", "/b")]
    for field, value in same.items():
        given: Any = {field: value}
        assert dataclasses.replace(spec, **given).tag == spec.tag, field
    other: dict[str, Any] = {
        "packages": ["b"],
        "env": {"A": "1"},
        "commands": ["date"],
        "platform": "linux/arm64",
        "python_version": "3.9",
        "pip_index": "https://pypi.acme/simple",
        "base_image": ImageSpec(name="base"),
        "builder_options": {"a": 1},
    }
    tags = [dataclasses.replace(spec, **{field: value}).tag for field, value in other.items()]
    assert len({spec.tag, *tags}) == len(tags) + 1


def test_the_tag_follows_the_content_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    for name in ("requirements.txt", "more.txt", "src/flow.py", "src/data.bin", "copied.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "requirements.txt").write_text("-r more.txt\n")
    monkeypatch.chdir(tmp_path)

    def tags() -> list[str]:
        given: list[dict[str, Any]] = [
            {"requirements": "requirements.txt"},
            {"copy": ["copied.txt"]},
            {"source_root": "src"},
            {"source_root": "src", "source_copy_mode": CopyFileDetection.ALL},
            {"source_root": "src", "source_copy_mode": CopyFileDetection.NO_COPY},
        ]
        return [ImageSpec(**each).tag for each in given]

    def changed(name: str) -> list[bool]:
        before = tags()
        (tmp_path / name).write_text("# changed\n")
        return [one != other for one, other in zip(before, tags(), strict=True)]

    assert changed("more.txt") == [True, False, False, False, False]
    assert changed("copied.txt") == [False, True, False, False, False]
    assert changed("src/flow.py") == [False, False, True, True, False]
    assert changed("src/data.bin") == [False, False, False, True, False]
    before = tags()
    os.utime(tmp_path / "src/flow.py", (1, 1))
    assert tags() == before


def test_a_missing_file_is_told_when_the_name_is_needed(tmp_path: Path) -> None:
    spec = ImageSpec(requirements=str(tmp_path / "none.txt"))
    with pytest.raises(ConfigError, match=r"there is no file '.*none.txt' here"):
        spec.image_name()
    for field, value in {"copy": ["none"], "source_root": str(tmp_path / "none")}.items():
        given: Any = {field: value}
        with pytest.raises(ConfigError, match="none"):
            ImageSpec(**given).image_name()
    for path in ("/etc/hostname", "../x"):
        with pytest.raises(ConfigError, match="expected a path below"):
            ImageSpec(copy=[path]).image_name()


def test_is_container_knows_the_image_where_its_files_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ImageSpec(requirements="/home/me/project/requirements.txt", registry="localhost:30000", packages=["a"])
    there = ImageSpec(requirements="/root/requirements.txt", registry="ghcr.io/acme", packages=["a"])
    assert here.is_container()  # nothing but this process runs it
    monkeypatch.setenv("FLYTE_INTERNAL_EXECUTION_ID", "run")
    assert not there.is_container()
    monkeypatch.setenv("_F_IMG_ID", here.id)
    assert there.is_container()
    assert not there.with_packages("b").is_container()


def test_a_program_is_imported_where_the_files_of_its_images_are_missing() -> None:
    def plus(a: int) -> int:
        return a + 1

    versions = set()
    for packages in (["a"], ["b"]):
        image = ImageSpec(requirements="none.txt", packages=packages)
        cached = task(container_image=image, cache=True)(plus)
        assert cached(a=1) == 2
        versions.add(cached.metadata.cache_version)
        assert image.exist() is None
        with pytest.raises(ConfigError, match=r"none\.txt"):
            serialize([cached], SETTINGS)
    assert len(versions) == 2


def test_the_name_is_where_an_image_is(tmp_path: Path) -> None:
    spec = ImageSpec(name="one", packages=["a"], runtime_packages=["six", "tomli"])
    two = spec.with_packages("b")
    pod = PodTemplate(primary_container_name="p", pod_spec={"containers": [{"name": "p", "image": two}]})
    assert PodTemplate(primary_container_name="p", pod_spec={"containers": [{"name": "p", "image": two}]}) == pod

    @task(container_image=spec, cache=Cache())
    def first(a: int) -> int:
        return a

    @task(container_image=two, cache=Cache())
    def second(a: int) -> int:
        return a

    @task(pod_template=pod, cache=True)
    def third(a: int) -> int:
        return a

    @workflow
    def flow(a: int = 1) -> int:
        return third(a=first(a=a).with_overrides(container_image=two))

    assert flow() == 1
    written = serialize([flow, second], SETTINGS)
    container = written.find("task", first.name).message.template.container
    assert container.image == spec.image_name()
    assert [pair.value for pair in container.env if pair.key == "_F_RUNTIME_PACKAGES"] == ["six tomli"]
    assert two.image_name() in str(written.find("workflow", flow.name).message.template)
    assert two.image_name() in str(written.find("task", third.name).message.template.k8s_pod)


class Toy:
    """A builder that keeps what it was asked for."""

    built: list[str] = []

    def build(self, spec: ImageSpec) -> str:
        self.built.append(spec.name)
        return spec.image_name()


def test_a_builder_is_chosen_by_name_and_builds_the_base_first() -> None:
    spec = ImageSpec(name="top", base_image=ImageSpec(name="base"))
    with use_manager(PluginManager(discover=False)) as manager:
        with pytest.raises(ConfigError, match=r"image 'top:.*fletch image FILE -o FOLDER"):
            spec.build()
        Toy.built.clear()
        manager.provide("images", "toy", Toy)
        assert spec.build() == spec.image_name()
        assert Toy.built == ["base", "top"]
        with pytest.raises(ConfigError, match="builder is 'toyy', which is not installed; did you mean 'toy'"):
            dataclasses.replace(spec, builder="toyy").build()
        manager.provide("images", "other", lambda: object())
        with pytest.raises(ConfigError, match="builder is None, expected one of 'other', 'toy'"):
            spec.build()
        with pytest.raises(PluginContractError, match="expected an object with build"):
            dataclasses.replace(spec, builder="other").build()
