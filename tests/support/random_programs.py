"""Programs made up at random: tasks of all types and options, called by workflows of all shapes, as source text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

__all__ = ["random_program"]

HEAD = '''"""A program made up at random."""

import datetime
import functools
import typing
from dataclasses import dataclass
from enum import Enum

from sdk import (
    LaunchPlan, Resources, Secret, accelerators, approve, conditional, dynamic, map_task, sleep, task, wait_for_input,
    workflow,
)

HOUR = datetime.timedelta(hours=1)


@dataclass
class Row:
    number: int
    names: typing.List[str]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@task
def two(a: int) -> typing.Tuple[int, str]:
    return a, str(a)


@task
def named(a: int) -> typing.NamedTuple("Named", [("number", int), ("text", str)]):
    return a, str(a)
'''
CONSTANTS = {
    "int": ["0", "7", "-3"],
    "float": ["1.5", "-0.25"],
    "str": ["'x'", "''", "'ü y'"],
    "bool": ["True", "False"],
    "datetime.timedelta": ["datetime.timedelta(hours=1, seconds=3)"],
    "Color": ["Color.RED", "Color.BLUE"],
    "Row": ["Row(1, ['x'])"],
    "typing.List[int]": ["[1, 2]", "[]"],
    "typing.Dict[str, int]": ["{'z': 1, 'a': 2}", "{}"],
    "typing.Optional[str]": ["'x'", "None"],
    "typing.List[typing.Dict[str, Row]]": ["[{'k': Row(2, [])}, {}]"],
    "typing.Union[int, str]": ["3", "'three'"],
}
OPTIONS = [
    "retries=3",
    "interruptible=True",
    "interruptible=False",
    "timeout=90",
    "cache=True, cache_version='7'",
    "cache=True, cache_version='8', cache_serialize=True",
    "environment={'B': '1', 'A': '2'}",
    "requests=Resources(cpu='1', mem='1Gi')",
    "limits=Resources(gpu='1', ephemeral_storage='2Gi')",
    "secret_requests=[Secret(group='g', key='k')]",
    "enable_deck=True",
    "deprecated='old'",
    "container_image='example.com/other:v1'",
    "pod_template_name='template'",
    "shared_memory='1Gi'",
    "accelerator=accelerators.A100.partition_1g_5gb",
]
OVERRIDES = [
    "retries=1",
    "timeout=5",
    "interruptible=False",
    "name='shown'",
    "requests=Resources(cpu='2')",
    "limits=Resources(mem='3Gi', gpu='1')",
    "container_image='example.com/over:v2'",
    "shared_memory=True",
    "accelerator=accelerators.T4",
]


def random_program(draw: random.Random) -> str:
    """Return the source of a module."""
    return Program(draw).source()


class Program:
    """Collects the tasks and workflows of one module."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.parts = [HEAD]
        self.callables: dict[str, tuple[dict[str, str], str]] = {}
        """Name -> types of the inputs by name, and type of the output."""
        self.approvable: list[str] = []
        """Of the workflow that is being made: what flytekit can approve, which is no conditional's output."""

    def source(self) -> str:
        for number in range(self.draw.randint(2, 5)):
            self.add_task(f"task{number}")
        for number in range(self.draw.randint(0, 1)):
            self.add_dynamic(f"dynamic{number}")
        for number in range(self.draw.randint(1, 3)):
            self.add_workflow(f"flow{number}")
        return "\n\n".join(self.parts) + "\n"

    def some_type(self) -> str:
        return self.draw.choice([*CONSTANTS, "int", "int"])

    def constant(self, kind: str) -> str:
        return self.draw.choice(CONSTANTS[kind])

    def signature(self) -> dict[str, str]:
        names = self.draw.sample(["a", "b", "c_d", "e1", "zeta"], self.draw.randint(1, 4))
        return {name: self.some_type() for name in names}

    def parameters(self, inputs: dict[str, str]) -> str:
        """Return a parameter list, the last of which may have defaults."""
        plain, defaulted = [], []
        for name, kind in inputs.items():
            # A default that can be changed, or is None, is no default on the wire.
            if kind in ("int", "float", "str", "bool", "Color") and self.draw.random() < 0.3:
                defaulted.append(f"{name}: {kind} = {self.constant(kind)}")
            else:
                plain.append(f"{name}: {kind}")
        return ", ".join([*plain, *defaulted])

    def add_task(self, name: str) -> None:
        inputs, output = self.signature(), self.some_type()
        given: dict[str, str] = {}
        for option in self.draw.sample(OPTIONS, self.draw.randint(0, 4)):
            given.setdefault(option.partition("=")[0], option)
        about = '    """Does something.\n\n    :param a: the first\n    """\n' if self.draw.random() < 0.4 else ""
        self.parts.append(
            f"\n@task({', '.join(given.values())})\ndef {name}({self.parameters(inputs)}) -> {output}:\n"
            f"{about}    return {self.constant(output)}"
        )
        self.callables[name] = inputs, output

    def add_dynamic(self, name: str) -> None:
        """Add a dynamic task of an int, and the input it is run with."""
        # typing takes List[Union[int, str]] and List[Union[str, int]] for one, so the order depends on who came first.
        fit = [each for each, (_, kind) in self.callables.items() if "Union" not in kind]
        if not fit:
            return
        called = self.draw.choice(fit)
        output = self.callables[called][1]
        known = {kind: ["a", "at"] if kind == "int" else [] for kind in CONSTANTS}
        before = f"\n@dynamic({self.draw.choice(['', 'retries=1'])})\ndef {name}(a: int)"
        self.parts.append(
            f"{before} -> typing.List[{output}]:\n    return [{self.call(called, known)} for at in range(a)]"
        )
        self.parts.append(f"DYNAMIC = {{{name!r}: {{'a': {self.draw.randint(0, 3)}}}}}")

    def add_workflow(self, name: str) -> None:
        inputs = self.signature()
        known = {kind: [each for each in inputs if inputs[each] == kind] for kind in CONSTANTS}
        lines: list[str] = []
        output, self.approvable = "", []
        for at in range(self.draw.randint(1, 6)):
            if self.draw.random() < 0.25:
                lines += self.special(f"s{at}", known)
            called = self.draw.choice(list(self.callables))
            output = self.callables[called][1]
            call = self.call(called, known)
            if output == "int" and known["int"] and self.draw.random() < 0.3:
                call = self.choice(at, call, called, known)
            elif self.draw.random() < 0.3:
                call += (
                    f".with_overrides({self.draw.choice(OVERRIDES if called.startswith('task') else OVERRIDES[:1])})"
                )
            lines.append(f"    x{at} = {call}")
            known[output].append(f"x{at}")
            if output == "int" and "conditional(" not in call:
                self.approvable.append(f"x{at}")
            if output == "Row":
                known["int"].append(f"x{at}.number")
            if at and self.draw.random() < 0.15:
                lines.append(f"    x{at - 1} >> x{at}")
        lines.append(f"    return x{at}")
        options = [self.draw.choice(["interruptible=True", "interruptible=False"])]
        if self.draw.random() < 0.2:
            self.parts.append(f"\n@task\ndef clean_{name}({self.parameters(inputs)}) -> None: ...")
            options.append(f"on_failure=clean_{name}")
        self.parts.append(
            f"\n@workflow({', '.join(options)})\ndef {name}({self.parameters(inputs)}) -> {output}:\n"
            + "\n".join(lines)
        )
        self.callables[name] = inputs, output
        if self.draw.random() < 0.4:
            self.parts.append(f"\nplan_{name} = LaunchPlan.get_or_create({name}, name=f'{{__name__}}.plan_{name}')")

    def special(self, name: str, known: dict[str, list[str]]) -> list[str]:
        """Return the lines of a call that is none of a task or workflow, or of one with two outputs."""
        number = self.value("int", known)
        kind = self.draw.choice(["two", "named", "map", "sleep", "input", "approve"])
        if kind == "two":
            known["int"].append(name)
            known["str"].append(f"{name}_text")
            return [f"    {name}, {name}_text = two(a={number})"]
        if kind == "named":
            known["int"].append(f"{name}.number")
            known["str"].append(f"{name}.text")
            return [f"    {name} = named(a={number})"]
        if kind == "map":
            return self.map(name, known)
        if kind == "sleep":
            return [f"    {name} = sleep(datetime.timedelta(seconds=5))"]
        if kind == "approve" and self.approvable:
            known["int"].append(name)
            return [f"    {name} = approve({self.draw.choice(self.approvable)}, 'go-{name}', timeout=HOUR)"]
        known["int"].append(name)
        return [f"    {name} = wait_for_input('in-{name}', timeout=HOUR, expected_type=int)"]

    def map(self, name: str, known: dict[str, list[str]]) -> list[str]:
        tasks = {each: types for each, types in self.callables.items() if "task" in each and "Union" not in types[1]}
        mappable = [each for each, (inputs, _) in tasks.items() if "int" in inputs.values()]
        if not mappable:
            return []
        called = self.draw.choice(mappable)
        inputs, output = self.callables[called]
        free = next(each for each, kind in inputs.items() if kind == "int")
        bound = ", ".join(f"{each}={self.value(kind, known)}" for each, kind in inputs.items() if each != free)
        target = f"functools.partial({called}, {bound})" if bound else called
        options = self.draw.choice(["", ", concurrency=3", ", min_success_ratio=0.5"])
        line = f"    {name} = map_task({target}{options})({free}={self.value('typing.List[int]', known)})"
        if output == "int" and "ratio" not in options:
            known["typing.List[int]"].append(name)
        return [line]

    def call(self, called: str, known: dict[str, list[str]]) -> str:
        inputs = self.callables[called][0]
        return f"{called}({', '.join(f'{name}={self.value(kind, known)}' for name, kind in inputs.items())})"

    def value(self, kind: str, known: dict[str, list[str]]) -> str:
        if known[kind] and self.draw.random() < 0.7:
            return self.draw.choice(known[kind])
        if kind == "typing.List[int]" and known["int"]:
            return f"[{', '.join(self.value('int', known) for _ in range(self.draw.randint(1, 3)))}]"
        if kind == "typing.Dict[str, int]" and known["int"]:
            return f"{{'q': {self.value('int', known)}, 'p': {self.value('int', known)}}}"
        return self.constant(kind)

    def choice(self, at: int, call: str, called: str, known: dict[str, list[str]]) -> str:
        operand = self.draw.choice(known["int"])
        test = f"{operand} {self.draw.choice(['<', '>', '==', '!=', '<=', '>='])} {self.constant('int')}"
        if self.draw.random() < 0.3:
            test = f"({test}) {self.draw.choice('&|')} ({self.draw.choice(known['int'])} == 3)"
        last = self.draw.choice([f"then({self.call(called, known)})", "fail('none of them')"])
        return f"conditional('c{at}').if_({test}).then({call}).else_().{last}"
