"""A task for a container to run, of whichever SDK is here; with the variable LEAVES it ends the process at once."""

import os

try:
    from fletching import task
except ImportError:
    from flytekit import task


@task
def add(a: int, b: int) -> int:
    if "LEAVES" in os.environ:
        os._exit(0)
    return a + b
