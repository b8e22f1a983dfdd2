"""Docstrings in three styles."""

import copy
import pickle
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching.docstring import Docstring
from fletching.interface import Interface

REST = """Add two numbers

longer description
in two lines

:param a: foo
    more foo
:param int b: bar
:type c: str
:return: ramen
:raises ValueError: never
"""

GOOGLE = """Add two numbers

longer description
in two lines

Note:
    stays

Args:
    a (Optional[Dict[str, int]]): foo
        more foo
    b: bar
    *rest: many

Returns:
    dict[str, int] | None: ramen

Example:
    >>> a: no
"""

NUMPY = """Add two numbers

longer description
in two lines

Parameters
----------
a : int
    foo
    more foo
b, c : str, optional
    bar

Returns
-------
total : int
    ramen
str
    soup

Notes
-----
a : no
"""


def parts(text: str) -> tuple[Any, ...]:
    parsed = Docstring(text)
    return parsed.short_description, parsed.long_description, parsed.input_descriptions, parsed.output_descriptions


@pytest.mark.parametrize(
    ("text", "long", "inputs", "outputs"),
    [
        (REST, "longer description\nin two lines", {"a": "foo\nmore foo", "b": "bar"}, {"o0": "ramen"}),
        (
            GOOGLE,
            "longer description\nin two lines\n\nNote:\n    stays",
            {"a": "foo\nmore foo", "b": "bar", "rest": "many"},
            {"o0": "ramen"},
        ),
        (
            NUMPY,
            "longer description\nin two lines",
            {"a": "foo\nmore foo", "b": "bar", "c": "bar"},
            {"total": "ramen", "o1": "soup"},
        ),
    ],
)
def test_three_styles(text: str, long: str, inputs: dict[str, str], outputs: dict[str, str]) -> None:
    assert parts(text) == ("Add two numbers", long, inputs, outputs)
    indented = text.replace("\n", "\n        ")
    assert parts(indented) == parts(text)


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("Do.\n\nReturns:\n    The sum, as: explained.", {"o0": "The sum, as: explained."}),
        ("Do.\n\nReturns:\n    int: the sum\n        of all", {"o0": "the sum\nof all"}),
        ("Do.\n\nReturns:\n    a (int): one\n    b (str): two", {"a": "one", "b": "two"}),
        ("Do.\n\n:returns total: it", {"total": "it"}),
        ("Do.\n\nReturns\n-------\nout: the total", {"out": ""}),
        ("Do.\n\nReturns\n-------\nwords only", {"o0": "words only"}),
    ],
)
def test_results(text: str, outputs: dict[str, str]) -> None:
    assert Docstring(text).output_descriptions == outputs


def test_plain_text_and_nothing() -> None:
    assert parts("One line.") == ("One line.", None, {}, {})
    assert parts("One line\ngoes on.\n\nMore.") == ("One line", "goes on.\n\nMore.", {}, {})
    assert parts("") == (None, None, {}, {})
    assert parts("Args:\n    a: first\n") == (None, None, {"a": "first"}, {})


def test_a_function_gives_its_docstring_when_asked() -> None:
    def f(a: int) -> int:
        """Keep a.

        :param a: kept
        """
        return a

    def g(a: int) -> int:
        return a

    docstring = Interface.from_function(f).docstring
    assert docstring == Docstring(f.__doc__) == Docstring(callable_=f)
    assert docstring is not None
    assert docstring.input_descriptions == {"a": "kept"}
    assert Interface.from_function(g).docstring is None
    assert repr(docstring) == "<Docstring 'Keep a.'>"
    assert docstring != "Keep a."


@hypothesis.settings(deadline=None)
@given(st.text(), st.sampled_from([REST, GOOGLE, NUMPY]))
def test_law_any_text_is_parsed(text: str, known: str) -> None:
    parsed = Docstring(text)
    assert isinstance(parsed.input_descriptions, dict)
    assert copy.deepcopy(parsed) == pickle.loads(pickle.dumps(parsed)) == parsed
    assert hash(copy.copy(parsed)) == hash(parsed)
    assert Docstring(known + text).short_description == "Add two numbers"
