"""Every row of the type table, both ways: a real flytekit reads what we write, and we read what it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgpack
import pandas
import pytest
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType

import fletching
from fletching.extend import guess_python_type, transformer
from fletching.types.blobs import raw_output_prefix
from flytekit_process import load

if TYPE_CHECKING:
    from flytekits import Flytekit

SIDES = Path(__file__).parent / "sides"
ROWS = SIDES / "literal_flytekit.py"
literal_rows = load(str(SIDES / "literal_rows.py"))
literal_canon = load(str(SIDES / "literal_canon.py"))

OTHER_TYPES = {
    "dataclass frozen",  # it has the wire types of pickles for fields that are no pickles
    "dataclass holder",  # the same for a generic dataclass
    "model",  # the same for Dict[str, Any]
    "models",
    "table in model",  # it has the docstring of a class in it
}
"""Rows whose wire type says of a field what is not so, or more than we do."""

UNREAD_FIELDS = {
    *("protobuf struct", "protobuf message", "protobuf names", "protobuf big", "protobuf snake", "message list"),
    *("pydantic list", "models", "frames", "frames by name", "bytes", "path", "dict not pickled"),
    # A point in time keeps there the offset it has in the object; here an input is in UTC.
    *("datetime naive", "datetime offset", "datetime old"),
}
"""Rows that a flytekit doesn't read, or reads otherwise, when they are fields of an object."""


def names(flytekit: Flytekit) -> SimpleNamespace:
    return SimpleNamespace(
        FlyteAnnotation=fletching.FlyteAnnotation,
        FlyteDirectory=fletching.FlyteDirectory,
        FlyteError=fletching.FlyteError,
        FlyteFile=fletching.FlyteFile,
        HashMethod=fletching.HashMethod,
        JSONS=Iterator[fletching.JSON],
        Pickled=fletching.Pickled,
        StructuredDataset=fletching.StructuredDataset,
        has_literal=flytekit.version > "1.16",
        kwtypes=fletching.kwtypes,
    )


def canon(value: Any) -> Any:
    return json.loads(json.dumps(literal_canon.canon(value)))


def described(literal: Literal, folder: Path) -> str:
    """Return a literal as text, with ``@`` for each new place below ``folder``: those are never the same twice."""
    literal = Literal.FromString(literal.SerializeToString())
    packed = []
    for part in (literal, *literal.collection.literals, *literal.map.literals.values(), literal.scalar.union.value):
        if part.scalar.binary.value:
            packed.append(str(msgpack.unpackb(part.scalar.binary.value, strict_map_key=False)))
            part.scalar.binary.value = b""
    text = "\n".join([str(literal), *packed])
    return re.sub(
        rf"{re.escape(str(folder))}/[a-z]+/[0-9a-f]{{32}}(/items.jsonl|/d\b|/[0-9a-f]{{32}}(\.npy)?)?", "@", text
    )


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[None]:
    """Have what we write lie below the test's folder, while the test runs."""
    token = raw_output_prefix.set(str(tmp_path / "ours"))
    yield
    raw_output_prefix.reset(token)


@pytest.mark.parametrize("old", [False, True], ids=["messagepack", "json"])
@pytest.mark.usefixtures("ours")
def test_every_row_both_ways(flytekit: Flytekit, old: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with flytekit.old_format(old):
        theirs = flytekit.call(ROWS, "write", str(tmp_path))
    said, failed = theirs["said"], theirs["failed"]
    given = LiteralMap.FromString((tmp_path / "inputs.pb").read_bytes()).literals
    types = VariableMap.FromString((tmp_path / "types.pb").read_bytes()).variables
    if old:
        monkeypatch.setenv("FLYTE_USE_OLD_DC_FORMAT", "true")
    made, wrong = LiteralMap(), []
    rows = literal_rows.rows(names(flytekit), str(tmp_path / "made"))
    for name, (kind, make) in rows.items():
        mine = transformer(kind)
        made.literals[name].CopyFrom(mine.to_literal(make()))
        if name in given:
            if name not in OTHER_TYPES and mine.literal_type() != types[name].type:
                wrong.append(f"{name}: another type")
            # A frame that is declared as CSV a flytekit writes as Parquet, and it reads ours.
            if name != "frame csv" and described(made.literals[name], tmp_path) != described(given[name], tmp_path):
                wrong.append(f"{name}: written otherwise")
            read = canon(mine.to_python(given[name]))
            if name in said and read != said[name]:
                wrong.append(f"{name}: read as {read} instead of {said[name]}")
    (tmp_path / "outputs.pb").write_bytes(made.SerializeToString())
    back = flytekit.call(ROWS, "read", str(tmp_path))
    wrong += [f"{name}: they read {back[name]} instead of {said[name]}" for name in said if back[name] != said[name]]
    assert not wrong
    # What a flytekit itself can't write, or not read again.
    assert len(said) >= 135
    assert set(said) | set(failed) == set(rows)


@pytest.mark.usefixtures("ours")
def test_the_field_of_an_object_is_read_as_an_input_of_its_type(flytekit: Flytekit, tmp_path: Path) -> None:
    made, expected = LiteralMap(), {}
    for name, (kind, make) in literal_rows.rows(names(flytekit), str(tmp_path / "made")).items():
        mine = transformer(kind)
        if mine.has_plain() and name != "dict pickled":
            # What a backend makes of ``promise.field``.
            made.literals[name].scalar.binary.value = msgpack.packb(mine.to_plain(make()))
            made.literals[name].scalar.binary.tag = "msgpack"
            expected[name] = canon(mine.to_python(made.literals[name]))
    (tmp_path / "attributes.pb").write_bytes(made.SerializeToString())
    back = flytekit.call(ROWS, "read", str(tmp_path), "attributes.pb")
    wrong = {name: (back[name], expected[name]) for name in expected if back[name] != expected[name]}
    assert wrong.keys() == UNREAD_FIELDS


@pytest.mark.usefixtures("ours")
def test_tables_of_the_old_schemas_are_datasets(flytekit: Flytekit, tmp_path: Path) -> None:
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    (tmp_path / "dataset.pb").write_bytes(transformer(pandas.DataFrame).to_literal(frame).SerializeToString())
    assert flytekit.call(ROWS, "schemas", str(tmp_path)) == [canon(frame), canon(frame)]
    for name in ("plain", "typed"):
        literal = Literal.FromString((tmp_path / f"{name}.pb").read_bytes())
        assert canon(transformer(pandas.DataFrame).to_python(literal)) == canon(frame)
        guessed = guess_python_type(LiteralType.FromString((tmp_path / f"{name}.type.pb").read_bytes()))
        assert canon(transformer(guessed).to_python(literal)) == ["dataset", canon(frame)]
