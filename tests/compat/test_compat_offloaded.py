"""Literals that are stored by themselves: a flytekit reads ours, and we read its, under the same hashes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from flyteidl.core.literals_pb2 import LiteralMap

from fletching.extend import from_literal_map, to_literal_map, transformer
from fletching.types.offload import OffloadLimits, offload

if TYPE_CHECKING:
    from flytekits import Flytekit

SIDE = Path(__file__).parent / "sides" / "offloaded.py"
KINDS: dict[str, Any] = {
    "texts": list[str],
    "numbers": dict[str, float],
    "text": str,
    "maybe": Optional[int],
    "own": str,
}
COUNT = 500


def values() -> dict[str, Any]:
    numbers = {str(at): at / 3 for at in range(COUNT)}
    return {
        "texts": ["aé🏹<>&"] * COUNT,
        "numbers": numbers,
        "text": "b" * COUNT,
        "maybe": None,
        "own": "c" * COUNT,
    }


def read(file: Path) -> LiteralMap:
    return LiteralMap.FromString(file.read_bytes())


def test_what_a_flytekit_stored_is_read(flytekit: Flytekit, tmp_path: Path) -> None:
    (tmp_path / "inputs.pb").write_bytes(to_literal_map({"count": int}, {"count": COUNT}).SerializeToString())
    flytekit.call(SIDE, "run", str(tmp_path), "make", "0")
    theirs = read(tmp_path / "outputs.pb")
    assert all(literal.HasField("offloaded_metadata") for literal in theirs.literals.values())
    names = dict(zip(KINDS, sorted(theirs.literals), strict=True))
    found = from_literal_map({names[name]: kind for name, kind in KINDS.items()}, theirs)
    assert found == {names[name]: value for name, value in values().items()}

    # What we store of the same outputs is the same, but for where it is.
    outputs = to_literal_map(KINDS, values())
    outputs.literals["own"].hash = "mine"
    types = {name: transformer(kind).literal_type() for name, kind in KINDS.items()}
    (tmp_path / "mine").mkdir()
    mine = offload(outputs, types, str(tmp_path / "mine"), OffloadLimits(minimum=0))
    for name, there in names.items():
        expected = theirs.literals[there]
        expected.offloaded_metadata.uri = expected.offloaded_metadata.uri.replace(str(tmp_path), str(tmp_path / "mine"))
        expected.offloaded_metadata.uri = expected.offloaded_metadata.uri.replace(f"/{there}_", f"/{name}_")
        assert mine.literals[name] == expected


def test_what_we_stored_a_flytekit_reads(flytekit: Flytekit, tmp_path: Path) -> None:
    types = {name: transformer(kind).literal_type() for name, kind in KINDS.items()}
    inputs = offload(to_literal_map(KINDS, values()), types, str(tmp_path), OffloadLimits(minimum=0))
    assert all(literal.HasField("offloaded_metadata") for literal in inputs.literals.values())
    (tmp_path / "inputs.pb").write_bytes(inputs.SerializeToString())
    flytekit.call(SIDE, "run", str(tmp_path), "use", "100")
    assert not (tmp_path / "error.pb").exists(), (tmp_path / "error.pb").read_bytes()
    assert from_literal_map({"o0": str}, read(tmp_path / "outputs.pb")) == {
        "o0": f"aé🏹<>& {COUNT} 1.0 {COUNT} None {COUNT}"
    }
