"""A check of the conformance kit that fails says what is wrong: pytest does not rewrite the asserts of a library."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fletching.testing

KIT = sorted(Path(fletching.testing.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", KIT, ids=lambda file: file.name)
def test_every_assert_has_words(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    mute = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg is None]
    assert not mute, f"{file.name}: {mute}"
