"""Cache settings, policies, and versions that follow the code."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from fletching.cache import Cache, CachePolicy, FunctionPolicy, VersionParameters
from fletching.errors import ConfigError


class Fixed:
    def __init__(self, text: str) -> None:
        self.text = text

    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        return self.text + salt


def add(a: int, b: int) -> int:
    return a + b


PARAMS = VersionParameters(add)


def test_an_explicit_version_wins() -> None:
    cache = Cache("1.0", serialize=True, ignored_inputs="a", salt="s", policies=[Fixed("x")])
    assert cache.get_version(PARAMS) == "1.0"
    assert cache.get_ignored_inputs() == ("a",)
    assert Cache(ignored_inputs=["a", "b"]).get_ignored_inputs() == ("a", "b")  # type: ignore[arg-type]


def test_policies_are_combined_as_flytekit_does() -> None:
    cache = Cache(salt="s", policies=[Fixed("a"), Fixed("b")])
    # Written by flytekit 1.16.31 for the same policies.
    assert cache.get_version(PARAMS) == "6c3b65c7b092f2232b7bbd9893e1e729c82626e75be5391146f74eee2ab08192"
    one = Fixed("a")
    assert Cache(policies=one).policies == (one,)
    assert isinstance(one, CachePolicy)


def test_cache_without_arguments_follows_the_function() -> None:
    version = Cache(version=None, policies=None).get_version(PARAMS)
    assert len(version) == 64
    assert version == Cache(policies=FunctionPolicy()).get_version(PARAMS)
    assert Cache(salt="s").get_version(PARAMS) != version


def test_cache_settings_are_values() -> None:
    policies = [FunctionPolicy()]
    cache = Cache(policies=policies)
    policies.clear()
    assert cache.policies == (FunctionPolicy(),)
    assert copy.deepcopy(cache) == pickle.loads(pickle.dumps(cache)) == cache
    assert hash(cache) == hash(copy.copy(cache))
    with pytest.raises(dataclasses.FrozenInstanceError):
        cache.salt = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"version": ""}, "Cache: version is '', expected a non-empty str or None"),
        ({"version": 1}, "Cache: version is 1, expected a non-empty str or None"),
        ({"serialize": 1}, "Cache: serialize is 1, expected True or False"),
        ({"ignored_inputs": 1}, "Cache: ignored_inputs is 1, expected a tuple of input names"),
        ({"salt": None}, "Cache: salt is None, expected a str"),
        (
            {"policies": "body"},
            "Cache: policies is 'body', expected an object with get_version(salt, params), or a list of them",
        ),
        (
            {"policies": [Fixed]},
            f"Cache: policies is {Fixed!r}, expected an object with get_version(salt, params), or a list of them",
        ),
    ],
)
def test_every_field_is_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Cache(**options)
    assert str(caught.value) == text


def test_version_parameters_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"^VersionParameters: func is 1, expected a function$"):
        VersionParameters(1)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^VersionParameters: pod_template_name is 1, expected a str or None$"):
        VersionParameters(add, pod_template_name=1)  # type: ignore[arg-type]


def test_a_policy_that_fails_is_named() -> None:
    class Broken:
        def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
            raise KeyError("x")

    class Vague:
        def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
            return 1  # type: ignore[return-value]

    with pytest.raises(ValueError) as caught:
        Cache(policies=Broken()).get_version(PARAMS)
    assert str(caught.value) == (
        "cache policy Broken found no version for 'add': KeyError: 'x'; give one with Cache(version=...)"
    )
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(ConfigError, match=r"^cache policy Vague gave 1 as version of 'add', expected a str$"):
        Cache(policies=Vague()).get_version(PARAMS)
