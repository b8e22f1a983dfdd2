"""Which transformer an annotation gets."""

from __future__ import annotations

import subprocess
import sys
import typing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Generic, NewType, Optional, TypeVar, Union

import pytest
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from fletching.errors import ConversionError, PluginError, UnsupportedTypeError
from fletching.plugins import PluginManager, manager, use_manager
from fletching.types.annotations import kwtypes
from fletching.types.base import TypeTransformer
from fletching.types.engine import field_transformer, register, transformer

T = TypeVar("T")
UserId = NewType("UserId", int)
AdminId = NewType("AdminId", UserId)


class Celsius:
    def __init__(self, degrees: float) -> None:
        self.degrees = degrees


class Kelvin(Celsius):
    pass


class Box(Generic[T]):
    pass


class Shade(str, Enum):  # noqa: UP042 - the older spelling
    DARK = "dark"


@dataclass
class Node:
    next: Optional[Node] = None


class CelsiusTransformer(TypeTransformer[Celsius]):
    name = "celsius"

    def __init__(self, python_type: Any, extras: tuple[Any, ...] = ()) -> None:
        super().__init__(python_type)
        self.extras = extras

    def literal_type(self) -> LiteralType:
        return LiteralType(simple=SimpleType.FLOAT)

    def to_literal(self, value: Celsius, /) -> Literal:
        literal = Literal()
        literal.scalar.primitive.float_value = value.degrees
        return literal

    def to_python(self, literal: Literal, /) -> Celsius:
        return self.python_type(literal.scalar.primitive.float_value)  # type: ignore[no-any-return]

    def carry(self, value: Celsius, /) -> Celsius:
        return self.python_type(value.degrees)  # type: ignore[no-any-return]


def test_spellings_of_one_type_are_handled_alike() -> None:
    for one, other in [
        (typing.List[int], list[int]),
        (typing.Dict[str, int], dict[str, int]),
        (Optional[int], int | None),
        (Union[int, str], int | str),
        (None, type(None)),
        (UserId, int),
        (AdminId, int),
        (Annotated[int, "anything"], int),
    ]:
        assert transformer(one).literal_type() == transformer(other).literal_type()
        assert type(transformer(one)) is type(transformer(other))


def test_one_instance_for_each_type_from_any_thread() -> None:
    annotation = dict[str, list[Optional[float]]]
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: transformer(annotation), range(64)))
    assert len(made) == 1


def test_the_order_of_variants_is_part_of_the_type() -> None:
    for left, right in [(Union[int, str], Union[str, int]), (list[int | str], list[str | int])]:
        assert left == right
        assert transformer(left).literal_type() != transformer(right).literal_type()


def test_an_enum_of_text_is_an_enum() -> None:
    assert transformer(Shade).carry("dark") is Shade.DARK
    assert transformer(Shade).literal_type().enum_type.values == ["dark"]


def test_a_registered_class_is_handled_with_its_subclasses_until_taken_back() -> None:
    undo = register(Celsius, lambda annotation, extras: CelsiusTransformer(annotation, extras))
    try:
        assert isinstance(transformer(Kelvin).carry(Kelvin(3.0)), Kelvin)
        assert transformer(list[Celsius]).to_literal([Celsius(1.5)]).collection.literals[0].scalar.primitive.float_value
        extras = transformer(Annotated[Celsius, kwtypes(a=int), "csv"]).extras  # type: ignore[attr-defined]
        assert extras == ({"a": int}, "csv")
        with pytest.raises(ValueError, match=r"^Celsius has a transformer already; undo that registration first$"):
            register(Celsius, lambda annotation, extras: None)
    finally:
        undo()
    undo()
    with pytest.raises(UnsupportedTypeError, match="no transformer handles Kelvin"):
        transformer(Kelvin)


def test_a_parametrised_form_may_be_registered_by_itself() -> None:
    undo = register(Box[int], lambda annotation, extras: CelsiusTransformer(annotation))
    try:
        assert transformer(Box[int]).name == "celsius"
        with pytest.raises(UnsupportedTypeError, match="no transformer handles"):
            transformer(Box[str])
    finally:
        undo()


def test_a_factory_may_pass() -> None:
    undo = register(Celsius, lambda annotation, extras: CelsiusTransformer(annotation) if extras else None)
    try:
        assert transformer(Annotated[Celsius, 1]).name == "celsius"
        with pytest.raises(UnsupportedTypeError, match="no transformer handles Celsius"):
            transformer(Celsius)
    finally:
        undo()


def test_a_transformer_in_annotated_wins() -> None:
    mine = CelsiusTransformer(int)
    assert transformer(Annotated[int, mine]) is mine
    assert transformer(list[Annotated[Kelvin, mine]]).element is mine  # type: ignore[attr-defined]


def test_a_plugin_is_asked_by_the_longest_dotted_name() -> None:
    asked: list[str] = []

    def factory(word: str) -> Any:
        def make(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any]:
            asked.append(word)
            return CelsiusTransformer(annotation)

        return make

    with use_manager(PluginManager(discover=False)):
        module = Celsius.__module__
        undo = manager().provide("types", module, factory("module"))
        assert transformer(Box[float]).name == "celsius"
        manager().provide("types", f"{module}.Celsius", factory("class"))
        assert transformer(Kelvin).name == "celsius"
        assert asked == ["module", "module"]
        undo()
    with use_manager(PluginManager(discover=False)):
        with pytest.raises(UnsupportedTypeError, match="no transformer handles Kelvin"):
            transformer(Kelvin)
        manager().provide("types", f"{module}.Celsius", factory("class"))
        assert transformer(Kelvin).name == "celsius"
        assert asked[2:] == ["class"]


def test_a_plugin_that_is_missing_is_named() -> None:
    frame = type("DataFrame", (), {"__module__": "pandas.core.frame"})
    with use_manager(PluginManager(discover=False)), pytest.raises(UnsupportedTypeError) as refused:
        transformer(frame)
    assert str(refused.value) == (
        "no transformer handles DataFrame: nothing installed provides type 'pandas'; pip install fletching-arrow"
    )


def test_a_broken_plugin_is_an_error_where_its_type_is_used() -> None:
    def broken(annotation: Any, extras: tuple[Any, ...]) -> Any:
        raise PluginError("it broke")

    with use_manager(PluginManager(discover=False)):
        manager().provide("types", Celsius.__module__, broken)
        assert transformer(int).carry(3) == 3
        with pytest.raises(PluginError, match="it broke"):
            transformer(Celsius)


def test_a_type_that_contains_itself_is_refused() -> None:
    for annotation in (Node, list[Node]):
        with pytest.raises(UnsupportedTypeError, match="Node contains itself, and a type without end has no wire form"):
            transformer(annotation)
    assert transformer(int)


def test_unhashable_extras_are_allowed() -> None:
    assert transformer(Annotated[int, kwtypes(a=int)]).carry(3) == 3
    assert transformer(list[Annotated[int, {"a": 1}]]).carry([3]) == [3]


def test_the_cache_is_bounded() -> None:
    from fletching.types import engine

    for number in range(engine.CACHE_LIMIT + 10):
        transformer(typing.Literal[number])
    assert transformer(typing.Literal[5]).carry(5) == 5


def test_more_types_may_stand_inside() -> None:
    assert field_transformer(tuple[int, str]).to_plain((1, "a")) == [1, "a"]
    assert field_transformer(Any).carry_plain({"a": (1,)}) == {"a": [1]}
    with pytest.raises(ConversionError, match=r"^value\[1\]: expected str, got int 2$"):
        field_transformer(tuple[int, str]).to_plain((1, 2))


def test_simple_types_load_nothing_heavy() -> None:
    code = """
import sys
from fletching.types.engine import transformer
from typing import Optional
for annotation in (int, str, list[int], dict[str, float], Optional[bool], list[Optional[str]]):
    transformer(annotation)
transformer(list[int]).carry([1, 2])
transformer(Optional[int]).carry(None), transformer(dict[str, int]).carry({"a": 1})
heavy = {"google.protobuf", "flyteidl", "msgpack", "pluggy", "asyncio", "logging", "cloudpickle", "pydantic", "json"}
print(sorted(heavy & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
