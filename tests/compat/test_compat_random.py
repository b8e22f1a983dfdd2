"""Random types and values: a flytekit writes what we write, and each reads the other's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType
from hypothesis import given, settings
from hypothesis import strategies as st

from fletching.errors import TypeEngineError
from fletching.extend import transformer
from flytekit_process import load
from wire_values import typed_values

if TYPE_CHECKING:
    from flytekits import Flytekit

SIDES = Path(__file__).parent / "sides"
canon = load(str(SIDES / "literal_canon.py")).canon
scope = load(str(SIDES / "random_values.py")).scope


def seen(value: Any) -> Any:
    return json.loads(json.dumps(canon(value)))


def differences(flytekit: Flytekit, pairs: list[tuple[str, str]]) -> list[str]:
    """Return what is not the same on both sides, in words, one for each pair at most."""
    names, sent, kinds = scope(), [], []
    for annotation, text in pairs:
        kind = transformer(eval(annotation, names))
        kinds.append(kind)
        try:
            data = kind.to_literal(eval(text, names)).SerializeToString(deterministic=True)
        except TypeEngineError:
            data = b""
        sent.append((annotation, text, data))
    found = []
    for kind, (annotation, text, data), said in zip(
        kinds, sent, flytekit.call(SIDES / "random_values.py", "convert", sent), strict=True
    ):
        if "failed" in said:
            continue  # a flytekit has its own limits: bytes in a model that are no text, for instance
        problems = [] if data else ["we refuse it"]
        if LiteralType.FromString(said["type"]) != kind.literal_type():
            problems.append("the type")
        if said["literal"] != data:
            problems.append("the literal")
        if said["theirs"] != said["own"]:
            problems.append(f"they read {said['theirs']} of ours and {said['own']} of theirs")
        try:
            mine = seen(kind.to_python(Literal.FromString(said["literal"])))
        except TypeEngineError as error:
            mine = str(error)
        if mine != said["own"]:
            problems.append(f"we read {mine} and they {said['own']}")
        if problems:
            found.append(f"{'; '.join(problems)} for {annotation} of {text}")
    return found


@settings(max_examples=6)
@given(pairs=st.lists(typed_values, min_size=10, max_size=25))
def test_random_values_both_ways(flytekit: Flytekit, pairs: list[tuple[str, str]]) -> None:
    assert not differences(flytekit, pairs)
