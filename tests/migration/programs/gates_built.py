"""A release with gates: approve, sleep and wait_for_input in a workflow, answered on the terminal."""

import datetime
import io
import sys

from flytekit import approve, sleep, task, wait_for_input, workflow


@task
def build(version: int) -> str:
    return f"build-{version}"


@task
def publish(artifact: str, channel: str) -> str:
    return f"{artifact}@{channel}"


@workflow
def release(version: int) -> str:
    artifact = build(version=version)
    checked = approve(artifact, "quality", timeout=datetime.timedelta(hours=1))
    pause = sleep(datetime.timedelta(milliseconds=1))
    channel = wait_for_input("channel", timeout=datetime.timedelta(hours=1), expected_type=str)
    artifact >> pause
    checked >> channel
    return publish(artifact=checked, channel=channel)


if __name__ == "__main__":
    sys.stdin = io.StringIO("y\nbeta\n")
    kept, sys.stdout = sys.stdout, io.StringIO()
    try:
        published = release(version=7)
    finally:
        sys.stdout = kept
    print(published)
    print([node.id for node in release.nodes])
