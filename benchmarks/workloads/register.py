"""Registers a workflow and the tasks that it calls with a backend, with whichever SDK is here; prints JSON.

The first argument is the backend's endpoint, the second how many tasks there are.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["FLYTE_SDK_LOGGING_LEVEL"] = "50"

TASK = """
@task
def work{number}(a: int) -> int:
    return a + {number}
"""
BEGIN = "@workflow\ndef flow(a: int) -> int:\n"
CALL = "    a = work{number}(a=a)\n"


def program(count):
    """Return the workflow of a module with that many tasks."""
    try:
        import fletching as sdk
    except ImportError:
        import flytekit as sdk
    numbers = range(count)
    tasks, calls = ("".join(text.format(number=number) for number in numbers) for text in (TASK, CALL))
    folder = tempfile.mkdtemp(prefix="fletching-bench-")
    Path(folder, "many_tasks.py").write_text(
        f"from {sdk.__name__} import task, workflow\n{tasks}\n{BEGIN}{calls}    return a\n"
    )
    sys.path.insert(0, folder)
    import many_tasks

    return many_tasks.flow


def fletching_remote(endpoint):
    from fletching import SerializationSettings
    from fletching_flyte import Config, FlyteRemote

    config = Config.for_endpoint(endpoint, insecure=True)
    return FlyteRemote(config, "flytesnacks", "development"), SerializationSettings


def flytekit_remote(endpoint):
    from flytekit.configuration import Config, PlatformConfig, SerializationSettings
    from flytekit.remote import FlyteRemote

    config = Config(PlatformConfig(endpoint=endpoint, insecure=True))
    return FlyteRemote(config, "flytesnacks", "development"), SerializationSettings


def main():
    endpoint, count = sys.argv[1], int(sys.argv[2])
    flow = program(count)
    make = fletching_remote if "fletching" in sys.modules else flytekit_remote
    remote, settings = make(endpoint)
    version = f"v{time.time_ns()}"
    given = settings.for_image("bench:1", version, project="flytesnacks", domain="development")
    begin = time.perf_counter()
    remote.register_workflow(flow, given, version=version)
    print(json.dumps({"register": (time.perf_counter() - begin) * 1e3}))


if __name__ == "__main__":
    main()
