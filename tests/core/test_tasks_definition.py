"""Defining a task: what is refused, and in which words; what the task looks like."""

from __future__ import annotations

import inspect
from typing import Optional

import pytest

from fletching import current_context, task
from fletching.errors import (
    ConfigError,
    ConversionError,
    InterfaceError,
    MissingReturnError,
    MissingTypeError,
    UnknownOptionError,
    UnsupportedTypeError,
)


@task
def add(a: int, b: int = 2) -> int:
    return a + b


def test_a_default_of_the_wrong_type_is_refused_where_it_is_written() -> None:
    def define() -> None:
        @task
        def f(b: int = "x") -> int:  # type: ignore[assignment]
            return b

    with pytest.raises(ConversionError) as caught:
        define()
    assert str(caught.value) == "f: default of argument 'b': expected int, got str 'x'"

    def define_none() -> None:
        @task
        def f(b: int = None) -> int:  # type: ignore[assignment]  # noqa: RUF013
            return b

    with pytest.raises(ConversionError) as caught:
        define_none()
    assert str(caught.value) == (
        "f: default of argument 'b': expected int, got None (annotate it with Optional[...] to allow None)"
    )


def test_none_is_a_default_like_any_other() -> None:
    @task
    def f(b: Optional[int] = None) -> bool:
        return b is None

    assert f() is True
    assert f(1) is False


def test_what_cannot_be_an_interface_is_refused() -> None:
    def untyped() -> None:
        @task
        def f(a) -> int:  # type: ignore[no-untyped-def]
            return a

    def star() -> None:
        @task
        def f(*args: int) -> int:
            return 1

    def no_return() -> None:
        @task
        def f(a: int) -> int:  # type: ignore[empty-body]
            a + 1

    with pytest.raises(MissingTypeError, match="'a'"):
        untyped()
    with pytest.raises(InterfaceError, match="args"):
        star()
    with pytest.raises(MissingReturnError):
        no_return()


def test_an_unknown_type_is_refused_with_the_way_out() -> None:
    class Thing:
        pass

    def define() -> None:
        @task
        def f(a: Thing) -> int:
            return 1

    # The annotation is local, so it has to be given as an object.
    def build() -> None:
        def f(a: int) -> int:
            return 1

        f.__annotations__["a"] = Thing
        task(f)

    with pytest.raises(UnsupportedTypeError, match="Pickled") as caught:
        build()
    assert "in f: argument 'a'" in caught.value.__notes__
    with pytest.raises((InterfaceError, UnsupportedTypeError)):
        define()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retires": 3}, "task: unknown option 'retires'; did you mean 'retries'?"),
        ({"cache": "yes"}, "task: cache must be True, False or a Cache, got 'yes'"),
        ({"cache": True, "cache_version": "1", "cache_ignore_input_vars": ("aa",)}, None),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, object], message: str | None) -> None:
    def f(a: int) -> int:
        return a

    with pytest.raises(ConfigError) as caught:
        task(f, **options)  # type: ignore[call-overload]
    if message:
        assert str(caught.value) == message
    else:
        assert "names 'aa', which is no input; did you mean 'a'?" in str(caught.value)


def test_an_unknown_option_is_an_unknown_option_error() -> None:
    with pytest.raises(UnknownOptionError):
        task(retry=1)  # type: ignore[call-overload]


def test_one_decorator_serves_two_functions_without_mixing_them() -> None:
    from fletching import Cache, CachePolicy, VersionParameters

    class ByName(CachePolicy):
        def get_version(self, salt: str, params: VersionParameters[..., object]) -> str:
            return params.func.__name__

    decorate = task(cache=Cache(policies=[ByName()]), retries=1)

    @decorate
    def f(a: int) -> int:
        return a

    @decorate
    def g(a: int) -> int:
        return a

    assert f.metadata.cache_version != g.metadata.cache_version
    assert f.metadata.retries == g.metadata.retries == 1


def test_a_function_inside_a_function_is_refused_where_another_process_must_find_it(tmp_path: object) -> None:
    import types

    module = types.ModuleType("flows")
    source = (
        "from fletching import task\n"
        "def make():\n"
        "    @task\n"
        "    def inner(a: int) -> int:\n"
        "        return a\n"
        "    return inner\n"
    )
    exec(compile(source, "flows.py", "exec"), module.__dict__)
    with pytest.raises(ConfigError, match=r"task 'flows\.inner' is defined inside 'make'"):
        module.make()


def test_the_task_looks_like_its_function() -> None:
    assert add.__name__ == "add"
    assert add.__wrapped__ is add.task_function
    assert list(inspect.signature(add).parameters) == ["a", "b"]
    assert add.name == f"{__name__}.add"


def test_outside_of_a_task_the_context_is_that_of_a_local_run() -> None:
    context = current_context()
    assert str(context.execution_id) == "ex:local:local:local"
    assert context.execution_id.to_flyte_idl().name == "local"
    assert context.task_id.project == "local"
    assert context.task_name == ""
    with pytest.raises(ValueError, match="a checkpoint belongs to a running task"):
        _ = context.checkpoint
    with pytest.raises(AttributeError) as caught:
        _ = context.workin_directory
    message = "the running task's context has no 'workin_directory'; did you mean 'working_directory'?"
    assert str(caught.value) == message


def test_a_callable_without_a_signature_is_refused() -> None:
    with pytest.raises(InterfaceError) as caught:
        task(int)
    assert str(caught.value) == (
        "int: no signature found for builtin type <class 'int'>; wrap it in a function with annotations"
    )
