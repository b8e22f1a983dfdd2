"""The version of ``cache=True``: what it follows and what it is blind to."""

import dataclasses
import datetime
import enum
import functools
import importlib.util
import logging
import pathlib
import subprocess
import sys
import textwrap
import threading
from typing import Any

import pytest

from fletching.cache import Cache, VersionParameters
from fletching.pods import PodTemplate


def add(a: int, b: int) -> int:
    return a + b


BASE = """
import math

LIMIT = 3
table = {"a": 1}

def helper(x):
    return x + LIMIT

def other(x):
    return helper(x)

class Shape:
    sides = 4

    def area(self, x):
        return self.sides * x

def f(a: int, b: str = "x") -> int:
    '''Doc.'''
    def nested(y):
        return y * 2
    return other(nested(a)) + Shape().area(1) + math.floor(a) + len({"p", "q", "r", b})
"""


def version_of(source: str, name: str = "f", module: str = "tasks", **options: Any) -> str:
    space: dict[str, Any] = {"__name__": module}
    exec(compile(textwrap.dedent(source), f"{module}.py", "exec"), space)
    return Cache().get_version(VersionParameters(space[name], **options))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return y * 2", "    # comment\n\n        return (y  *  2)"),
        ("'''Doc.'''", "'''Another.'''"),
        ("    '''Doc.'''\n", ""),
        ("LIMIT = 3", "\n\n\n# far below\nLIMIT = 3"),
        ("nested(y):\n        return y * 2", "nested(why):\n        return why * 2"),
        ("(a: int, b: str = 'x') -> int", "(a, b='x')"),
        ("class Shape:\n", 'class Shape:\n    """A shape."""\n'),
        ('table = {"a": 1}', 'table = {"a": 2}\nunused = 1'),
    ],
)
def test_the_way_it_is_written_does_not_matter(old: str, new: str) -> None:
    source = BASE.replace('b: str = "x"', "b: str = 'x'")
    changed = source.replace(old, new)
    assert changed != source
    assert version_of(changed) == version_of(source)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("y * 2", "y * 3"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("x + LIMIT", "x - LIMIT"),
        ("return helper(x)", "return helper(x) or 1"),
        ("sides = 4", "sides = 5"),
        ("self.sides * x", "self.sides + x"),
        ('b: str = "x"', 'b: str = "y"'),
        ('"p", "q"', '"p", "z"'),
        ("math.floor", "math.ceil"),
        ("import math", "import cmath as math"),
    ],
)
def test_what_it_does_matters(old: str, new: str) -> None:
    changed = BASE.replace(old, new)
    assert changed != BASE
    assert version_of(changed) != version_of(BASE)


def test_a_nested_class_counts_without_its_docstring_and_place() -> None:
    source = """
    def f(x: int) -> int:
        class Inner:
            'Doc.'
            def value(self): return x
        return Inner().value()
    """
    base = version_of(source)
    assert version_of(source.replace("'Doc.'", "'Another.'")) == base
    assert version_of("\n\n" + source) == base
    assert version_of(source.replace("return x", "return -x")) != base


def test_a_script_and_its_import_have_one_version() -> None:
    assert version_of(BASE, module="__main__") == version_of(BASE, module="tasks")


LATER = """
from fletching.cache import Cache, VersionParameters

versions = []

def versioned(fn):
    versions.append(Cache().get_version(VersionParameters(fn)))
    return fn

@versioned
def f(n: int) -> int:
    return len([below(n), Shape(), f])

def below(n):
    'Doc.'
    return deeper(n) or below(0)

class Shape:
    'Doc.'
    sides = SIDES = 4

def deeper(n):
    return n + LIMIT

LIMIT = 3
"""


def imported_version(tmp_path: pathlib.Path, source: str) -> str:
    file = tmp_path / f"later_{len(list(tmp_path.iterdir()))}.py"
    file.write_text(source)
    spec = importlib.util.spec_from_file_location("later", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    version: str = module.versions[0]
    return version


def test_what_stands_below_the_task_counts_too(tmp_path: pathlib.Path) -> None:
    base = imported_version(tmp_path, LATER)
    assert imported_version(tmp_path, LATER + "\n") == base
    for old, new in (("'Doc.'", "'Another.'"), ("LIMIT = 3", "# why\n\nLIMIT  =  3"), ("= 3", "= 3\nunused = 1")):
        assert imported_version(tmp_path, LATER.replace(old, new)) == base
    changes = (("n + LIMIT", "n - LIMIT"), ("LIMIT = 3", "LIMIT = 4"), ("SIDES = 4", "SIDES = 5"), ("below(0)", "0"))
    for old, new in changes:
        assert imported_version(tmp_path, LATER.replace(old, new)) != base


def test_recursion_and_missing_names_end() -> None:
    source = """
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    def f(n: int) -> bool:
        return even(n) or not_yet_defined(n)
    """
    assert version_of(source) == version_of(source)
    assert version_of(source.replace("n == 0", "n == 1")) != version_of(source)


def test_a_counter_that_the_function_keeps_is_not_part_of_it() -> None:
    source = """
    calls = {start}
    seen = []

    def f(n: int) -> int:
        global calls
        calls += 1
        seen.append(n)
        return n
    """
    assert version_of(source.format(start=0)) == version_of(source.format(start=7))


def test_tasks_and_decorated_functions_of_the_module_are_followed() -> None:
    source = """
    import functools

    def logged(fn):
        @functools.wraps(fn)
        def wrapper(*args):
            return fn(*args)
        return wrapper

    class Task:
        def __init__(self, fn):
            functools.update_wrapper(self, fn)

    @Task
    def inner(x):
        return x + 1

    @logged
    def f(x: int) -> int:
        return inner(x) * 2
    """
    base = version_of(source)
    assert version_of(source.replace("x + 1", "x + 2")) != base
    assert version_of(source.replace("* 2", "* 3")) != base
    assert version_of(source.replace("return fn(*args)", "return fn(*args) or 0")) != base


def closing(value: Any, default: Any = None) -> str:
    def f(a: int = default) -> Any:
        return value, a

    return Cache().get_version(VersionParameters(f))


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass
class Settings:
    rate: float
    names: set[str]
    inner: Any = None


class Plain:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"<{id(self)}>"


DIFFERENT: list[Any] = [
    None,
    0,
    1,
    True,
    1.0,
    -0.0,
    0.0,
    float("nan"),
    1j,
    "1",
    b"1",
    ...,
    (1, 2),
    [1, 2],
    {1, 2},
    frozenset({1, 2}),
    {"a": 1},
    {"a": 2},
    Colour.RED,
    Colour.BLUE,
    Settings(0.1, {"a"}),
    Settings(0.2, {"a"}),
    Plain(1),
    Plain([1]),
    pathlib.PurePosixPath("a"),
    pathlib.PurePosixPath("b"),
    datetime.date(2024, 1, 1),
    datetime.date(2024, 1, 2),
    len,
    sorted,
    functools.partial(int, base=2),
    functools.partial(int, base=3),
    logging.getLogger("fletching.one"),
    logging.getLogger("fletching.other"),
    (lambda: 1),
    (lambda: 2),
    int,
    Settings,
    pathlib,
    "abc".upper,
    Plain(1).__repr__,
    threading.Lock(),
]


def test_closures_and_defaults_count_by_content() -> None:
    assert len({closing(value) for value in DIFFERENT}) == len(DIFFERENT)
    assert len({closing(0, value) for value in DIFFERENT}) == len(DIFFERENT)
    assert closing(Plain({"x": [1, {2, 3}]})) == closing(Plain({"x": [1, {3, 2}]}))
    assert closing({"a": 1, "b": 2}) == closing({"b": 2, "a": 1})
    assert closing(Settings(0.1, {"b", "a"})) == closing(Settings(0.1, {"a", "b"}))
    assert closing(threading.Lock()) == closing(threading.Lock())


def test_circular_values_end() -> None:
    def circle(value: Any) -> Settings:
        settings = Settings(0.1, set(), value)
        settings.inner = [settings, value]
        return settings

    assert closing(circle(1)) == closing(circle(1)) != closing(circle(2))

    class Node:
        def __init__(self) -> None:
            self.peers = {self}

    assert closing(Node()) == closing(Node())


def test_an_unbound_closure_is_a_version_too() -> None:
    def f() -> Any:
        return later

    version = Cache().get_version(VersionParameters(f))
    later = 1
    assert Cache().get_version(VersionParameters(f)) != version


def test_a_callable_object_is_followed() -> None:
    class Model:
        def __init__(self, weight: int) -> None:
            self.weight = weight

        def __call__(self, x: int) -> int:
            return x * self.weight

    def version(weight: int) -> str:
        return Cache().get_version(VersionParameters(Model(weight)))

    assert version(1) == version(1) != version(2)


def test_image_and_pod_template_count() -> None:
    class Spec:
        def image_name(self) -> str:
            return "registry/x:1"

    versions = {
        Cache().get_version(VersionParameters(add, **options))
        for options in (
            {},
            {"container_image": "registry/x:1"},
            {"container_image": "registry/x:2"},
            {"pod_template": PodTemplate()},
            {"pod_template": PodTemplate({"restartPolicy": "Never"})},
            {"pod_template_name": "x"},
        )
    }
    assert len(versions) == 6
    assert Cache().get_version(VersionParameters(add, Spec())) == Cache().get_version(
        VersionParameters(add, "registry/x:1")
    )


def test_the_version_is_the_same_in_every_process(tmp_path: pathlib.Path) -> None:
    (tmp_path / "tasks.py").write_text(BASE)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import tasks\n"
        "from fletching.cache import Cache, VersionParameters\n"
        "table = frozenset({'a', 'b', 'c', 'd'}), {'x': {'p', 'q', 'r'}}\n"
        "def g(a=table): return tasks.f(a), 'x' in {'u', 'v', 'w', 'x'}\n"
        "print(*(Cache().get_version(VersionParameters(fn)) for fn in (tasks.f, g)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "" if seed == "0" else "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "42", "random")
    }
    assert len(outputs) == 1
    assert outputs.pop().split()[0] == version_of(BASE)
