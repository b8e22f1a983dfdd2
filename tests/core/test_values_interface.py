"""Interfaces: from functions, from dicts, as values."""

import functools
import pickle
import typing
from collections import namedtuple
from typing import Annotated, Any, Generic, NamedTuple, Optional, Tuple, TypeVar

import pytest

from fletching.errors import InterfaceError, MissingTypeError
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


def test_pickle_untyped_takes_any_for_no_annotation() -> None:
    from fletching.types.pickled import Pickled

    def f(a: Any, b: list[int]) -> Any:
        return a

    assert Interface.from_function(f).inputs["a"] is Any
    interface = Interface.from_function(f, pickle_untyped=True)
    assert interface.inputs == {"a": Pickled[Any], "b": list[int]}
    assert interface.outputs == {"o0": Pickled[Any]}


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
