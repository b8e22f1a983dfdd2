"""What tests of transformers assert of a value that fits, and of one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from fletching.errors import ConversionError
from fletching.types.engine import transformer

__all__ = ["obeys", "refused"]


def obeys(annotation: Any, value: Any) -> Any:
    """Assert the law, and return what the other side sees."""
    kind = transformer(annotation)
    carried = kind.carry(value)
    read = kind.to_python(kind.to_literal(value))
    assert carried == read
    assert type(carried) is type(read)
    return carried


def refused(annotation: Any, value: Any) -> str:
    """Assert that both ways refuse a value with the same message, and return it."""
    kind = transformer(annotation)
    messages = []
    for method in (kind.carry, kind.to_literal):
        with pytest.raises(ConversionError) as caught:
            method(value)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    return messages[0]
