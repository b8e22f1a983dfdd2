"""What progress makes of events: the tree's model, plain lines and JSON lines."""

from __future__ import annotations

import io
import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fletching import task, workflow
from fletching.cli.progress import PlainLines
from fletching.cli.progress_json import JsonLines
from fletching.cli.progress_model import Item, Model, critical_path, duration, reason
from fletching.cli.progress_tree import Tree
from fletching.executable import Executable
from fletching.expansion import Expansion, Nest, Outcome
from fletching.interface import Interface
from fletching.redaction import forget_secrets, remember_secret
from fletching.run.events import Event, observe
from fletching.run.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "progress.md"


@task
def one(x: int) -> int:
    return x + 1


@task(retries=1)
def odd_fails(x: int) -> int:
    if x % 2:
        raise ValueError(f"odd: {x}")
    return x


@task
def calls_others(x: int) -> int:
    return one(x=one(x=x))


@task
def calls_callers(x: int) -> int:
    return calls_others(x=x)


@workflow
def chain(x: int) -> int:
    return calls_callers(x=one(x=x))


class Each(Executable):
    """Calls a task for each item; what a map is to progress."""

    node_kind = "map"

    def __init__(self, target: Any) -> None:
        self._locate()
        self._target = target
        self._name = f"each.{target.short_name}"
        self._python_interface = Interface({"xs": list[int]}, {"o0": list[int]})

    def call_count(self, inputs: Mapping[str, Any]) -> int | None:
        return len(inputs["xs"])

    def expand(self, inputs: Mapping[str, Any]) -> Expansion:
        return EachExpansion(self._target, inputs["xs"])


class EachExpansion(Expansion):
    def __init__(self, target: Any, items: list[int]) -> None:
        self.target, self.items, self.values = target, items, {}

    def begin(self, nest: Nest) -> None:
        def ended(at: int) -> Callable[[Outcome], None]:
            def done(outcome: Outcome) -> None:
                self.values[at] = outcome.value if outcome.error is None else -1
                if len(self.values) == len(self.items):
                    nest.finish([self.values[each] for each in range(len(self.items))])

            return done

        for at, item in enumerate(self.items):
            nest.call(self.target, {"x": item}, path=str(at), done=ended(at))


each_one = Each(one)
each_odd = Each(odd_fails)


@workflow
def mapped(xs: list[int]) -> list[int]:
    return each_odd(xs=each_one(xs=xs))


@workflow
def through_workflows(xs: list[int]) -> list[int]:
    return each_chain(xs=xs)


each_chain = Each(chain)


def heard(entity: Any, **inputs: Any) -> list[Event]:
    events: list[Event] = []
    with observe(events.append):
        Runner(executor="inline").run(entity, **inputs)
    return events


def modelled(entity: Any, **inputs: Any) -> Model:
    model = Model()
    with observe(model.hear):
        Runner(executor="inline").run(entity, **inputs)
    return model


def plain(entity: Any, **inputs: Any) -> list[str]:
    stream = io.StringIO()
    with observe(PlainLines(stream).hear):
        Runner(executor="inline").run(entity, **inputs)
    return stream.getvalue().splitlines()


# The model


def test_calls_stand_where_they_were_made_also_those_of_a_tasks_own_code() -> None:
    (root,) = modelled(chain, x=1).roots
    assert [(child.short, child.path) for child in root.children] == [("one", "n0"), ("calls_callers", "n1")]
    (called,) = root.children[1].children
    assert called.short == "calls_others"
    assert [child.short for child in called.children] == ["one", "one"]
    assert root.ended
    assert not root.open


def test_the_calls_of_a_map_are_counted_and_not_kept() -> None:
    (root,) = modelled(mapped, xs=list(range(100))).roots
    first, second = root.children
    assert first.counts == {"running": 0, "finished": 100}
    assert second.counts == {"running": 0, "finished": 50, "failed": 50, "retried": 50}
    assert not first.children
    model = modelled(through_workflows, xs=list(range(30)))
    assert model.roots[0].children[0].counts == {"running": 0, "finished": 30}
    assert [child.short for child in model.roots[0].children] == ["chain"]
    assert not model.roots[0].children[0].children
    assert (model._calls, {thread: calls for thread, calls in model._direct.items() if calls}) == ({}, {})


def test_a_map_shows_how_much_of_it_is_done() -> None:
    model = Model()
    told = {"task": f"m.map_t_{'0a' * 16}-arraynode", "call": 1, "at": 0.0, "what": "map"}
    model.hear(Event(kind="started", size=500, **told))
    for number in range(2, 23):
        for event in call(number, f"{number}", 0.5)[: 3 if number < 19 else 2]:
            model.hear(event)
    failed = {"task": "m.t", "call": 22, "path": "22", "parent": 1, "depth": 1}
    model.hear(Event(kind="failed", at=12.0, error=ValueError("x"), **failed))
    (line,) = Tree(model, io.StringIO()).live(80, 24)
    assert line.startswith("* map_t [map]")
    assert line.endswith(", 18/500, 3 running, 1 failed")
    model.hear(Event(kind="started", task="m.other", call=30, at=0.0, what="map"))
    for event in call(31, "31", 0.5, parent=30)[:2]:
        model.hear(event)
    assert Tree(model, io.StringIO()).live(80, 24)[1].endswith(", 1 running")


def test_listeners_on_many_threads_lose_nothing() -> None:
    model = Model()
    model.hear(Event(kind="started", task="m.flow", call=1, at=0.0, what="workflow"))

    def calls(first: int) -> None:
        for call in range(first, first + 500):
            for kind in ("started", "attempt", "finished"):
                model.hear(Event(kind=kind, task="m.t", call=call, at=1.0, path=f"n{call}", parent=1, depth=1))

    threads = [threading.Thread(target=calls, args=(2 + 500 * at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (root,) = model.roots
    assert (root.counts, root.open, len(root.children)) == ({"finished": 4000}, {}, 4000)


def call(
    number: int, path: str, seconds: float, *, parent: int = 1, upstream: tuple[str, ...] = (), what: str = "task"
) -> list[Event]:
    """A call that waited a second for its attempt."""
    told = {"task": f"m.{path}", "call": number, "path": path, "parent": parent, "depth": 1, "what": what}
    return [
        Event(kind="started", at=10.0, upstream=upstream, **told),
        Event(kind="attempt", at=11.0, seconds=1.0, **told),
        Event(kind="finished", at=11.0 + seconds, seconds=1.0 + seconds, **told),
    ]


def built(*events: Event, seconds: float) -> Item:
    model = Model()
    model.hear(Event(kind="started", task="m.flow", call=1, at=10.0, what="workflow"))
    for event in events:
        model.hear(event)
    model.hear(Event(kind="finished", task="m.flow", call=1, at=10.0 + seconds, seconds=seconds, what="workflow"))
    return model.roots[0]


def test_the_critical_path_is_the_longest_chain_without_the_waiting() -> None:
    root = built(
        *call(2, "a", 2.0),
        *call(3, "b", 3.0),
        *call(4, "c", 2.5, upstream=("a",)),
        *call(5, "d", 1.0, upstream=("b",)),
        *call(6, "e", 0.5, upstream=("c", "d")),
        seconds=9.0,
    )
    assert [(link.item.path, link.seconds) for link in critical_path(root)] == [("a", 2.0), ("c", 2.5), ("e", 0.5)]


def test_the_critical_path_goes_through_nested_calls() -> None:
    inner_started = Event(
        kind="started", task="m.sub", call=2, at=10.0, path="s", parent=1, depth=1, what="workflow", upstream=("a",)
    )
    inner_ended = Event(
        kind="finished", task="m.sub", call=2, at=20.0, seconds=10.0, path="s", parent=1, depth=1, what="workflow"
    )
    root = built(
        *call(5, "a", 1.0),
        inner_started,
        *call(3, "s/n0", 2.0, parent=2),
        *call(4, "s/n1", 3.0, parent=2, upstream=("s/n0",)),
        inner_ended,
        *call(6, "z", 5.5),
        seconds=12.0,
    )
    assert [link.item.path for link in critical_path(root)] == ["a", "s/n0", "s/n1"]
    model = Model()
    model.roots.append(root)
    last = Tree(model, io.StringIO()).summary(80)[-1]
    assert last == "critical path 6.00 s, 50% of 12.0 s: a (a) 1.00 s -> s/n0 (s/n0) 2.00 s -> s/n1 (s/n1) 3.00 s"


def test_a_chain_of_ten_thousand_is_no_matter_of_recursion() -> None:
    events = [
        each for at in range(10_000) for each in call(at + 2, f"n{at}", 0.5, upstream=(f"n{at - 1}",) if at else ())
    ]
    links = critical_path(built(*events, seconds=5000.0))
    assert len(links) == 10_000
    assert sum(link.seconds for link in links) == 5000.0


def test_the_live_tree_is_never_higher_than_the_terminal() -> None:
    model = Model()
    model.hear(Event(kind="started", task="m.flow", call=1, at=10.0, what="workflow"))
    number = 1
    for at in range(40):
        number += 1
        outer = number
        told = {"task": "m.sub", "call": outer, "path": f"n{at}", "parent": 1, "depth": 1, "what": "workflow"}
        model.hear(Event(kind="started", at=10.0, **told))
        for inner in range(10):
            number += 1
            for event in call(number, f"n{at}/n{inner}", 1.0, parent=outer)[: 2 + inner % 2]:
                model.hear(event)
        for height in (3, 5, 10, 24, 50, 300):
            for width in (20, 80):
                lines = Tree(model, io.StringIO()).live(width, height)
                assert 1 <= len(lines) < height
                assert max(map(len, lines)) <= width
    lines = Tree(model, io.StringIO()).live(80, 10)
    assert re.fullmatch(r"\* flow  .*, 40 running", lines[0])
    shown = sum("sub" in line for line in lines)
    assert shown >= 5
    assert lines[-1] == f"  and {40 - shown} running"


def test_an_error_is_told_in_one_short_line_without_secrets() -> None:
    class Long(Exception):
        pass

    assert reason(ValueError("\n first \nsecond")) == "ValueError: first"
    assert len(reason(Long("x" * 10_000))) == len("Long: ") + 200
    assert reason(KeyError()) == "KeyError"
    remember_secret("hunter2-hunter2")
    try:
        # Cut in the middle of the secret, it would not be found any more.
        assert "hunter" not in reason(ValueError("y" * 190 + "hunter2-hunter2"))
    finally:
        forget_secrets()


def test_durations() -> None:
    told = [duration(seconds) for seconds in (0.004, 0.994, 9.99, 9.996, 59.94, 59.96, 185, 3599.7, 3700)]
    assert told == [
        "0.00 s",
        "0.99 s",
        "9.99 s",
        "10.0 s",
        "59.9 s",
        "1 min 00 s",
        "3 min 05 s",
        "1 h 00 min",
        "1 h 01 min",
    ]


# Plain lines


def test_plain_lines_say_where_a_call_stands() -> None:
    lines = [re.sub(r"\d+\.\d\d s", "T", line) for line in plain(chain, x=1)]
    assert lines == [
        "chain started",
        "  one (n0) started",
        "  one (n0) finished after T",
        "  calls_callers (n1) started",
        "    calls_others started",
        "      one started",
        "      one finished after T",
        "      one started",
        "      one finished after T",
        "    calls_others finished after T",
        "  calls_callers (n1) finished after T",
        "chain finished after T",
    ]


def test_of_a_map_the_first_calls_the_failures_and_round_numbers_are_told() -> None:
    lines = plain(mapped, xs=list(range(1000)))
    assert sum(line.lstrip().startswith("one (n0/") and "started" in line for line in lines) == 5
    counts = [line.strip() for line in lines if re.match(r" *one \(n0\) .* done", line)]
    assert counts == [f"one (n0) {n:,} done" for n in (10, 20, 50, 100, 200, 500, 1000)]
    assert sum("odd_fails (n1/" in line and "failed after" in line and "trying" not in line for line in lines) == 500
    assert sum("trying again" in line for line in lines) == 500
    assert "    odd_fails (n1) 1,000 done, 500 of them failed" in lines
    inside = plain(through_workflows, xs=list(range(100)))
    assert len(inside) == 2 + 2 + 5 * 12 + 4  # the flow, the map, five whole calls, 10, 20, 50 and 100
    assert "    chain (n0) 100 done" in inside


# JSON lines


def test_json_lines_have_the_keys_that_the_reference_tells() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    for event in heard(mapped, xs=[1, 2]):
        lines.hear(event)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \|", REFERENCE.read_text(encoding="utf-8").split("## JSON lines")[1], re.MULTILINE
    )
    always = {key for key, where in rows if where == "all"}
    known = {key for key, _ in rows}
    assert len(always) == 8
    for each in told:
        assert always <= each.keys() <= known
    assert {each["event"] for each in told} == {"started", "attempt", "retrying", "failed", "finished"}
    assert {key for each in told for key in each} == known
    failed = next(each for each in told if each["event"] == "failed")
    assert failed["error"] == "ValueError: odd: 3"


def test_a_reader_that_is_gone_stops_nobody() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    for renderer in (PlainLines(Closed()), JsonLines(Closed())):
        with observe(renderer.hear):
            assert Runner(executor="inline").run(chain, x=1) == 4
