"""Containers of a backend for tests: a process with the argv, the files and the environment that a real one has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flyteidl.core import dynamic_job_pb2, errors_pb2
from flyteidl.core.literals_pb2 import LiteralMap

if TYPE_CHECKING:
    from flyte_runs import Node, Run

__all__ = ["run_container"]


def run_container(run: Run, made: Node, template: Any, inputs: LiteralMap, folder: Path, index: int | None) -> Any:
    """Run one attempt, and return what it left: outputs, a graph to go on with, or an error.

    Args:
        run: the execution.
        made: its node.
        template: of the task.
        inputs: what the container reads.
        folder: where it works; nobody else's.
        index: which element of a map it is for.
    """
    work, outputs = folder / "work", folder / "outputs"
    for each in (work, outputs, folder / "raw"):
        each.mkdir(parents=True)
    (folder / "inputs.pb").write_bytes(inputs.SerializeToString())
    filled = {
        "{{.input}}": str(folder / "inputs.pb"),
        "{{.outputPrefix}}": str(outputs),
        "{{.rawOutputDataPrefix}}": str(folder / "raw"),
        "{{.checkpointOutputPrefix}}": str(folder / "checkpoint"),
        "{{.prevCheckpointPrefix}}": "",
    }
    container = template.container
    args = [filled.get(word, word) for word in (*container.command, *container.args)]
    environment = {**os.environ, **{pair.key: pair.value for pair in container.env}}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    environment.update(
        {
            "FLYTE_INTERNAL_EXECUTION_PROJECT": run.id.project,
            "FLYTE_INTERNAL_EXECUTION_DOMAIN": run.id.domain,
            "FLYTE_INTERNAL_EXECUTION_ID": run.id.name,
            "FLYTE_INTERNAL_TASK_PROJECT": template.id.project,
            "FLYTE_INTERNAL_TASK_DOMAIN": template.id.domain,
            "FLYTE_INTERNAL_TASK_NAME": template.id.name,
            "FLYTE_INTERNAL_TASK_VERSION": template.id.version,
            **{pair.key: pair.value for pair in run.spec.envs.values},
        }
    )
    if index is not None:
        environment.update({"BATCH_JOB_ARRAY_INDEX_VAR_NAME": "ELEMENT", "ELEMENT": str(index)})
    log = folder / "log"
    made.logs.append(log.as_uri())
    with log.open("wb") as file:
        run.process = subprocess.Popen(args, cwd=work, env=environment, stdout=file, stderr=file)
        if run.stopped.is_set():
            run.process.kill()
        run.process.wait()
    return _outcome(outputs, log)


def _outcome(outputs: Path, log: Path) -> Any:
    """Return what a container left: outputs, a graph to go on with, or an error."""
    if (outputs / "error.pb").exists():
        return errors_pb2.ErrorDocument.FromString((outputs / "error.pb").read_bytes()).error
    if (outputs / "futures.pb").exists():
        return dynamic_job_pb2.DynamicJobSpec.FromString((outputs / "futures.pb").read_bytes())
    if (outputs / "outputs.pb").exists():
        return LiteralMap.FromString((outputs / "outputs.pb").read_bytes())
    said = log.read_text(errors="replace")[-2000:]
    return errors_pb2.ContainerError(code="OutputsNotFound", message=f"the container left nothing\n{said}")
