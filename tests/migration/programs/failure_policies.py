"""A fleet: interruptible workflows, failure policies, independent parts, results of each part."""

from datetime import timedelta

from flytekit import Resources, WorkflowFailurePolicy, task, workflow
from flytekit.core.workflow import WorkflowFailurePolicy as Policy

SEEN = []


@task(interruptible=False)
def fuel(ship: str) -> int:
    SEEN.append(ship)
    return len(ship) * 10


@task(limits=Resources(mem="200Mi"))
def crew(ship: str) -> int:
    return 5


@task
def sail(fuel: int, crew: int) -> bool:
    return fuel > 10 and crew > 1


@workflow(interruptible=True, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def voyage(ship: str) -> bool:
    return sail(fuel=fuel(ship=ship), crew=crew(ship=ship).with_overrides(timeout=timedelta(seconds=60), retries=2))


@workflow(failure_policy=Policy.FAIL_IMMEDIATELY)
def fleet(one: str, two: str) -> (bool, bool):
    return voyage(ship=one), voyage(ship=two)


if __name__ == "__main__":
    print(*fleet(one="Rosa", two="X"))
    print(sorted(SEEN), fuel.metadata.interruptible)
    print(voyage.python_interface.outputs, Policy is WorkflowFailurePolicy)
