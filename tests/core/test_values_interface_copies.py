"""Interfaces as values: copies, equality, pickles, and what importing them costs."""

import copy
import keyword
import pickle
import subprocess
import sys
from typing import Annotated, Any, NamedTuple, Optional

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching.docstring import Docstring
from fletching.interface import MISSING, Interface


class Point(NamedTuple):
    x: int
    y: float = 0.5


def test_copies_lose_nothing() -> None:
    def f(a: int, /, b: Optional[int] = None) -> Point:
        """Make a point.

        Args:
            a: the left one.
        """
        return Point(a)

    interface = Interface.from_function(f)
    more = interface.with_inputs({"c": int, "d": (str, "x")})
    assert more.inputs == {"a": int, "b": Optional[int], "c": int, "d": str}
    assert more.defaults == {"b": None, "d": "x"}
    assert more.kinds == {
        "a": "positional_only",
        "b": "positional_or_keyword",
        "c": "keyword_only",
        "d": "keyword_only",
    }
    for changed in (more, more.remove_inputs(["c", "d", "unknown"])):
        assert changed.output_tuple is Point
        assert changed.output_tuple_name == "Point"
        assert changed.docstring is not None
        assert changed.docstring.input_descriptions == {"a": "the left one."}
    assert more.remove_inputs(["c", "d"]) == interface
    assert interface.remove_inputs(None) is interface
    assert interface.remove_inputs("a").inputs == {"b": Optional[int]}

    wider = interface.with_outputs({"z": str})
    assert wider.outputs == {"x": int, "y": float, "z": str}
    assert wider.output_tuple is not None
    assert wider.output_tuple.__name__ == wider.output_tuple_name == "Point"
    assert wider.output_tuple is not Point
    assert wider.docstring == interface.docstring
    assert wider.defaults == interface.defaults


def test_a_name_is_added_once() -> None:
    interface = Interface({"a": int}, {"o": str})
    with pytest.raises(ValueError, match=r"^input 'a' is already there; choose another name$"):
        interface.with_inputs({"a": str})
    with pytest.raises(ValueError, match=r"^output 'o' is already there; choose another name$"):
        interface.with_outputs({"o": str})


def test_an_interface_never_changes() -> None:
    given = {"a": int}
    interface = Interface(given)
    given["b"] = str
    assert interface.inputs == {"a": int}
    with pytest.raises(AttributeError, match=r"^cannot set '_inputs': an Interface never changes"):
        interface._inputs = {}
    with pytest.raises(AttributeError):
        del interface._inputs
    with pytest.raises(TypeError):
        interface.inputs["b"] = int  # type: ignore[index]


def test_equality_tells_a_none_default_from_none() -> None:
    with_default = Interface({"a": (Optional[int], None)})
    without = Interface({"a": Optional[int]})
    assert with_default != without
    assert hash(with_default) == hash(without)
    assert with_default != "something"
    assert Interface({"a": int, "b": int}) != Interface({"b": int, "a": int})

    class Vague:
        def __eq__(self, other: object) -> bool:
            raise ValueError("no single truth value")

        __hash__ = None  # type: ignore[assignment]

    vague = Vague()
    assert Interface({"a": (Any, vague)}) == Interface({"a": (Any, vague)})
    assert Interface({"a": (Any, vague)}) != Interface({"a": (Any, Vague())})


def test_repr_reads_like_a_signature() -> None:
    def f(a: int, b: Optional[str] = None) -> Point:
        return Point(a)

    assert (
        repr(Interface.from_function(f)) == "<Interface (a: int, b: Optional[str] = None) -> Point (x: int, y: float)>"
    )
    assert repr(MISSING) == "MISSING"
    assert pickle.loads(pickle.dumps(MISSING)) is MISSING
    assert not MISSING


names = st.text("abcdefgh", min_size=1, max_size=3).filter(lambda name: not keyword.iskeyword(name))
types = st.sampled_from([int, str, float, Optional[int], list[int], Annotated[int, 1]])
typed = st.one_of(types, st.tuples(types, st.one_of(st.integers(), st.text(), st.none(), st.just(MISSING))))
interfaces = st.builds(
    Interface,
    st.dictionaries(names, typed, max_size=4),
    st.dictionaries(names, types, max_size=4),
    st.one_of(st.none(), st.just("Named")),
    st.one_of(st.none(), st.builds(Docstring, st.just("Text.\n\nArgs:\n    a: it"))),
)


@hypothesis.settings(deadline=None)
@given(interfaces)
def test_law_copies_and_pickles_are_equal(interface: Interface) -> None:
    for other in (copy.copy(interface), copy.deepcopy(interface), pickle.loads(pickle.dumps(interface))):
        assert other == interface
        assert hash(other) == hash(interface)
        assert other.docstring == interface.docstring
        assert other.output_tuple is interface.output_tuple


@hypothesis.settings(deadline=None)
@given(interfaces, st.dictionaries(st.sampled_from(["new1", "new2"]), typed, min_size=1))
def test_law_removing_undoes_adding(interface: Interface, extra: dict[str, Any]) -> None:
    more = interface.with_inputs(extra)
    assert list(more.inputs) == [*interface.inputs, *extra]
    assert more.remove_inputs(list(extra)) == interface
    assert more.docstring == interface.docstring


@hypothesis.settings(deadline=None)
@given(interfaces)
def test_law_kinds_bind(interface: Interface) -> None:
    seen_default = seen_keyword = False
    for name, kind in interface.kinds.items():
        if kind == "keyword_only":
            seen_keyword = True
            continue
        assert not seen_keyword
        assert name in interface.defaults or not seen_default
        seen_default = seen_default or name in interface.defaults
    assert list(interface.kinds) == list(interface.inputs)


def test_importing_the_values_is_cheap() -> None:
    code = (
        "import sys, inspect, dataclasses, typing; import fletching.interface, fletching.metadata, fletching.resources,"
        " fletching.cache, fletching.deck, fletching.signatures, fletching.settings\n"
        "heavy = {'google.protobuf', 'flyteidl', 'json', 'asyncio', 'logging', 'pathlib', 'subprocess', 'tempfile',"
        " 'urllib', 'importlib.metadata', 'pluggy', 'hashlib', 'difflib', 'fractions', 'click', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
