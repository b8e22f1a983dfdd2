"""Interfaces: from functions, from dicts, as values."""

import asyncio
import copy
import functools
import keyword
import pickle
import subprocess
import sys
import typing
from collections import namedtuple
from typing import Annotated, Any, Generic, NamedTuple, Optional, Tuple, TypeVar

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching.docstring import Docstring
from fletching.errors import InterfaceError, MissingReturnError, MissingTypeError
from fletching.interface import MISSING, Interface

T = TypeVar("T")


class Point(NamedTuple):
    x: int
    y: float = 0.5


class Lone(NamedTuple):
    total: int


class Box(NamedTuple, Generic[T]):
    item: T
    items: list[T]


def message(error: type[Exception], fn: Any, **options: Any) -> str:
    with pytest.raises(error) as caught:
        Interface.from_function(fn, **options)
    return str(caught.value)


# --- inputs ---


def test_types_defaults_and_kinds_come_from_the_signature() -> None:
    def f(a: int, /, b: str = "x", *, c: float | None = None) -> int:
        return 1

    interface = Interface.from_function(f)
    assert interface.inputs == {"a": int, "b": str, "c": float | None}
    assert list(interface.inputs) == ["a", "b", "c"]
    assert interface.defaults == {"b": "x", "c": None}
    assert interface.kinds == {"a": "positional_only", "b": "positional_or_keyword", "c": "keyword_only"}
    assert interface.inputs_with_defaults == {"a": (int, None), "b": (str, "x"), "c": (float | None, None)}
    assert interface.default_inputs_as_kwargs == {"b": "x"}


def test_annotated_survives() -> None:
    def f(a: Annotated[int, "meta"]) -> Annotated[str, "out"]:
        return ""

    interface = Interface.from_function(f)
    assert interface.inputs["a"] == Annotated[int, "meta"]
    assert interface.outputs == {"o0": Annotated[str, "out"]}


def test_string_annotations_are_evaluated_in_the_module() -> None:
    def f(a: "list[Point]") -> "typing.Optional[Point]":
        return a[0]

    interface = Interface.from_function(f)
    assert interface.inputs == {"a": list[Point]}
    assert interface.outputs == {"o0": Optional[Point]}


def test_string_annotations_may_name_a_class_of_the_enclosing_function() -> None:
    class Local:
        pass

    def f(a: "Local") -> "Local":
        return a

    assert Interface.from_function(f).inputs == {"a": Local}


def test_an_unknown_name_is_refused_with_its_cause() -> None:
    def f(a: "Unknown") -> int:  # type: ignore[name-defined]
        return 1

    with pytest.raises(InterfaceError) as caught:
        Interface.from_function(f)
    assert str(caught.value) == (
        f"f: an annotation names 'Unknown', which is not defined in module {__name__!r};"
        " import it there, outside of 'if TYPE_CHECKING', or define it before the task"
    )
    assert isinstance(caught.value.__cause__, NameError)


def test_an_annotation_has_to_be_a_type() -> None:
    def f(a: "(int, str)") -> int:  # type: ignore[syntax]
        return 1

    assert message(InterfaceError, f).startswith("f: an annotation is not a type: ")


def test_wraps_is_followed() -> None:
    def inner(a: int, b: str = "x") -> float:
        return 1.0

    @functools.wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        return inner(*args, **kwargs)

    interface = Interface.from_function(outer)
    assert interface.inputs == {"a": int, "b": str}
    assert interface.outputs == {"o0": float}


def test_partials_methods_and_callable_objects() -> None:
    class Adder:
        def add(self, a: int, b: int) -> int:
            return a + b

        __call__ = add

    assert Interface.from_function(Adder().add).inputs == {"a": int, "b": int}
    assert Interface.from_function(Adder()).inputs == {"a": int, "b": int}
    bound = functools.partial(Adder().add, b=2)
    assert Interface.from_function(bound).defaults == {"b": 2}


def test_a_missing_annotation_is_refused() -> None:
    def f(a: int, b) -> int:  # type: ignore[no-untyped-def]
        return a

    assert message(MissingTypeError, f) == (
        "f: parameter 'b' has no annotation; write its type (b: int), or allow pickles with pickle_untyped=True"
    )
    assert "<lambda>: parameter 'x'" in message(MissingTypeError, lambda x: x)


def test_variadic_parameters_are_refused() -> None:
    def args(*rows: int) -> int:
        return 1

    def kwargs(**rows: str) -> int:
        return 1

    assert message(InterfaceError, args) == (
        "args: parameter '*rows' cannot be an input, every input has a name and one type; take a list (rows: list[int])"
    )
    assert message(InterfaceError, kwargs) == (
        "kwargs: parameter '**rows' cannot be an input, every input has a name and one type;"
        " take a dict (rows: dict[str, str])"
    )


def test_pickle_untyped_types_what_has_no_annotation() -> None:
    from fletching.types.pickled import Pickled

    def f(a, b: int):  # type: ignore[no-untyped-def]
        return a

    interface = Interface.from_function(f, pickle_untyped=True)
    assert interface.inputs == {"a": Pickled[Any], "b": int}
    assert interface.outputs == {"o0": Pickled[Any]}
    assert Interface.from_function(lambda: None).outputs == {}


# --- outputs ---


def test_return_annotations_become_outputs() -> None:
    def none() -> None: ...
    def bare(): ...  # type: ignore[no-untyped-def]
    def one() -> dict[str, int]:
        return {}

    def two() -> tuple[int, str]:
        return 1, ""

    def old() -> Tuple[int, str]:
        return 1, ""

    def literal() -> (int, str):  # type: ignore[syntax]
        return 1, ""

    assert Interface.from_function(none).outputs == {}
    assert Interface.from_function(bare).outputs == {}
    assert Interface.from_function(one).outputs == {"o0": dict[str, int]}
    for fn in (two, old, literal):
        interface = Interface.from_function(fn)
        assert interface.outputs == {"o0": int, "o1": str}
        assert interface.output_names == ["o0", "o1"]
        assert interface.returns_tuple
    assert not Interface.from_function(one).returns_tuple
    assert Interface.from_function(none).output_names is None
    assert Interface.from_function(none).output_tuple is None


def test_a_named_tuple_gives_its_names_and_its_class() -> None:
    def f() -> Point:
        return Point(1)

    interface = Interface.from_function(f)
    assert interface.outputs == {"x": int, "y": float}
    assert interface.output_tuple is Point
    assert interface.output_tuple_name == "Point"


def test_a_named_tuple_may_have_one_field() -> None:
    def f() -> Lone:
        return Lone(1)

    interface = Interface.from_function(f)
    assert interface.outputs == {"total": int}
    assert interface.returns_tuple


def test_a_generic_named_tuple_is_filled_in() -> None:
    def f() -> Box[int]:
        return Box(1, [1])

    interface = Interface.from_function(f)
    assert interface.outputs == {"item": int, "items": list[int]}
    assert interface.output_tuple is Box


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (tuple, "f: a bare tuple says nothing about its outputs; write each type (tuple[int, str])"),
        (Tuple, "f: a bare tuple says nothing about its outputs; write each type (tuple[int, str])"),
        (tuple[()], "f: a bare tuple says nothing about its outputs; write each type (tuple[int, str])"),
        (tuple[int], "f: a tuple of one output is not supported; return int itself, or a NamedTuple"),
        ((int,), "f: a tuple of one output is not supported; return int itself, or a NamedTuple"),
        (tuple[int, ...], "f: tuple[int, ...] has no fixed number of outputs; return a list (list[int])"),
        (namedtuple("Bare", "x"), "f: field 'x' of Bare has no type; declare it with typing.NamedTuple"),
        (namedtuple("Empty", ""), "f: Empty has no fields; annotate the function with -> None"),
    ],
)
def test_a_tuple_without_outputs_of_its_own_is_refused(hint: Any, text: str) -> None:
    def f():  # type: ignore[no-untyped-def]
        return 1

    f.__annotations__["return"] = hint
    assert message(InterfaceError, f) == text


# --- whether a value is returned ---


def test_a_declared_output_has_to_be_returned() -> None:
    def f(a: int) -> int:
        a + 1  # a comment that says return is not one

    assert message(MissingReturnError, f) == (
        "f: declared to return int, but it never returns a value; return one, or annotate it with -> None"
    )
    assert Interface.from_function(f, check_return=False).outputs == {"o0": int}


def returns_nothing(a: int) -> int:  # type: ignore[return]
    return None  # type: ignore[return-value]


def bare_return(a: int) -> int:
    if a:
        return  # type: ignore[return-value]


def forgets_to(a: int) -> int:
    if a:
        raise ValueError


def stub(a: int) -> int: ...


async def forgets_to_await(a: int) -> int:
    await asyncio.sleep(0)


def long(tail: str) -> Any:
    """Compile a function whose constants need more than one byte of index."""
    space: dict[str, Any] = {}
    body = "".join(f"    a += {number}\n" for number in range(1000, 1300))
    exec(f"def long(a: int) -> int:\n{body}    {tail}\n", space)
    return space["long"]


def test_a_long_function_is_read_to_its_end() -> None:
    message(MissingReturnError, long("a"))
    assert Interface.from_function(long("return 9999")).outputs == {"o0": int}
    assert Interface.from_function(long("return a")).outputs == {"o0": int}


@pytest.mark.parametrize("fn", [returns_nothing, bare_return, forgets_to, stub, forgets_to_await])
def test_functions_that_can_only_return_none_are_refused(fn: Any) -> None:
    message(MissingReturnError, fn)


def only_raises(a: int) -> int:
    raise NotImplementedError


def forever(a: int) -> int:
    while True:
        a += 1


def sometimes(a: int) -> int:  # type: ignore[return]  # noqa: RET503
    if a:
        return a


def both(a: int) -> int:
    return a and None  # type: ignore[return-value]


def constant() -> bool:
    return False


def in_with(a: int) -> int:
    with open(str(a)) as stream:
        return int(stream.read())


def in_finally(a: int) -> int:
    try:
        return a
    finally:
        print(a)


def choice(a: int) -> int:
    return a or None  # type: ignore[return-value]


def generates(a: int) -> typing.Iterator[int]:
    yield a


def maybe(a: int) -> int | None: ...
def anything(a: int) -> Any: ...


async def awaited(a: int) -> int:
    return await asyncio.sleep(0, a)


@pytest.mark.parametrize(
    "fn",
    [only_raises, forever, sometimes, both, constant, in_with, in_finally, choice, generates, maybe, anything, awaited],
)
def test_functions_that_may_return_a_value_are_accepted(fn: Any) -> None:
    assert list(Interface.from_function(fn).outputs) == ["o0"]


# --- from dicts ---


def test_dicts_give_types_and_defaults() -> None:
    interface = Interface({"a": int, "b": (str, "x"), "c": (Optional[int], None), "d": (int, None)}, {"out": str})
    assert interface.inputs == {"a": int, "b": str, "c": Optional[int], "d": int}
    assert interface.defaults == {"b": "x", "c": None}
    assert interface.outputs == {"out": str}
    assert Interface({"c": (Optional[int], MISSING)}).defaults == {}
    assert Interface().inputs == Interface().outputs == {}


def test_kinds_always_make_a_signature() -> None:
    interface = Interface({"a": (int, 1), "b": int, "c": (int, 2)})
    assert list(interface.kinds.values()) == ["positional_or_keyword", "keyword_only", "keyword_only"]


@pytest.mark.parametrize(
    ("inputs", "outputs", "name", "text"),
    [
        ({"my.input": int}, None, None, "input name 'my.input' is not a Python identifier"),
        ({"class": int}, None, None, "input name 'class' is not a Python identifier"),
        ({1: int}, None, None, "input name 1 is not a Python identifier"),
        (
            {"a": (int, 1, 2)},
            None,
            None,
            "input 'a' is (<class 'int'>, 1, 2), expected a type or a pair of type and default",
        ),
        (
            None,
            {"my.output": int},
            None,
            "output name 'my.output' is not a Python identifier without leading underscore",
        ),
        (None, {"_a": int}, None, "output name '_a' is not a Python identifier without leading underscore"),
        (None, {"a": int}, "a b", "output_tuple_name is 'a b', expected a Python identifier or None"),
    ],
)
def test_impossible_names_are_refused(inputs: Any, outputs: Any, name: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        Interface(inputs, outputs, name)
    assert str(caught.value) == text
    assert isinstance(caught.value, InterfaceError)


def test_output_tuples_are_generated_once_and_can_be_pickled() -> None:
    interface = Interface(outputs={"a": int, "b": str}, output_tuple_name="Pair")
    made = interface.output_tuple
    assert made is not None
    assert made.__name__ == "Pair"
    assert Interface(outputs={"a": int, "b": str}, output_tuple_name="Pair").output_tuple is made
    value = made(1, "x")  # type: ignore[call-arg]
    assert pickle.loads(pickle.dumps(value)) == value == (1, "x")
    default = Interface(outputs={"a": int}).output_tuple
    assert default is not None
    assert default.__name__ == "DefaultNamedTupleOutput"


# --- as values ---


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
