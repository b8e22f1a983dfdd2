"""The wire forms are those that flytekit writes, byte for byte (see golden/write_types.py)."""

from __future__ import annotations

import base64
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType

from fletching.types.annotations import FlyteAnnotation, HashMethod
from fletching.types.engine import field_transformer, transformer

GOLDEN = Path(__file__).parent / "golden"
SCRIPT = runpy.run_path(str(GOLDEN / "write_types.py"))
NAMES = SCRIPT["scope"](HashMethod=HashMethod, FlyteAnnotation=FlyteAnnotation)
WRITTEN = json.loads((GOLDEN / "types.json").read_text())
ROWS = [(line, name) for line, parts in sorted(WRITTEN.items()) for name in sorted(parts["rows"])]
SCHEMAS = [(line, name) for line, parts in sorted(WRITTEN.items()) for name in sorted(parts["schemas"])]


def evaluated(text: str) -> Any:
    return eval(text, NAMES)


def test_the_file_holds_every_row() -> None:
    assert set(WRITTEN["1.16"]["rows"]) == set(SCRIPT["ROWS"])
    assert set(WRITTEN["1.16"]["schemas"]) == set(SCRIPT["SCHEMAS"])
    assert len(WRITTEN["1.15"]["rows"]) > 50


@pytest.mark.parametrize(("line", "name"), ROWS)
def test_types_and_values_are_written_as_flytekit_writes_them(line: str, name: str) -> None:
    annotation, value = map(evaluated, SCRIPT["ROWS"][name])
    theirs_type, theirs = map(base64.b64decode, WRITTEN[line]["rows"][name])
    mine = transformer(annotation)
    assert mine.literal_type() == LiteralType.FromString(theirs_type)
    literal = mine.to_literal(value)
    assert literal == Literal.FromString(theirs)
    assert literal.SerializeToString(deterministic=True) == theirs


@pytest.mark.parametrize(("line", "name"), ROWS)
def test_what_flytekit_wrote_is_read_as_what_carry_gives(line: str, name: str) -> None:
    annotation, value = map(evaluated, SCRIPT["ROWS"][name])
    theirs = base64.b64decode(WRITTEN[line]["rows"][name][1])
    assert transformer(annotation).to_python(Literal.FromString(theirs)) == transformer(annotation).carry(value)


@pytest.mark.parametrize(("line", "name"), SCHEMAS)
def test_fields_have_the_schema_that_flytekit_gives_them(line: str, name: str) -> None:
    annotation = evaluated(SCRIPT["SCHEMAS"][name])
    assert field_transformer(annotation).json_schema() == WRITTEN[line]["schemas"][name]
