"""Task metadata, deck fields, and what the frozen values share."""

import copy
import datetime
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import hypothesis
import pytest
from flyteidl.core import tasks_pb2
from hypothesis import given
from hypothesis import strategies as st

from fletching.deck import DEFAULT_DECK_FIELDS, DeckField, check_deck_fields
from fletching.errors import ConfigError
from fletching.frozen import FrozenDict
from fletching.metadata import RetryStrategy, TaskMetadata
from fletching.versions import own_version


def test_defaults_ask_for_nothing() -> None:
    metadata = TaskMetadata()
    assert [getattr(metadata, field.name) for field in fields(metadata)] == [
        False, False, "", (), None, "", 0, None, None, False, False, None, None,
    ]  # fmt: skip


def test_fields_are_normalised() -> None:
    metadata = TaskMetadata(cache=True, cache_version="1", cache_ignore_input_vars="a", timeout=90, labels={"l": "1"})  # type: ignore[arg-type]
    assert metadata.cache_ignore_input_vars == ("a",)
    assert metadata.timeout == datetime.timedelta(seconds=90)
    assert metadata.labels == {"l": "1"}
    assert TaskMetadata(timeout=0).timeout is None
    assert TaskMetadata(timeout=datetime.timedelta(0)).timeout is None
    assert TaskMetadata(cache=True, cache_version="1", cache_ignore_input_vars=["b", "a"]).cache_ignore_input_vars == (  # type: ignore[arg-type]
        "b",
        "a",
    )
    assert metadata.retry_strategy == RetryStrategy(0)


def test_a_set_of_names_gets_an_order() -> None:
    names = {"c", "a", "b"}
    metadata = TaskMetadata(cache=True, cache_version="1", cache_ignore_input_vars=names)  # type: ignore[arg-type]
    assert metadata.cache_ignore_input_vars == ("a", "b", "c")


def test_metadata_never_changes() -> None:
    given = {"a": "1"}
    metadata = TaskMetadata(labels=given)
    given["b"] = "2"
    assert metadata.labels == {"a": "1"}
    with pytest.raises(FrozenInstanceError):
        metadata.retries = 1  # type: ignore[misc]
    with pytest.raises(TypeError, match=r"^this mapping belongs to a frozen value; copy it with dict"):
        metadata.labels["b"] = "2"  # type: ignore[index]
    assert hash(metadata) == hash(TaskMetadata(labels={"a": "1"}))
    assert replace(metadata, retries=2) == TaskMetadata(labels={"a": "1"}, retries=2)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"cache": 1}, "TaskMetadata: cache is 1, expected True or False"),
        ({"cache": True}, "TaskMetadata: cache_version is '', expected a non-empty str because cache is True"),
        ({"cache_version": 1}, "TaskMetadata: cache_version is 1, expected a str"),
        (
            {"cache_serialize": True},
            "TaskMetadata: cache_serialize is True, expected False because cache is False; set cache=True as well",
        ),
        (
            {"cache_ignore_input_vars": ("a",)},
            (
                "TaskMetadata: cache_ignore_input_vars is ('a',), "
                "expected () because cache is False; set cache=True as well"
            ),
        ),
        ({"cache_ignore_input_vars": 1}, "TaskMetadata: cache_ignore_input_vars is 1, expected a tuple of input names"),
        (
            {"cache_ignore_input_vars": ("a b",)},
            (
                "TaskMetadata: cache_ignore_input_vars is ('a b',), "
                "expected a tuple of input names, and 'a b' cannot be one"
            ),
        ),
        ({"interruptible": "yes"}, "TaskMetadata: interruptible is 'yes', expected True, False or None"),
        ({"deprecated": True}, "TaskMetadata: deprecated is True, expected a str"),
        ({"retries": "a"}, "TaskMetadata: retries is 'a', expected an int of 0 or more"),
        ({"retries": True}, "TaskMetadata: retries is True, expected an int of 0 or more"),
        ({"retries": -1}, "TaskMetadata: retries is -1, expected an int of 0 or more"),
        ({"timeout": "1h"}, "TaskMetadata: timeout is '1h', expected an int of seconds or a datetime.timedelta"),
        ({"timeout": 1.5}, "TaskMetadata: timeout is 1.5, expected an int of seconds or a datetime.timedelta"),
        ({"timeout": -1}, "TaskMetadata: timeout is -1, expected 0 (no limit) or more"),
        (
            {"timeout": 10**20},
            "TaskMetadata: timeout is 100000000000000000000, expected less than datetime.timedelta.max",
        ),
        ({"pod_template_name": 1}, "TaskMetadata: pod_template_name is 1, expected a str or None"),
        ({"generates_deck": None}, "TaskMetadata: generates_deck is None, expected True or False"),
        ({"is_eager": "no"}, "TaskMetadata: is_eager is 'no', expected True or False"),
        ({"labels": "a=b"}, "TaskMetadata: labels is 'a=b', expected a dict of str to str, or None"),
        ({"labels": {1: "a"}}, "TaskMetadata: labels key is 1, expected a str"),
        ({"annotations": {"a": 1}}, "TaskMetadata: annotations['a'] is 1, expected a str"),
    ],
)
def test_every_field_is_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:
        TaskMetadata(**options)
    assert str(caught.value) == text
    assert isinstance(caught.value, ConfigError)


def wire(**options: Any) -> str:
    message = TaskMetadata(**options).to_taskmetadata_model()
    assert message.runtime.version == own_version() != "0"
    message.runtime.version = "X"
    return message.SerializeToString(deterministic=True).hex()


def test_the_wire_form_is_flytekits() -> None:
    # Written by flytekit 1.16.31 for the same options.
    assert wire() == "120d08011201581a06707974686f6e2a007a00820100"
    assert (
        wire(interruptible=True, timeout=datetime.timedelta(milliseconds=1500))
        == "120d08011201581a06707974686f6e220808011080cab5ee012a0040017a00820100"
    )
    assert wire(
        cache=True,
        cache_version="v",
        cache_serialize=True,
        cache_ignore_input_vars=("a", "b"),
        interruptible=False,
        deprecated="d",
        retries=3,
        timeout=90,
        pod_template_name="p",
        generates_deck=True,
        is_eager=True,
        labels={"l": "1"},
        annotations={"a": "2"},
    ) == (
        "0801120d08011201581a06707974686f6e2202085a2a0228033201763a0164400048016201706a01616a016270017a020801"
        "8201100a060a016c12013112060a0161120132"
    )


def test_every_field_reaches_the_wire() -> None:
    base = {"cache": True, "cache_version": "v"}
    changes: dict[str, Any] = {
        "cache": False,
        "cache_serialize": True,
        "cache_version": "w",
        "cache_ignore_input_vars": ("a",),
        "interruptible": False,
        "deprecated": "d",
        "retries": 1,
        "timeout": 1,
        "pod_template_name": "p",
        "generates_deck": True,
        "is_eager": True,
        "labels": {"a": "b"},
        "annotations": {"a": "b"},
    }
    assert set(changes) == {field.name for field in fields(TaskMetadata)}
    for name, value in changes.items():
        assert wire(**{**base, name: value}) != wire(**base), name


metadata = st.builds(
    TaskMetadata,
    cache=st.just(True),
    cache_version=st.text(min_size=1),
    cache_serialize=st.booleans(),
    cache_ignore_input_vars=st.lists(st.sampled_from("abc")).map(tuple),
    interruptible=st.none() | st.booleans(),
    deprecated=st.text(),
    retries=st.integers(0, 1000),
    timeout=st.none() | st.integers(0, 10**9) | st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=10**6)),
    pod_template_name=st.none() | st.text(),
    generates_deck=st.booleans(),
    is_eager=st.booleans(),
    labels=st.none() | st.dictionaries(st.text(), st.text()),
    annotations=st.none() | st.dictionaries(st.text(), st.text()),
)


@hypothesis.settings(deadline=None)
@given(metadata)
def test_law_metadata_survives_copies_and_the_wire(value: TaskMetadata) -> None:
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    message = tasks_pb2.TaskMetadata.FromString(value.to_taskmetadata_model().SerializeToString())
    assert message.discovery_version == value.cache_version
    assert message.retries.retries == value.retries
    assert message.HasField("generates_deck")
    assert (message.interruptible if message.WhichOneof("interruptible_value") else None) == value.interruptible
    assert (message.timeout.ToTimedelta() if message.HasField("timeout") else None) == value.timeout
    assert dict(message.metadata.labels) == dict(value.labels or {})


def test_retry_strategy_round_trip() -> None:
    assert RetryStrategy.from_flyte_idl(RetryStrategy(3).to_flyte_idl()) == RetryStrategy(3)
    with pytest.raises(ValueError, match=r"^RetryStrategy: retries is -1, expected an int of 0 or more$"):
        RetryStrategy(-1)


def test_frozen_dicts_refuse_every_change() -> None:
    value = FrozenDict(a="1")
    for change in (
        lambda: value.update(b="2"),
        lambda: value.pop("a"),
        lambda: value.popitem(),
        lambda: value.clear(),
        lambda: value.setdefault("b", "2"),
        lambda: value.__delitem__("a"),
        lambda: value.__ior__({"b": "2"}),
    ):
        with pytest.raises(TypeError):
            change()
    assert value == {"a": "1"}
    copied = value.copy()
    copied["b"] = "2"
    assert hash(copy.deepcopy(value)) == hash(pickle.loads(pickle.dumps(value))) == hash(value)


# --- deck fields ---


def test_deck_fields_are_strings_too() -> None:
    assert [field.value for field in DEFAULT_DECK_FIELDS] == [
        "Source Code",
        "Dependencies",
        "Timeline",
        "Input",
        "Output",
    ]
    assert check_deck_fields(DEFAULT_DECK_FIELDS) == DEFAULT_DECK_FIELDS
    assert check_deck_fields(["Input", DeckField.OUTPUT]) == (DeckField.INPUT, DeckField.OUTPUT)
    assert DeckField.INPUT == "Input"


@pytest.mark.parametrize("wrong", ["Inputs", 1, []])
def test_other_deck_fields_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError) as caught:
        check_deck_fields([DeckField.INPUT, wrong])
    assert str(caught.value) == (
        f"deck_fields holds {wrong!r}, expected DeckField.INPUT, DeckField.OUTPUT, DeckField.SOURCE_CODE,"
        " DeckField.TIMELINE, DeckField.DEPENDENCIES"
    )


def test_one_deck_field_is_not_a_tuple_of_them() -> None:
    with pytest.raises(
        ValueError, match=r"^deck_fields is 'Input', expected a tuple of DeckField members: \('Input',\)$"
    ):
        check_deck_fields("Input")
