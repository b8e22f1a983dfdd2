"""Warehouse nights: create_node, order by >>, with_overrides, tasks without outputs."""

from datetime import timedelta

from flytekit import Resources, task, workflow
from flytekit.core.node_creation import create_node

TRACE = []


@task
def open_gate(name: str) -> None:
    TRACE.append(f"open {name}")


@task
def load(boxes: int) -> int:
    TRACE.append(f"load {boxes}")
    return boxes + 1


@task
def close_gate(name: str) -> None:
    TRACE.append(f"close {name}")


@workflow
def night(name: str, boxes: int) -> int:
    opened = create_node(open_gate, name=name)
    loaded = create_node(load, boxes=boxes)
    closed = create_node(close_gate, name=name)
    opened >> loaded
    loaded >> closed
    return loaded.o0


@workflow
def heavy(boxes: int) -> int:
    first = load(boxes=boxes).with_overrides(
        requests=Resources(cpu="2", mem="1Gi"), retries=1, timeout=timedelta(minutes=3), node_name="first-load"
    )
    second = load(boxes=first).with_overrides(interruptible=False, name="the second load")
    return second


if __name__ == "__main__":
    print(night(name="north", boxes=4))
    print(TRACE)
    print(heavy(boxes=1))
    print([node.id for node in heavy.nodes])
    print(len(night.nodes))
