"""A type of one's own on the wire: a TypeTransformer, registered."""

from typing import Type

from flytekit import FlyteContext, task, workflow
from flytekit.extend import TypeEngine, TypeTransformer
from flytekit.models.literals import Literal, Primitive, Scalar
from flytekit.models.types import LiteralType, SimpleType


class Money:
    def __init__(self, cents: int):
        self.cents = cents


class MoneyTransformer(TypeTransformer[Money]):
    def __init__(self):
        super().__init__("money", Money)

    def get_literal_type(self, t: Type[Money]) -> LiteralType:
        return LiteralType(simple=SimpleType.INTEGER)

    def to_literal(self, ctx: FlyteContext, python_val: Money, python_type, expected) -> Literal:
        return Literal(scalar=Scalar(primitive=Primitive(integer=python_val.cents)))

    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type) -> Money:
        return Money(lv.scalar.primitive.integer)


TypeEngine.register(MoneyTransformer())


@task
def save(cents: int) -> Money:
    return Money(cents)


@workflow
def bank(cents: int) -> Money:
    return save(cents=cents)


if __name__ == "__main__":
    print(bank(cents=5).cents)
