"""Versions that follow the image and the environment."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fletching import Cache, CachePolicy, EnvironmentPolicy, FunctionPolicy, ImagePolicy, VersionParameters, task
from fletching.errors import ConfigError


def add(a: int, b: int) -> int:
    return a + b


def subtract(a: int, b: int) -> int:
    return a - b


@dataclass
class Spec:
    """What an image specification tells about itself."""

    name: str

    def image_name(self) -> str:
        return self.name


def version(policy: Any, **options: Any) -> str:
    return Cache(policies=policy).get_version(VersionParameters(options.pop("func", add), **options))


def test_the_version_follows_the_image_and_nothing_else() -> None:
    policy = ImagePolicy()
    assert version(policy, container_image="a:1") == version(policy, container_image="a:1", func=subtract)
    versions = {version(policy, container_image=image) for image in (None, "", "a:1", "a:2")}
    assert len(versions) == 4
    assert version(policy, container_image=Spec("a:1")) == version(policy, container_image="a:1")
    assert policy.get_version("salt", VersionParameters(add)) != policy.get_version("", VersionParameters(add))


def test_the_version_follows_the_variables_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    policy = EnvironmentPolicy("MODEL")
    seen = {version(policy)}
    for value in ("", "a", "b"):
        monkeypatch.setenv("MODEL", value)
        monkeypatch.setenv("OTHER", value)
        assert version(policy) == version(EnvironmentPolicy(("MODEL",)), func=subtract)
        seen.add(version(policy))
    assert len(seen) == 4
    assert version(EnvironmentPolicy(names=("MODEL", "OTHER"))) not in seen
    assert version(EnvironmentPolicy(("OTHER", "MODEL"))) == version(EnvironmentPolicy(("MODEL", "OTHER")))


def test_a_version_is_the_same_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "é\udcff")
    code = (
        "from fletching import Cache, EnvironmentPolicy, VersionParameters, ImagePolicy\n"
        "cache = Cache(policies=[EnvironmentPolicy('MODEL'), ImagePolicy()])\n"
        "print(cache.get_version(VersionParameters(print, container_image='a:1')))\n"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    expected = version([EnvironmentPolicy("MODEL"), ImagePolicy()], container_image="a:1")
    assert [run.stdout.strip() for run in runs] == [expected] * 2


def test_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    policy = EnvironmentPolicy("TOKEN")
    assert "hunter2" not in policy.get_version("", VersionParameters(add)) + repr(policy)


def test_a_task_runs_again_when_the_variable_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def f(a: int) -> int:
        return a

    def made() -> Any:
        return task(f, cache=Cache(policies=[FunctionPolicy(), EnvironmentPolicy("MODEL")]))

    monkeypatch.setenv("MODEL", "small")
    small = made()
    assert (small(1), made().metadata) == (1, small.metadata)
    monkeypatch.setenv("MODEL", "large")
    assert made().metadata.cache_version != small.metadata.cache_version
    del runs


def test_policies_are_values() -> None:
    for policy in (ImagePolicy(), EnvironmentPolicy("A"), EnvironmentPolicy(["A", "B"])):  # type: ignore[arg-type]
        assert isinstance(policy, CachePolicy)
        assert copy.deepcopy(policy) == pickle.loads(pickle.dumps(policy)) == policy
        assert hash(policy) == hash(copy.copy(policy))
    assert EnvironmentPolicy("A").names == ("A",)


@pytest.mark.parametrize("names", ["", (), ("A", ""), ("A=B",), ("A\0",), 1, ("A", 1), None])
def test_what_is_no_variable_is_refused(names: Any) -> None:
    with pytest.raises(ConfigError, match=r"^EnvironmentPolicy: names is .*, expected the name of an environment"):
        EnvironmentPolicy(names)
