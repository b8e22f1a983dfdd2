"""Conditionals: which branch runs, what it gives, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from fletching import Workflow, conditional, create_node, dynamic, task, workflow
from fletching.errors import BindingError, BranchFailedError, ConversionError, GraphError, PromiseError

if TYPE_CHECKING:
    from collections.abc import Callable

ran: list[str] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()


@task
def add(a: int, b: int = 1) -> int:
    ran.append(f"add {a} {b}")
    return a + b


@task
def double(a: int) -> int:
    ran.append(f"double {a}")
    return 2 * a


@task
def word(a: int) -> str:
    return "w" * a


@task
def note(a: int) -> None:
    ran.append(f"note {a}")


@task
def flag(a: int) -> bool:
    return a > 3


class Both(NamedTuple):
    number: int
    text: str


class Other(NamedTuple):
    text: str
    number: int
    more: float


@task
def both(a: int) -> Both:
    return Both(a, str(a))


@task
def other(a: int) -> Other:
    return Other("other", -a, 0.5)


@task
def pair(a: int) -> tuple[int, str]:
    return a, str(a)


@workflow
def three(a: int) -> int:
    return conditional("size").if_(a < 3).then(add(a=a)).elif_(a < 6).then(double(a=a)).else_().then(add(a=a, b=100))


@pytest.mark.parametrize(("a", "value", "calls"), [(1, 2, ["add 1 1"]), (4, 8, ["double 4"]), (9, 109, ["add 9 100"])])
def test_only_the_branch_that_is_taken_runs(a: int, value: int, calls: list[str]) -> None:
    assert three(a=a) == value
    assert ran == calls


def test_the_choice_is_one_node() -> None:
    (node,) = three.nodes
    assert (node.id, node.name, node.entity.node_kind) == ("n0", "size", "branch")
    assert list(node.bindings) == [".a"]
    branches = node.entity.branches
    assert [[inner.id for inner in branch.graph.nodes] for branch in branches] == [["n0"]] * 3
    assert [repr(branch.condition) for branch in branches] == ["Promise(input.a) < 3", "Promise(input.a) < 6", "None"]


CONDITIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "==": lambda a, b, f: a == 3,
    "!=": lambda a, b, f: a != 3,
    "<": lambda a, b, f: a < b,
    "<=": lambda a, b, f: a <= b,
    ">": lambda a, b, f: a < 3,
    ">=": lambda a, b, f: a >= 3.5,
    "&": lambda a, b, f: (a > 1) & (b < 5),
    "|": lambda a, b, f: (a > 3) | (b == 1) | (a == -1),
    "is_true": lambda a, b, f: f.is_true(),
    "is_false": lambda a, b, f: f.is_false(),
    "is_": lambda a, b, f: f.is_(True) & (a == b),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_decide_as_python_does(name: str) -> None:
    ask = CONDITIONS[name]

    class Plain:
        """A bool with the promise's questions."""

        def __init__(self, value: bool) -> None:
            self.is_true, self.is_false = (lambda: value), (lambda: not value)
            self.is_ = lambda v: value is v

    @workflow
    def flow(a: int, b: int, f: bool) -> int:
        return conditional("c").if_(ask(a, b, f)).then(add(a=1)).else_().then(add(a=0))

    for a in (-1, 1, 3, 4):
        for b in (1, 3, 7):
            for f in (True, False):
                assert flow(a=a, b=b, f=f) == 1 + bool(ask(a, b, Plain(f))), (a, b, f)


def test_none_can_be_asked_for() -> None:
    @workflow
    def flow(a: int | None = None) -> int:
        return conditional("c").if_(a.is_none()).then(add(a=0)).else_().then(add(a=1))

    assert (flow(), flow(a=None), flow(a=7)) == (1, 1, 2)


def test_branches_within_branches() -> None:
    @workflow
    def flow(a: int, b: int) -> int:
        return (
            conditional("outer")
            .if_(a > 0)
            .then(
                conditional("inner")
                .if_(b > 0)
                .then(add(a=add(a=a), b=b))
                .elif_(b == 0)
                .then(double(a=a))
                .else_()
                .fail("b is negative")
            )
            .else_()
            .then(add(a=b))
        )

    assert flow(a=1, b=2) == 4
    assert flow(a=1, b=0) == 2
    assert flow(a=-1, b=5) == 6
    with pytest.raises(BranchFailedError, match="conditional 'inner': b is negative"):
        flow(a=1, b=-1)


def test_branches_may_take_outputs_from_around_and_conditions_too() -> None:
    @workflow
    def flow(a: int) -> tuple[int, int]:
        first, second = add(a=a), double(a=a)
        chosen = conditional("c").if_((first > second) & (a != 0)).then(add(a=first, b=second)).else_().then(second)
        return chosen, add(a=chosen)

    assert flow(a=-5) == (-14, -13)
    assert flow(a=5) == (10, 11)
    choice = flow.nodes[2]
    assert [node.id for node in choice.upstream] == ["n0", "n1"]


def test_a_renamed_node_is_not_taken_for_another() -> None:
    @workflow
    def flow(a: int) -> int:
        first = add(a=a).with_overrides(node_name="early")
        late = double(a=a)
        section = conditional("c").if_(first > 100)
        one = section.then(first)
        first.with_overrides(node_name="moved")
        late.with_overrides(node_name="early")
        return one.elif_(late > 3).then(late).else_().then(first)

    assert (flow(a=200), flow(a=5), flow(a=1)) == (201, 10, 2)


def test_nodes_of_the_same_id_around_and_within_a_branch() -> None:
    @workflow
    def flow(a: int) -> int:
        first = add(a=a)  # n0

        def inner() -> Any:
            local = double(a=a)  # n0 of the branch
            return conditional("inner").if_(local > first).then(add(a=local, b=first)).else_().then(first)

        return conditional("outer").if_(a > 0).then(inner()).else_().then(first)

    assert (flow(a=5), flow(a=1), flow(a=-1)) == (16, 2, 0)


def test_branches_with_several_outputs() -> None:
    @workflow
    def named(a: int) -> tuple[int, str]:
        got = conditional("c").if_(a > 3).then(both(a=a)).else_().then(other(a=a))
        return got.number, got.text

    assert named(a=5) == (5, "5")
    assert named(a=1) == (-1, "other")

    @workflow
    def unnamed(a: int) -> tuple[int, str]:
        number, text = conditional("c").if_(a > 3).then(pair(a=a)).else_().then((add(a=a), word(a=a)))
        return number, text

    assert unnamed(a=5) == (5, "5")
    assert unnamed(a=2) == (3, "ww")


def test_one_output_of_each_branch_needs_no_common_name() -> None:
    @workflow
    def flow(a: int, b: int) -> int:
        got = conditional("c").if_(a > 3).then(add(a=a)).elif_(a > 1).then(both(a=a).number).else_().then(b)
        return add(a=got, b=0)

    assert [flow(a=a, b=50) for a in (5, 2, 0)] == [6, 2, 50]


def test_branches_without_outputs_and_nodes() -> None:
    @workflow
    def flow(a: int) -> None:
        before = note(a=0)
        choice = conditional("c").if_(a > 3).then(create_node(note, a=a)).else_().then(note(a=7))
        before >> choice

    flow(a=5)
    flow(a=1)
    assert ran == ["note 0", "note 5", "note 0", "note 7"]


def test_a_branch_that_gives_another_type_is_told_where_it_goes() -> None:
    @workflow
    def flow(a: int) -> int:
        return conditional("c").if_(a > 3).then(add(a=a)).else_().then(word(a=a))

    with pytest.raises(BindingError, match=r"'o0' of node 'n0' \(c\) is .*int.* str.*, and output 'o0' of workflow"):
        flow(a=1)

    @workflow
    def union(a: int) -> int | str:
        return conditional("c").if_(a > 3).then(add(a=a)).else_().then(word(a=a))

    assert (union(a=5), union(a=2)) == (6, "ww")


def test_subworkflows_and_dynamics_in_branches() -> None:
    @dynamic
    def many(n: int) -> int:
        got = add(a=0)
        for _ in range(n):
            got = add(a=got)
        return got

    @workflow
    def flow(a: int) -> int:
        return conditional("c").if_(a > 3).then(three(a=a)).else_().then(many(n=a))

    assert (flow(a=5), flow(a=2)) == (10, 3)


def test_a_conditional_in_a_dynamic_task_and_an_imperative_workflow() -> None:
    @dynamic
    def choose(n: int) -> list[int]:
        return [
            conditional(f"c{at}").if_(add(a=at) > 2).then(double(a=at)).else_().then(add(a=at, b=0)) for at in range(n)
        ]

    assert choose(n=4) == [0, 1, 4, 6]
    flow = Workflow("chooser")
    a = flow.add_workflow_input("a", int)
    with flow.recording():
        got = flow.create_conditional("c").if_(a > 3).then(add(a=a)).else_().then(double(a=a))
    flow.add_workflow_output("o", got)
    assert (flow(a=5), flow(a=2)) == (6, 4)
    with pytest.raises(GraphError, match=r"its branches are built where calls are recorded.*workflow\.recording\(\)"):
        flow.create_conditional("d").if_(a > 3)
    assert add(a=1) == 2


def test_the_last_branch_may_fail() -> None:
    @workflow
    def flow(a: int) -> int:
        return conditional("c").if_(a > 3).then(add(a=a)).else_().fail("too small")

    assert flow(a=5) == 6
    with pytest.raises(BranchFailedError, match="conditional 'c': too small") as caught:
        flow(a=1)
    assert "in node 'n0' (c) of" in "".join(caught.value.__notes__)
    assert isinstance(caught.value, ValueError)


def test_a_comparison_that_python_refuses_names_the_choice() -> None:
    @workflow
    def flow(a: int | None) -> int:
        return conditional("c").if_(a > 3).then(add(a=1)).else_().then(add(a=2))

    with pytest.raises(TypeError, match="not supported between") as caught:
        flow(a=None)
    assert any("Promise(input.a) > 3" in each for each in caught.value.__notes__)


def refused() -> dict[str, tuple[Callable[[Any], Any], str]]:
    def c() -> Any:
        return conditional("c")

    return {
        "no else": (lambda a: c().if_(a > 3).then(add(a=a)), r"has no else_\(\); end it with"),
        "nothing at all": (lambda a: c() and add(a=a), r"has no else_\(\)"),
        "no then": (lambda a: c().if_(a > 3).else_(), r"after if_, elif_ and else_ comes .then"),
        "another before the end": (
            lambda a: (c().if_(a > 3).then(add(a=a)), conditional("d")),
            r"'c' has no else_\(\)",
        ),
        "a bool": (lambda a: c().if_(True), "asks for a comparison of promises, got True"),
        "a promise": (lambda a: c().if_(flag(a=a)), r"got a promise; compare it, for example with .is_true\(\)"),
        "else first": (lambda a: c().else_(), "needs an if_ before its else_"),
        "elif first": (lambda a: c().elif_(a > 3), "the first branch begins with if_"),
        "if twice": (lambda a: c().if_(a > 3).then(add(a=a)).if_(a > 4), "if_ is for the first branch; use elif_"),
        "fail too early": (lambda a: c().if_(a > 3).fail("x"), r"only else_\(\) can fail\(\)"),
        "a value": (
            lambda a: c().if_(a > 3).then(5),
            r"then\(\) takes what a call of a task or workflow returned, got 5",
        ),
        "values": (lambda a: c().if_(a > 3).then((add(a=a), 5)), r"then\(\) takes promises"),
        "no name": (lambda a: conditional(""), "name must be a non-empty string"),
        "or": (lambda a: c().if_((a > 3) or (a < 1)), "use conditional"),
        "& True": (lambda a: c().if_((a > 3) & True), "& and | take comparisons of promises"),
        "result before the end": (lambda a: add(a=c().if_(a > 3).then(add(a=a))), r"has no else_\(\)"),
        "misfit in a branch": (lambda a: c().if_(a > 3).then(add(a=word(a=a))), "is str, and input 'a' of node 'n1'"),
        "a branch's node from outside": (
            lambda a: add(a=c().if_(a > 3).then(KEPT.setdefault("p", add(a=a))).else_().then(double(a=KEPT["p"]))),
            "belongs to the graph of",
        ),
    }


KEPT: dict[str, Any] = {}


@pytest.mark.parametrize("name", refused())
def test_what_is_no_choice_is_refused(name: str) -> None:
    use, told = refused()[name]
    KEPT.clear()

    @workflow
    def flow(a: int) -> None:
        use(a)

    with pytest.raises(GraphError, match=told):
        flow(a=1)
    # Nothing of it is left behind: plain calls run, other workflows are built.
    assert add(a=1) == 2
    assert three(a=1) == 2


def test_a_conditional_needs_a_workflow() -> None:
    with pytest.raises(GraphError, match=r"conditional\('c'\) is for the body of a @workflow or @dynamic function"):
        conditional("c")


def test_a_constant_that_does_not_fit_in_a_branch() -> None:
    @workflow
    def flow(a: int) -> int:
        return conditional("c").if_(a > 3).then(add(a="x")).else_().then(add(a=a))

    with pytest.raises(ConversionError, match="argument 'a': expected int, got str 'x'"):
        flow(a=1)


def test_a_condition_is_no_value() -> None:
    @workflow
    def flow(a: int) -> int:
        return add(a=(a > 3))

    with pytest.raises(PromiseError, match="only conditional"):
        flow(a=1)
