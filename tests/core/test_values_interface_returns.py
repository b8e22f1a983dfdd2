"""Whether a function can return what it declares: read from its bytecode."""

import asyncio
import typing
from typing import Any

import pytest

from fletching.errors import MissingReturnError
from fletching.interface import Interface


def message(error: type[Exception], fn: Any, **options: Any) -> str:
    with pytest.raises(error) as caught:
        Interface.from_function(fn, **options)
    return str(caught.value)


def test_a_declared_output_has_to_be_returned() -> None:
    def f(a: int) -> int:
        a + 1  # a comment that says return is not one

    assert message(MissingReturnError, f) == (
        "f: declared to return int, but it never returns a value; return one, or annotate it with -> None"
    )
    assert Interface.from_function(f, check_return=False).outputs == {"o0": int}

    def g(a):  # type: ignore[no-untyped-def]
        print(a)

    assert message(MissingReturnError, g, pickle_untyped=True) == (
        "g: has a pickle for an output, but it never returns a value; return one, or annotate it with -> None"
    )


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
