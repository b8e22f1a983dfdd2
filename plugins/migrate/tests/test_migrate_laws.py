"""What holds for every program: it stays one, nothing of it is lost, and once is enough."""

from __future__ import annotations

import ast
import textwrap

from hypothesis import given, settings
from hypothesis import strategies as st

from fletching_migrate import migrate_text

NAMES = [
    "task",
    "workflow",
    "FlyteFile",
    "logger",
    "DictTransformer",
    "FlyteRemote",
    "nothing_like_it",
    "core",
    "FlyteRecoverableException",
    "CSVFile",
]
MODULES = ["flytekit", "flytekit.core.task", "flytekit.types.file", "flytekit.exceptions.user", "flytekit.core", "os"]
ALIASES = st.sampled_from(NAMES).flatmap(
    lambda name: st.sampled_from([name, f"{name} as {name}", f"{name} as x_{name}"])
)


@st.composite
def statements(draw: st.DrawFn) -> str:
    module = draw(st.sampled_from(MODULES))
    if draw(st.booleans()):
        return f"import {module}" + draw(st.sampled_from(["", f" as m_{module.rpartition('.')[2]}"]))
    names = draw(st.lists(ALIASES, min_size=1, max_size=5))
    form = draw(st.sampled_from(["{}", "({})", "({},)", "(\n    {},  # why\n)", "(\n  # first\n  {}\n)"]))
    joint = ", " if "\n" not in form else draw(st.sampled_from([", ", ",\n    ", ",  # note\n    "]))
    return f"from {module} import " + form.format(joint.join(names))


@st.composite
def programs(draw: st.DrawFn) -> str:
    lines = []
    for statement in draw(st.lists(statements(), min_size=1, max_size=5)):
        indented = draw(st.booleans())
        lines.append(
            "if x:\n" + textwrap.indent(statement, "    ")
            if indented
            else statement + draw(st.sampled_from(["", "  # kept", "; y = 1"]))
        )
    uses = [
        "flytekit.task",
        "flytekit.types.file.FlyteFile('a')",
        "m_flytekit.logger",
        "m_file.FlyteFile",
        "m_core.task.task",
        "flytekit",
    ]
    lines += draw(st.lists(st.sampled_from(uses), max_size=4))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join("\n".join(lines).split("\n")) + draw(st.sampled_from(["", newline]))


@settings(max_examples=80)
@given(programs())
def test_a_program_stays_one_and_is_finished_after_one_time(text: str) -> None:
    done = migrate_text(text)
    ast.parse(done.text)
    assert migrate_text(done.text).text == done.text
    # Each comment and each name that the program binds is still there.
    assert done.text.count("#") == text.count("#") or ";" in text
    assert bound(done.text) >= {name for name in bound(text) if name != "flytekit"}


def bound(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found
