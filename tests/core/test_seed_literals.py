"""Values and their wire forms by name, and transformers, as programs written for the Flyte SDK handle them."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from flyteidl.core import literals_pb2, types_pb2

from fletching import FlyteContext, FlyteContextManager, task, workflow
from fletching.errors import ConfigError, ConversionError
from fletching.extend import AsyncTypeTransformer, LiteralsResolver, SimpleTransformer, TypeEngine, to_literal_map
from fletching.types import engine

CONTEXT = FlyteContextManager.current_context()
STRING = types_pb2.LiteralType(simple=types_pb2.STRING)


class Ticket:
    def __init__(self, code: str) -> None:
        self.code = code


class Stamp:
    def __init__(self, text: str) -> None:
        self.text = text


def text_literal(text: str) -> literals_pb2.Literal:
    made = literals_pb2.Literal()
    made.scalar.primitive.string_value = text
    return made


class StampTransformer(AsyncTypeTransformer[Stamp]):
    def get_literal_type(self, t: type[Stamp]) -> types_pb2.LiteralType:
        return STRING

    async def async_to_literal(
        self, ctx: FlyteContext, python_val: Stamp, python_type: type[Stamp], expected: types_pb2.LiteralType
    ) -> literals_pb2.Literal:
        return text_literal(python_val.text)

    async def async_to_python_value(
        self, ctx: FlyteContext, lv: literals_pb2.Literal, expected_python_type: type[Stamp]
    ) -> Stamp:
        return Stamp(lv.scalar.primitive.string_value)


def test_values_become_literals_by_name_and_come_back() -> None:
    values = {"a": 1, "b": [1, 2], "c": None}
    made = TypeEngine.dict_to_literal_map(CONTEXT, values, {"b": list[int]})
    assert made == to_literal_map({"a": int, "b": list[int], "c": None}, values)
    types = {"a": int, "b": list[int], "c": type(None)}
    assert TypeEngine.literal_map_to_kwargs(CONTEXT, made, types) == values

    @task
    def described(a: int, b: list[int], c: None) -> int:
        return a

    variables = described.interface.inputs.variables
    assert TypeEngine.guess_python_types(variables)["b"] == list[int]
    assert TypeEngine.literal_map_to_kwargs(CONTEXT, made, literal_types=variables) == values
    with pytest.raises(ConversionError, match="argument 'a'"):
        TypeEngine.dict_to_literal_map(CONTEXT, {"a": "x"}, {"a": int})
    with pytest.raises(ConfigError, match="no type is given for 'b'"):
        TypeEngine.literal_map_to_kwargs(CONTEXT, made, {"a": int})
    with pytest.raises(ConfigError, match="give python_types or literal_types"):
        TypeEngine.literal_map_to_kwargs(CONTEXT, made)


def test_a_named_tuple_is_a_map_of_variables() -> None:
    Point = NamedTuple("Point", [("x", int), ("y", str)])  # noqa: UP014 - annotations of a function's module are text
    found = TypeEngine.named_tuple_to_variable_map(Point).variables
    assert {name: (one.type.simple, one.description) for name, one in found.items()} == {
        "x": (types_pb2.INTEGER, "0"),
        "y": (types_pb2.STRING, "1"),
    }


def test_literals_are_read_when_somebody_asks_and_as_what_they_say() -> None:
    literals = to_literal_map({"a": int, "b": list[int]}, {"a": 1, "b": [2]}).literals
    found = LiteralsResolver(literals)
    assert (sorted(found), len(found), "a" in found, "c" in found) == (["a", "b"], 2, True, False)
    with pytest.raises(ConfigError, match="nothing says the type of the value 'a'"):
        found["a"]
    assert found.native_values == {}
    assert found.get("a", int) == found["a"] == 1
    with pytest.raises(ConversionError):
        found.get("a", str)
    found.update_type_hints({"b": list[int]})
    assert found["b"] == [2]
    assert found.get_literal("a") == literals["a"]
    with pytest.raises(ConfigError, match="there is no value 'c'"):
        found.get("c", int)

    @task
    def two() -> tuple[int, list[int]]:
        return 1, [2]

    declared = LiteralsResolver({"o0": literals["a"], "o1": literals["b"]}, two.interface.outputs.variables)
    assert (declared["o1"], declared.as_python_native(two.python_interface)) == ([2], (1, [2]))


def test_a_transformer_of_two_functions_and_one_that_awaits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_registered", dict(engine._registered))  # forgets what the test registers
    TypeEngine.register(
        SimpleTransformer(
            "ticket",
            Ticket,
            STRING,
            lambda ticket: text_literal(ticket.code),
            lambda literal: Ticket(literal.scalar.primitive.string_value),
        )
    )
    TypeEngine.register(StampTransformer("stamp", Stamp))

    @task
    def stamped(ticket: Ticket) -> Stamp:
        return Stamp(f"{ticket.code}!")

    @workflow
    def flow(ticket: Ticket) -> Stamp:
        return stamped(ticket=ticket)

    assert flow(ticket=Ticket("t")).text == "t!"
    assert flow.interface.inputs.variables["ticket"].type == STRING
    with pytest.raises(ConversionError):
        TypeEngine.to_literal(CONTEXT, "no ticket", Ticket)
