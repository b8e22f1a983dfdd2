"""Literals that are too large to travel with the others are stored by themselves, and read from there."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Iterator, Optional

import pytest
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConfigError, ConversionError, OutputTooLargeError
from fletching.extend import TypeEngine, from_literal_map, to_literal_map, transformer
from fletching.types.offload import OffloadLimits, content_hash, fetched, offload

TYPES: dict[str, Any] = {"small": int, "large": list[int], "text": str}
VALUES = {"small": 1, "large": list(range(100)), "text": "x" * 200}
LIMITS = OffloadLimits(minimum=100, maximum=1000)


def stored(value: Any, kind: Any, place: Path, **changes: Any) -> Literal:
    """Return a literal that says where the one of a value is."""
    data = transformer(kind).to_literal(value).SerializeToString()
    place.write_bytes(data)
    made = Literal()
    made.offloaded_metadata.uri = str(place)
    made.offloaded_metadata.size_bytes = changes.get("size", len(data))
    return made


def test_the_engine_that_programs_ask_reads_what_is_stored_too(tmp_path: Path) -> None:
    assert TypeEngine.to_python_value(None, stored([1, 2], list[int], tmp_path / "list"), list[int]) == [1, 2]
    literal = transformer(list[str]).to_literal(["a", "b"])
    literal.collection.literals[1].CopyFrom(stored("c", str, tmp_path / "item"))
    assert TypeEngine.to_python_value(None, literal, list[str]) == ["a", "c"]


def test_nothing_is_stored_unless_the_platform_asks_for_it() -> None:
    assert OffloadLimits.from_environment({}) is None
    assert OffloadLimits.from_environment({"_F_L_MIN_SIZE_MB": "2"}) == OffloadLimits(
        minimum=2 << 20, maximum=1000 << 20
    )
    both = {"_F_L_MIN_SIZE_MB": "1", "_F_L_MAX_SIZE_MB": "5"}
    assert OffloadLimits.from_environment(both) == OffloadLimits(minimum=1 << 20, maximum=5 << 20)
    with pytest.raises(ConfigError, match=r"_F_L_MIN_SIZE_MB must be a number of MiB, such as '10', got '0\.5'"):
        OffloadLimits.from_environment({"_F_L_MIN_SIZE_MB": "0.5"})
    outputs = to_literal_map(TYPES, VALUES)
    assert offload(outputs, {}, "/nowhere", None) is outputs


def test_what_is_large_is_stored_and_read_again(tmp_path: Path) -> None:
    outputs = to_literal_map(TYPES, VALUES)
    before = outputs.SerializeToString(deterministic=True)
    types = {name: transformer(kind).literal_type() for name, kind in TYPES.items()}
    made = offload(outputs, types, str(tmp_path), LIMITS)
    assert outputs.SerializeToString(deterministic=True) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "large_offloaded_metadata.pb",
        "text_offloaded_metadata.pb",
    ]
    assert made.literals["large"].offloaded_metadata.inferred_type == types["large"]
    assert from_literal_map(TYPES, made) == VALUES


def test_a_hash_of_the_authors_stays(tmp_path: Path) -> None:
    outputs = to_literal_map(TYPES, VALUES)
    outputs.literals["text"].hash = "mine"
    types = {name: transformer(kind).literal_type() for name, kind in TYPES.items()}
    made = offload(outputs, types, str(tmp_path), LIMITS)
    assert made.literals["text"].hash == "mine"
    assert len(made.literals["large"].hash) == 44
    assert fetched(made.literals["large"]).hash == made.literals["large"].hash


def test_what_is_too_large_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    outputs = to_literal_map(TYPES, {**VALUES, "large": list(range(1000))})
    with pytest.raises(OutputTooLargeError, match=r"^output 'large' has \d+ bytes, and the platform stores less than"):
        offload(outputs, {}, str(tmp_path), LIMITS)
    assert not list(tmp_path.iterdir())


def test_any_part_of_a_value_may_be_stored_elsewhere(tmp_path: Path) -> None:
    text = stored("a", str, tmp_path / "text")
    items, grid, names, maybe = Literal(), Literal(), Literal(), Literal()
    items.collection.literals.add().CopyFrom(text)
    items.collection.literals.add().CopyFrom(transformer(str).to_literal("b"))
    grid.collection.literals.add().CopyFrom(stored(["c"], list[str], tmp_path / "list"))
    grid.collection.literals.add().CopyFrom(items)
    names.map.literals["x"].CopyFrom(text)
    maybe.CopyFrom(transformer(Optional[str]).to_literal("z"))
    maybe.scalar.union.value.CopyFrom(text)
    given = LiteralMap(literals={"a": items, "b": grid, "c": names, "d": maybe, "e": items})
    kinds: dict[str, Any] = {"a": list[str], "b": list[list[str]], "c": dict[str, str], "d": Optional[str]}
    found = from_literal_map({**kinds, "e": Iterator[str]}, given)
    assert list(found.pop("e")) == ["a", "b"]
    assert found == {"a": ["a", "b"], "b": [["c"], ["a", "b"]], "c": {"x": "a"}, "d": "a"}
    assert fetched(grid).collection.literals[1].collection.literals[0] == transformer(str).to_literal("a")
    assert grid.collection.literals[0].HasField("offloaded_metadata")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda made, file: file.write_bytes(b"\xff" * 6), "a stored literal of 7 bytes, got 6 bytes at"),
        (lambda made, file: file.write_bytes(b"\xff" * 7), "expected a literal, got something else at"),
        (lambda made, file: file.unlink(), "expected a stored literal, got nothing at"),
        (lambda made, file: made.offloaded_metadata.ClearField("uri"), "one that does not say where it lies"),
        (lambda made, file: file.write_bytes(made.SerializeToString()), "one that is stored elsewhere 8 times"),
    ],
    ids=["cut", "other", "gone", "nowhere", "circle"],
)
def test_what_cannot_be_read_is_named(spoil: Any, message: str, tmp_path: Path) -> None:
    made = stored("a", str, tmp_path / "a.pb", size=0 if "elsewhere" in message else 7)
    spoil(made, tmp_path / "a.pb")
    with pytest.raises(ConversionError, match=f"f: argument 'a': .*{message}"):
        from_literal_map({"a": str}, LiteralMap(literals={"a": made}), task="f")


def test_a_stored_value_of_another_type_says_where_it_was_stored(tmp_path: Path) -> None:
    made = stored(1, int, tmp_path / "a.pb")
    with pytest.raises(ConversionError, match=r"'a': expected str, got int 1 \(it was stored at str '.*a\.pb'\)"):
        from_literal_map({"a": str}, LiteralMap(literals={"a": made}))


@given(st.lists(st.integers(-5, 5)), st.dictionaries(st.text(max_size=3), st.text()), st.integers(0, 60))
def test_stored_or_not_is_no_difference(numbers: list[int], texts: dict[str, str], minimum: int) -> None:
    import tempfile

    kinds: dict[str, Any] = {"numbers": list[int], "texts": dict[str, str]}
    outputs = to_literal_map(kinds, {"numbers": numbers, "texts": texts})
    types = {name: transformer(kind).literal_type() for name, kind in kinds.items()}
    with tempfile.TemporaryDirectory() as folder:
        made = offload(outputs, types, folder, OffloadLimits(minimum=minimum))
        assert from_literal_map(kinds, made) == {"numbers": numbers, "texts": texts}


def written(literal: Literal) -> str:
    """Return the hash as the Flyte SDK makes it."""
    text = json.dumps(json_format.MessageToDict(literal), separators=(",", ":"), sort_keys=True)
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(alphabet='a"\\é\x00\ud7ff😀', max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('b"é€', max_size=3), inner, max_size=4),
    max_leaves=12,
)


def literal_of(value: Any) -> Literal:
    made = Literal()
    if isinstance(value, list):
        made.collection.literals.extend(map(literal_of, value))
    elif isinstance(value, dict):
        made.map.SetInParent()
        for key, each in value.items():
            made.map.literals[key].CopyFrom(literal_of(each))
    else:
        name = {bool: "boolean", int: "integer", float: "float_value", str: "string_value"}[type(value)]
        setattr(made.scalar.primitive, name, value)
    return made


@given(PLAIN, st.sampled_from(["", "hash", "metadata"]))
def test_the_hash_is_that_of_the_json(value: Any, more: str) -> None:
    literal = literal_of([value, value])
    if more == "hash":
        literal.collection.literals[0].hash = "mine"
    elif more == "metadata":
        literal.collection.literals[1].metadata["a"] = "b"
    assert content_hash(literal) == written(literal)


def test_plain_values_are_hashed_without_the_slow_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    literal = literal_of([1, 0.5, True, "a", {"b": [2]}])
    expected = written(literal)
    monkeypatch.delattr(json_format, "MessageToDict")
    assert content_hash(literal) == expected
