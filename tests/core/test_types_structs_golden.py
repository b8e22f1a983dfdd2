"""Dataclasses, models, messages, files and pickles are what flytekit writes (see golden/write_structs.py)."""

from __future__ import annotations

import base64
import json
import os
import runpy
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType

from fletching.types.engine import transformer
from fletching.types.files import FlyteDirectory, FlyteFile
from fletching.types.pickled import Pickled

GOLDEN = Path(__file__).parent / "golden"
WRITTEN = json.loads((GOLDEN / "structs.json").read_text())
ROWS = runpy.run_path(str(GOLDEN / "write_structs.py"))["rows"](FlyteFile, FlyteDirectory, Pickled)
NAMES = [(line, name) for line in sorted(WRITTEN) for name in sorted(WRITTEN[line])]

PICKLED_THERE = {"dataclass frozen": {"amount", "items", "key", "path"}, "dataclass holder": {"held"}}
"""Fields flytekit calls a pickle in ``dataclass_type`` although it writes them as text, a dict or what they are."""


def literal_of(row: dict[str, Any], folder: Path) -> Literal:
    literal = Literal.FromString(base64.b64decode(row["literal"]))
    if "file" in row:
        place = folder / row["file name"]
        place.write_bytes(base64.b64decode(row["file"]))
        literal.scalar.blob.uri = str(place)
    return literal


def test_both_release_lines_are_recorded() -> None:
    assert set(WRITTEN) == {"1.15", "1.16"}
    assert set(WRITTEN["1.16"]) == set(WRITTEN["1.15"]) == set(ROWS)


@pytest.mark.parametrize(("line", "name"), NAMES)
def test_the_wire_type_is_the_same(line: str, name: str) -> None:
    mine = transformer(ROWS[name][0]).literal_type()
    theirs = LiteralType.FromString(base64.b64decode(WRITTEN[line][name]["type"]))
    for field in PICKLED_THERE.get(name, ()):
        assert theirs.structure.dataclass_type.pop(field).blob.format == "PythonPickle"
        mine.structure.dataclass_type.pop(field, None)
    assert mine == theirs


@pytest.mark.parametrize(("line", "name"), NAMES)
def test_the_value_is_written_the_same(line: str, name: str, tmp_path: Path) -> None:
    annotation, value = ROWS[name]
    mine, theirs = transformer(annotation).to_literal(value), literal_of(WRITTEN[line][name], tmp_path)
    if "file" in WRITTEN[line][name]:
        mine_file, theirs_file = Path(mine.scalar.blob.uri), Path(theirs.scalar.blob.uri)
        assert mine_file.name == theirs_file.name
        assert mine_file.read_bytes() == theirs_file.read_bytes()
        assert len(os.path.basename(mine_file.parent)) == 32
        mine.scalar.blob.uri = theirs.scalar.blob.uri
    assert mine == theirs
    assert mine.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)


@pytest.mark.parametrize(("line", "name"), NAMES)
def test_what_flytekit_wrote_is_read_as_what_carry_gives(line: str, name: str, tmp_path: Path) -> None:
    annotation, value = ROWS[name]
    mine = transformer(annotation)
    read = mine.to_python(literal_of(WRITTEN[line][name], tmp_path))
    assert read == mine.carry(value) == mine.to_python(mine.to_literal(value))
    assert type(read) is type(mine.carry(value))
