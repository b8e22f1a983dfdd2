"""What happens once in a process of Fletching: random graphs that sleep, a million elements, a crowded run store,
a large project.

Prints JSON; the first argument says what is measured, and a second one which random graph.
"""

import asyncio
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time

os.environ["FLETCHING_HOME"] = tempfile.mkdtemp(prefix="fletching-bench-")

from fletching import task, workflow
from fletching.run.runner import Runner

NODES = 1_000
SHORTEST, LONGEST = 0.02, 0.2
"""How many seconds a node sleeps."""
ELEMENTS = 1_000_000
GRAPH = 10_000
RUNS = 100_000
TASKS = 10_000


@task
def nap(seconds: float, after: list[int]) -> int:
    time.sleep(seconds)
    return len(after)


@task
async def anap(seconds: float, after: list[int]) -> int:
    await asyncio.sleep(seconds)
    return len(after)


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int) -> int:
    return a + b


def random_graph(seed, kind):
    """Return a workflow of nodes that wait for up to three of the hundred before them, and its critical path."""
    draw = random.Random(seed)
    naps = [draw.uniform(SHORTEST, LONGEST) for _ in range(NODES)]
    before = [draw.sample(range(max(0, at - 100), at), draw.randint(0, min(3, at))) for at in range(NODES)]
    ends = []
    for at, nap_time in enumerate(naps):
        ends.append(nap_time + max((ends[each] for each in before[at]), default=0.0))

    @workflow
    def flow() -> int:
        given = []
        for at, nap_time in enumerate(naps):
            given.append(kind(seconds=nap_time, after=[given[each] for each in before[at]]))
        return given[-1]

    return flow, max(ends)


def makespan(seed):
    """How much longer than its critical path a graph takes, on the loop and on threads."""
    runner = Runner(max_parallel=NODES)
    figures = {}
    for name, kind in {"sleeping on the loop": anap, "sleeping on threads": nap}.items():
        flow, critical = random_graph(seed, kind)
        assert len(flow.graph.nodes) == NODES  # which builds it, once and before the clock starts
        begin = time.perf_counter()
        runner.run(flow)
        figures[name] = (time.perf_counter() - begin) * 1e3
        figures[f"{name}, critical path"] = critical * 1e3
    return figures


def million():
    """A map over a million elements: microseconds of one, and by how many megabytes the process grew at most."""
    from fletching_map import map_task

    mapped, runner = map_task(inc), Runner(executor="inline")
    runner.run(mapped, a=range(100))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    found = runner.run(mapped, a=range(ELEMENTS))
    taken = time.perf_counter() - begin
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert found[:: ELEMENTS // 10] == list(range(1, ELEMENTS, ELEMENTS // 10))
    return {"million": taken * 1e6 / ELEMENTS, "million grown": grown / 1024}


def compiled():
    """Milliseconds that a workflow of ten thousand calls takes to become a graph."""

    def build():
        @workflow
        def flow(a: int) -> int:
            for _ in range(GRAPH):
                a = add(a=a, b=1)
            return a

        begin = time.perf_counter()
        assert len(flow.graph.nodes) == GRAPH
        return (time.perf_counter() - begin) * 1e3

    return {"compile": statistics.median(build() for _ in range(3))}


def listing():
    """Milliseconds to list the latest of a hundred thousand runs, by what takes longest, in a store just opened."""
    from fletching.expansion import Outcome
    from fletching.run.recording import Recorder, new_run_id
    from fletching.run.store import RunStore

    recorder = Recorder(name="name0", tags=["tag0"])
    recorder.begin(add, {"a": 1, "b": 2})
    recorder.end(Outcome(3))
    with RunStore() as store:
        connection = store.connection()
        columns = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
        (first,) = connection.execute("SELECT * FROM runs")
        model, rows = dict(zip(columns, first, strict=True)), []
        for number in range(2, RUNS + 1):
            run_id = new_run_id(1.7e9 + number * 1.37)
            row = model | {"number": number, "id": run_id, "suffix": run_id.rpartition("-")[2]}
            row |= {"name": f"name{number % 500}", "started": 1.7e9 + number * 1.37}
            rows.append(tuple((row | {"status": "failed" if number % 50 == 0 else "succeeded"}).values()))
        with store.writing() as writing:
            writing.executemany(f"INSERT INTO runs VALUES ({','.join('?' * len(columns))})", rows)
            tags = [(f"tag{number % 700}", number) for number in range(2, RUNS + 1)]
            writing.executemany("INSERT INTO tags VALUES (?, ?)", tags)
    slowest = 0.0
    for chosen in ({}, {"name": "name7"}, {"tag": "tag7"}, {"status": "failed"}, {"entity": "no.such"}):
        taken = []
        for _ in range(5):
            begin = time.perf_counter()
            with RunStore() as store:
                found = store.runs(**chosen)
            taken.append((time.perf_counter() - begin) * 1e3)
            assert len(found) == (0 if "entity" in chosen else 20), chosen
        slowest = max(slowest, statistics.median(taken))
    return {"runs": slowest}


def project():
    """Milliseconds from ten thousand tasks, called by a thousand workflows, to the bytes that are registered."""
    from fletching import SerializationSettings
    from fletching.extend import serialize

    def task_of(number):
        def work(a: int, b: str = "x") -> int:
            return a + number

        work.__name__ = work.__qualname__ = f"work{number}"
        globals()[work.__name__] = made = task(work)
        return made

    def workflow_of(number, calls):
        def flow(a: int) -> int:
            for call in calls:
                a = call(a=a)
            return a

        flow.__name__ = flow.__qualname__ = f"flow{number}"
        return workflow(flow)

    tasks = [task_of(number) for number in range(TASKS)]
    flows = [workflow_of(number, tasks[at : at + 10]) for number, at in enumerate(range(0, TASKS, 10))]
    settings = SerializationSettings.for_image("bench:1", "v", project="p", domain="d")
    begin = time.perf_counter()
    written = [each.to_bytes() for each in serialize(flows, settings, default_launch_plans=True).entities]
    taken = (time.perf_counter() - begin) * 1e3
    assert len(written) == TASKS + 2 * len(flows)
    return {"project": taken}


MEASURES = {"makespan": makespan, "million": million, "compile": compiled, "runs": listing, "project": project}


if __name__ == "__main__":
    print(json.dumps(MEASURES[sys.argv[1]](*map(int, sys.argv[2:]))))
