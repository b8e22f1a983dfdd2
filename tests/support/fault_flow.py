"""The program that fault trials run and kill: a graph whose tasks write into a journal when they begin and end."""

from __future__ import annotations

import os
import random
import sys
import time

from fletching import Cache, Runner, dynamic, task, workflow

JOURNAL = os.environ.get("FAULT_JOURNAL", "")
RANDOM = random.Random(os.environ.get("FAULT_SEED", "0"))
PAUSES = [RANDOM.uniform(0, 0.02) for _ in range(40)]


def note(word: str, name: str) -> None:
    """Append a line to the journal: one write, so that no other process can come between."""
    file = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{word} {name}\n".encode())
    os.close(file)


@task
def step(name: str, a: int, b: int) -> int:
    """Take a while, and add."""
    note("begin", name)
    time.sleep(PAUSES[hash_of(name) % len(PAUSES)])
    note("end", name)
    return a + b


@task(cache=Cache(version="1", serialize=True))
def shared(name: str, a: int) -> int:
    """Take a while, once for all who ask for the same."""
    note("begin", name)
    time.sleep(PAUSES[hash_of(name) % len(PAUSES)])
    note("end", name)
    return a * 2


def hash_of(name: str) -> int:
    """Return a number that is the same in every process."""
    return sum(map(ord, name))


@dynamic
def fan(name: str, n: int) -> list[int]:
    """Call several steps."""
    return [step(name=f"{name}-{at}", a=n, b=at) for at in range(n)]


@task
def total(name: str, items: list[int], more: int) -> int:
    """Add up."""
    note("begin", name)
    note("end", name)
    return sum(items) + more


@workflow
def flow(n: int) -> int:
    """Make a small graph with a chain, a fan and a join."""
    first = step(name="first", a=n, b=1)
    left = step(name="left", a=first, b=1)
    right = step(name="right", a=first, b=2)
    chained = right
    for at in range(4):
        chained = step(name=f"chain-{at}", a=chained, b=at)
    return total(name="total", items=fan(name="fan", n=n), more=step(name="join", a=left, b=chained))


EXPECTED = sum(5 + at for at in range(5)) + ((5 + 1 + 1) + (5 + 1 + 2 + 6))
"""What ``flow(n=5)`` gives."""


@workflow
def sharing(n: int) -> list[int]:
    """Ask for things that others ask for too."""
    return [shared(name=f"shared-{at}", a=at) for at in range(6)]


def main() -> None:
    """Run: EXECUTOR FLOW RECOVER, and write the result to the file FAULT_RESULT."""
    executor, name, recover = sys.argv[1:4]
    if os.environ.get("FAULT_FILE_SIZE"):
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = int(os.environ["FAULT_FILE_SIZE"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    runner = Runner(executor=None if executor == "none" else executor, record=True, name="trial", recover=recover)
    entity = {"flow": flow, "sharing": sharing}[name]
    try:
        value = runner.run(entity, n=5)
    except KeyboardInterrupt:
        sys.exit(130)
    result = os.environ["FAULT_RESULT"]
    mine = f"{result}.{os.getpid()}"
    with open(mine, "w") as file:
        file.write(repr(value))
    os.replace(mine, result)  # in one step: another driver may have written it, and this one may be killed here


if __name__ == "__main__":
    main()
