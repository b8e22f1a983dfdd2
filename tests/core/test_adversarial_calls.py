"""Functions whose parameters have awkward names, and errors that let nobody touch them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fletching import task
from fletching.errors import CallError, ConversionError, InterfaceError

if TYPE_CHECKING:
    from collections.abc import Callable


@task
def builtin_names(type: int, int: list[str], str: float = 1.0, BaseException: bool = True) -> bool:
    return BaseException


@task
def hides_the_type_of_its_output(type: str, str: str) -> str:
    return type + str


@task
def own_words(self: int, cls: int, task: int, args: int, kwargs: int, execution: int, gate: int, inputs: int) -> int:
    return self + cls + task + args + kwargs + execution + gate + inputs


@task(retries=1)
def own_words_slowly(self: int, task: int, execution: int, inputs: int) -> int:
    return self + task + execution + inputs


@task
async def own_words_later(self: int, type: int, body: int) -> int:
    return self + type + body


@task
def letters(π: float, 变量: str, ﬁ: int) -> str:
    return f"{π} {变量} {ﬁ}"


# Each is called twice: the first call goes another way than all that follow.


@pytest.mark.parametrize("_", [1, 2])
def test_parameters_may_have_the_names_of_builtins(_: int) -> None:
    assert builtin_names(type=1, int=["x"]) is True
    assert hides_the_type_of_its_output("a", str="b") == "ab"
    with pytest.raises(ConversionError, match="argument 'type': expected int, got str 'x'"):
        builtin_names(type="x", int=[])  # type: ignore[arg-type]


@pytest.mark.parametrize("_", [1, 2])
def test_parameters_may_have_the_names_that_our_own_code_uses(_: int) -> None:
    assert own_words(self=1, cls=2, task=3, args=4, kwargs=5, execution=6, gate=7, inputs=8) == 36
    assert own_words_slowly(self=1, task=2, execution=3, inputs=4) == 10
    assert asyncio.run(own_words_later(self=1, type=2, body=3)) == 6  # type: ignore[arg-type]
    with pytest.raises(CallError):
        own_words(self=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("_", [1, 2])
def test_parameters_may_have_any_letters(_: int) -> None:
    assert letters(π=1.5, 变量="y", ﬁ=2) == "1.5 y 2"


def test_the_prefix_of_generated_names_is_refused_where_the_task_is_defined() -> None:
    def f(_fletching_gate: int) -> int:
        return _fletching_gate

    with pytest.raises(InterfaceError) as caught:
        task(f)
    assert str(caught.value) == (
        "f: argument '_fletching_gate' has a name of ours; choose one without '_fletching_' in front"
    )


@dataclass(frozen=True)
class Frozen(Exception):
    code: int


class NoNotes(Exception):
    def add_note(self, note: str) -> None:
        raise RuntimeError("no notes here")


class OddNotes(Exception):
    __notes__: Any = 5


class NoText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class NeverEqual(Exception):
    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    __hash__ = None  # type: ignore[assignment]


STUBBORN: list[Callable[[], BaseException]] = [
    lambda: Frozen(3),
    NoNotes,
    OddNotes,
    NoText,
    NeverEqual,
    lambda: StopIteration(1),
    lambda: StopAsyncIteration(2),
    GeneratorExit,
    KeyboardInterrupt,
    lambda: SystemExit(3),
    lambda: BaseExceptionGroup("two", [KeyboardInterrupt(), ValueError()]),
    RecursionError,
]


def _raise(which: int) -> int:
    raise STUBBORN[which]()


@task
def plain(which: int) -> int:
    return _raise(which)


@task(environment={"FLETCHING_ADVERSARIAL": "1"})
def slow(which: int) -> int:
    return _raise(which)


@task(timeout=60)
def apart(which: int) -> int:
    return _raise(which)


@pytest.mark.parametrize("one", [plain, slow, apart], ids=lambda one: one.short_name)
@pytest.mark.parametrize("which", range(len(STUBBORN)))
def test_what_a_task_raises_is_what_its_caller_gets(one: Callable[[int], int], which: int) -> None:
    kind = type(STUBBORN[which]())
    text = ""
    if one is apart and kind is Frozen:  # Python itself cannot make it again from a pickle
        kind, text = RuntimeError, "^Frozen: 3$"
    for _ in range(2):
        with pytest.raises(kind, match=text) if text else pytest.raises(kind) as caught:
            one(which)
        assert type(caught.value).__name__ == kind.__name__


class Claims:
    """Says that it is an int, as mocks with a ``spec`` do."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return self.kind


@task
def typed(i: int = 0, f: float = 0.0, s: str = "", items: list[int] | None = None) -> int:
    return i


@pytest.mark.parametrize(("name", "kind"), [("i", int), ("f", float), ("s", str), ("items", list)])
def test_what_only_claims_to_be_of_a_class_is_refused(name: str, kind: type) -> None:
    with pytest.raises(ConversionError, match=f"typed: argument '{name}': expected .*, got Claims"):
        typed(**{name: Claims(kind)})


class Raises:
    @property
    def __class__(self) -> type:  # type: ignore[override]
        raise LookupError("a property of the user's")


def test_an_error_of_the_value_itself_says_which_argument_it_was() -> None:
    with pytest.raises(LookupError, match="a property of the user's") as caught:
        typed(i=Raises())  # type: ignore[arg-type]
    assert "in typed: argument 'i'" in caught.value.__notes__
