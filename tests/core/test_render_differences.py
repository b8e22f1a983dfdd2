"""``fletch render --diff``: the fields that changed, and nothing else; the exit code of diff."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fletching.cli.render_fields import MISSING, changes, leaves
from rendering import Renderer

FLOW = '''
from fletching import task, workflow

@task(retries={retries})
def t(a: int) -> int:
    """Do it."""
    return a

@workflow
def wf(a: int) -> int:
    return t(a=a)
'''


@pytest.fixture
def fletch(fletch: Renderer) -> Renderer:
    fletch.write("flow.py", FLOW.format(retries=2))
    return fletch


CHANGED = """task flow.t
  ~ template.metadata.retries.retries  2 → 3
workflow flow.wf
  ~ template.nodes[n0].metadata.retries.retries  2 → 3
"""


def test_against_another_file_a_package_and_what_was_printed_before(fletch: Renderer) -> None:
    assert fletch("package", "flow.py", "-o", "out.tgz").status == 0
    assert fletch("package", "flow.py", "-o", "out").status == 0
    fletch.write("before.json", fletch("render", "flow.py").out)
    fletch.write("before.yaml", fletch("render", "flow.py", "--format", "yaml").out)
    fletch.write("before/flow.py", FLOW.format(retries=2))
    # A folder of notes may have a file that is called as a module is which the other process needs.
    fletch.write("json.py", "raise RuntimeError('imported by mistake')")
    others = ("out.tgz", "out", "before.json", "before.yaml", "before/flow.py")
    for other in others:
        same = fletch("render", "flow.py", "--diff", other)
        assert (same.status, same.out) == (0, ""), other + same.err
    fletch.write("flow.py", FLOW.format(retries=3))
    for other in others:
        printed = fletch("render", "flow.py", "--diff", other)
        assert (printed.status, printed.out) == (1, CHANGED), other
        picked = fletch("render", "flow.py", "wf", "--diff", other)
        assert (picked.status, picked.out) == (1, CHANGED.partition("workflow")[1] + CHANGED.partition("workflow")[2])


def test_against_a_revision(fletch: Renderer) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
        subprocess.run(["git", *identity, *words], cwd=fletch.folder, check=True, capture_output=True, timeout=60)

    git("init", "-q")
    git("add", "flow.py")
    git("commit", "-q", "-m", "first")
    assert fletch("render", "flow.py", "--diff", "git:HEAD", "--project", "p").status == 0
    fletch.write("flow.py", FLOW.format(retries=3))
    printed = fletch("render", "flow.py", "--diff", "git:HEAD")
    assert (printed.status, printed.out) == (1, CHANGED)
    absolute = fletch("render", str(fletch.folder / "flow.py"), "t", "--diff", "git:HEAD")
    assert absolute.out == CHANGED.partition("workflow")[0]
    unknown = fletch("render", "flow.py", "--diff", "git:nothere")
    assert unknown.status == 2
    assert "--diff git:nothere" in unknown.err


def test_settings_hold_for_both_sides(fletch: Renderer) -> None:
    fletch.write("before/flow.py", FLOW.format(retries=2))
    options = ["--project", "p", "--image", "a/b:c", "--env", "A=1", "--env", "B=2", "--fast"]
    assert fletch("render", "flow.py", "--diff", "before/flow.py", *options).status == 0


def test_a_module_of_another_name_is_compared_task_by_task(fletch: Renderer) -> None:
    fletch.write("other.py", FLOW.format(retries=2))
    found = fletch("render", "flow.py", "t", "--diff", "other.py", "--format", "json").data
    assert [(one["name"], one["only"]) for one in found] == [("flow.t", None)]
    assert found[0]["changes"][0] == {"path": "template.id.name", "old": "other.t", "new": "flow.t"}


def test_what_is_on_one_side_only(fletch: Renderer) -> None:
    fletch.write("before/flow.py", FLOW.format(retries=2).replace("def t(", "def was(").replace("t(a=a)", "was(a=a)"))
    printed = fletch("render", "flow.py", "--task", "--diff", "before/flow.py")
    assert printed.status == 1
    assert printed.out == "+ task flow.t  is not in before/flow.py\n- task flow.was  is in before/flow.py only\n"


def test_files_of_the_wire_are_compared_as_well(fletch: Renderer) -> None:
    from flyteidl.core.literals_pb2 import LiteralMap

    for name, value in (("inputs.pb", 1), ("outputs.pb", 2)):
        message = LiteralMap()
        message.literals["a"].scalar.primitive.integer = value
        (fletch.folder / name).write_bytes(message.SerializeToString())
    printed = fletch("render", "inputs.pb", "--diff", "outputs.pb")
    assert printed.status == 1
    assert printed.out == 'LiteralMap inputs.pb\n  ~ literals.a.scalar.primitive.integer  "2" → "1"\n'


@pytest.mark.parametrize("other", ["nothere.py", "broken.json", "other.json", "git:"])
def test_another_version_that_is_none(other: str, fletch: Renderer) -> None:
    fletch.write("broken.json", "{")
    fletch.write("other.json", json.dumps({"a": 1}))
    printed = fletch("render", "flow.py", "--diff", other)
    assert (printed.status, printed.out) == (2, "")
    assert "--diff" in printed.err


NAMED = st.fixed_dictionaries({"id": st.sampled_from("abcde"), "n": st.integers(0, 3)})
DATA: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 3) | st.booleans() | st.text("xy", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(NAMED, max_size=4, unique_by=lambda each: each["id"])
        | st.dictionaries(st.sampled_from(["a", "b", "c.d"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(DATA, DATA)
@example([{"a": 1}], [{"a": True}])
def test_differences_are_found_where_there_are_any_and_only_there(one: Any, other: Any) -> None:
    found = list(changes(one, other))
    assert bool(found) == (json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    assert list(changes(one, one)) == []
    ours = dict(leaves(one))
    for change in found:
        if change.old is not MISSING and not isinstance(change.old, (dict, list)) and "(order)" not in change.path:
            assert ours[change.path] == change.old
