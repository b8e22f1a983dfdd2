"""A decorator around a workflow's function: it adds nodes before and after, and orders them by what was recorded."""

from functools import partial, wraps

from flytekit import FlyteContextManager, task, workflow
from flytekit.core.node_creation import create_node

EVENTS = []


@task
def open_ledger():
    EVENTS.append("open")


@task
def close_ledger():
    EVENTS.append("close")


def within(fn=None, *, before, after):
    @wraps(fn)
    def wrapper(*args, **kwargs):
        context = FlyteContextManager.current_context()
        first = create_node(before)
        outputs = fn(*args, **kwargs)
        last = create_node(after)
        if context.compilation_state is not None:
            nodes = context.compilation_state.nodes
            first >> nodes[1]
            nodes[-2] >> last
        return outputs

    return partial(within, before=before, after=after) if fn is None else wrapper


@task
def book(amount: float) -> float:
    EVENTS.append("book")
    return amount * 1.1


@task
def audit(amount: float) -> str:
    EVENTS.append("audit")
    return f"{amount:.2f}"


@workflow
@within(before=open_ledger, after=close_ledger)
def month(amount: float) -> str:
    return audit(amount=book(amount=amount))


if __name__ == "__main__":
    print(month(amount=100.0), EVENTS)
    print([node.id for node in month.nodes])
    print(FlyteContextManager.current_context().compilation_state)
