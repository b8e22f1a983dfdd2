"""Transformers written as for the Flyte SDK: `FlyteTypeTransformer`, `TypeEngine`, and files by ``ctx.file_access``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.core import literals_pb2, types_pb2

from fletching import FlyteContext, FlyteContextManager, task, workflow
from fletching.errors import ConversionError, PluginContractError
from fletching.extend import FlyteTypeTransformer, TypeEngine, TypeTransformer, transformer
from fletching.types import engine
from fletching.types.blobs import raw_output_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


class Coins(Money):
    """A kind of money."""


class Notes:
    """Not money for the transformer, until it is told so."""

    def __init__(self, cents: int) -> None:
        self.cents = cents


class MoneyTransformer(FlyteTypeTransformer[Money]):
    def __init__(self, **options: Any) -> None:
        super().__init__("money", Money, **options)
        self.seen: list[Any] = []

    def get_literal_type(self, t: type[Money]) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(simple=types_pb2.INTEGER)

    def to_literal(
        self, ctx: FlyteContext, python_val: Money, python_type: type[Money], expected: types_pb2.LiteralType
    ) -> literals_pb2.Literal:
        self.seen = [ctx, python_type, expected]
        primitive = literals_pb2.Primitive(integer=python_val.cents)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive))

    def to_python_value(self, ctx: FlyteContext, lv: literals_pb2.Literal, expected_python_type: type[Money]) -> Money:
        return expected_python_type(lv.scalar.primitive.integer)


@pytest.fixture(autouse=True)
def registrations(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what the test registers."""
    monkeypatch.setattr(engine, "_registered", dict(engine._registered))
    engine._forget()
    yield
    engine._forget()


def test_values_travel_through_tasks_and_workflows() -> None:
    old = MoneyTransformer()
    TypeEngine.register(old)

    @task
    def double(price: Money) -> Money:
        return Money(price.cents * 2)

    @task
    def total(prices: list[Money], tip: Money | None = None) -> int:
        return sum(one.cents for one in prices) + (tip.cents if tip else 0)

    @workflow
    def pay(price: Money) -> int:
        return total(prices=[double(price=price), price], tip=price)

    assert pay(price=Money(5)) == 20
    assert total(prices=[]) == 0
    ctx, python_type, expected = old.seen
    assert isinstance(ctx, FlyteContext)
    assert python_type is Money
    assert expected == types_pb2.LiteralType(simple=types_pb2.INTEGER)


def test_the_law_of_every_transformer_holds() -> None:
    TypeEngine.register(MoneyTransformer())
    given, found = Money(7), transformer(Money)
    carried = found.carry(given)
    assert carried is not given
    assert carried.cents == found.to_python(found.to_literal(given)).cents == 7
    assert found.name == "money"


def test_subclasses_and_more_classes_have_it_too() -> None:
    TypeEngine.register(MoneyTransformer(), additional_types=[Notes])
    context = FlyteContextManager.current_context()
    assert type(TypeEngine.to_python_value(context, TypeEngine.to_literal(context, Coins(3), Coins), Coins)) is Coins
    assert TypeEngine.to_literal_type(Notes) == types_pb2.LiteralType(simple=types_pb2.INTEGER)
    assert isinstance(TypeEngine.get_transformer(Notes), TypeTransformer)
    assert TypeEngine.guess_python_type(types_pb2.LiteralType(simple=types_pb2.STRING)) is str


def test_a_wrong_value_is_told_with_its_place() -> None:
    TypeEngine.register(MoneyTransformer())

    @task
    def cents(price: Money) -> int:
        return price.cents

    with pytest.raises(ConversionError, match=r"argument 'price'.*Money.*str"):
        cents(price="5")


def test_a_transformer_may_check_by_itself() -> None:
    TypeEngine.register(MoneyTransformer(enable_type_assertions=False))
    assert transformer(Money).to_literal(Notes(4)).scalar.primitive.integer == 4


def test_a_class_has_one_transformer() -> None:
    TypeEngine.register(MoneyTransformer())
    with pytest.raises(ValueError, match="Money has a transformer already"):
        TypeEngine.register(MoneyTransformer())


def test_what_is_no_transformer_is_refused() -> None:
    with pytest.raises(PluginContractError, match="an instance of a transformer"):
        TypeEngine.register(MoneyTransformer)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["get_literal_type", "to_literal"])
def test_what_is_no_message_is_told(method: str) -> None:
    broken = type("Broken", (MoneyTransformer,), {method: lambda self, *_: {"scalar": 1}})
    TypeEngine.register(broken())
    with pytest.raises(PluginContractError, match=rf"Broken.{method} gave .*expected a Literal"):
        transformer(Money).to_literal(Money(1))


def test_the_caller_may_change_the_wire_type() -> None:
    shared = types_pb2.LiteralType(simple=types_pb2.INTEGER)
    kept = type("Kept", (MoneyTransformer,), {"get_literal_type": lambda self, t: shared})
    TypeEngine.register(kept())
    transformer(Money).literal_type().simple = types_pb2.STRING
    assert shared.simple == types_pb2.INTEGER


def test_files_have_places_and_go_there_and_back(tmp_path: Path) -> None:
    access = FlyteContextManager.current_context().file_access
    token = raw_output_prefix.set(str(tmp_path / "out"))
    try:
        local = access.get_random_local_path("a/model.bin")
        assert os.path.basename(local) == "model.bin"
        assert not os.path.exists(local)
        with open(local, "w") as out:
            out.write("x")
        remote = access.get_random_remote_path(local)
        assert remote.startswith(access.raw_output_prefix)
        assert access.put_data(local, remote) == remote
        back = access.get_random_local_path()
        assert access.get_data(remote, back) == back
        with open(back) as file:
            assert file.read() == "x"
        raw = access.put_raw_data(local)
        named = access.put_raw_data(local, upload_prefix="kept", file_name="b.bin")
        assert os.path.basename(raw) == "model.bin"
        assert named == access.join(access.raw_output_prefix, "kept", "b.bin")
        assert os.path.exists(named)
        assert not access.is_remote(remote)
        assert access.is_remote("s3://bucket/key")
    finally:
        raw_output_prefix.reset(token)


def test_folders_go_there_and_back() -> None:
    access = FlyteContextManager.current_context().file_access
    folder = access.get_random_local_directory()
    with open(os.path.join(folder, "a.txt"), "w") as out:
        out.write("a")
    remote = access.get_random_remote_directory()
    access.put_data(folder, remote, is_multipart=True)
    back = access.get_random_local_path()
    access.get_data(remote, back, is_multipart=True)
    assert os.listdir(back) == ["a.txt"]
    again = access.get_random_local_path()
    access.download_directory(access.upload_directory(back, access.get_random_remote_directory()), again)
    assert os.listdir(again) == ["a.txt"]
    copied = access.upload(os.path.join(again, "a.txt"), access.get_random_remote_path("b.txt"))
    assert access.exists(copied)
    assert access.exists(again)
    assert not access.exists(copied + "x")
    with open(access.download(copied, access.get_random_local_path())) as file:
        assert file.read() == "a"
    assert os.path.isdir(access.local_sandbox_dir)
