"""A task that a flytekit runs as a container does, its literals stored by themselves."""

import os
import typing
from typing import Annotated

from flytekit import HashMethod, task


@task
def make(
    count: int,
) -> typing.Tuple[
    typing.List[str],
    typing.Dict[str, float],
    str,
    typing.Optional[int],
    Annotated[str, HashMethod(lambda text: "mine")],
]:
    return ["aé🏹<>&"] * count, {str(at): at / 3 for at in range(count)}, "b" * count, None, "c" * count


@task
def use(
    texts: typing.List[str], numbers: typing.Dict[str, float], text: str, maybe: typing.Optional[int], own: str
) -> str:
    return f"{texts[0]} {len(texts)} {numbers['3']!r} {len(text)} {maybe} {len(own)}"


def run(folder, name, minimum):
    """Run one of the tasks with the inputs in a folder, as ``pyflyte-execute`` does."""
    from flytekit.bin.entrypoint import execute_task_cmd

    os.environ["_F_L_MIN_SIZE_MB"] = minimum
    try:
        execute_task_cmd.callback(
            inputs=f"{folder}/inputs.pb",
            output_prefix=folder,
            raw_output_data_prefix=f"{folder}/raw",
            test=False,
            prev_checkpoint=None,
            checkpoint_path=None,
            resolver="flytekit.core.python_auto_container.default_task_resolver",
            resolver_args=("task-module", "offloaded", "task-name", name),
            dynamic_addl_distro=None,
            dynamic_dest_dir=None,
        )
    finally:
        del os.environ["_F_L_MIN_SIZE_MB"]
