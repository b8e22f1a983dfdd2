"""The style that names everything by its module: import flytekit, import flytekit.types.file, in-function imports."""

from __future__ import annotations

import os
import typing
from pathlib import Path
from typing import TYPE_CHECKING

import flytekit
import flytekit.core.context_manager
import flytekit.types.directory
import flytekit.types.file

if TYPE_CHECKING:
    from flytekit.core.base_task import PythonTask

try:
    import flytekit.core.task as task_module
except ImportError:
    task_module = None


@flytekit.task(requests=flytekit.Resources(cpu="1"), cache=False)
def draw(rows: int) -> flytekit.types.file.FlyteFile:
    path = Path(flytekit.current_context().working_directory) / "drawing.txt"
    path.write_text("\n".join("#" * (row + 1) for row in range(rows)))
    return flytekit.types.file.FlyteFile(str(path))


@flytekit.task
def width(drawing: "flytekit.types.file.FlyteFile") -> int:
    from flytekit import current_context as context

    assert os.path.isdir(context().working_directory)
    return max(len(line) for line in Path(drawing.download()).read_text().splitlines())


@flytekit.workflow
def sketch(rows: int = 3) -> int:
    return width(drawing=draw(rows=rows))


def names_of(*tasks: PythonTask) -> typing.List[str]:
    return [one.name.rsplit(".", 1)[-1] for one in tasks]


if __name__ == "__main__":
    print(sketch(), sketch(rows=5))
    print(names_of(draw, width), task_module is not None)
    print(flytekit.core.context_manager.FlyteContextManager.current_context() is not None)
    print(isinstance(sketch, flytekit.core.workflow.PythonFunctionWorkflow))
