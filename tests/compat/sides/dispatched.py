"""Runs tasks of a program as flytekit's own containers do; runs in a flytekit's environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import registered  # noqa: F401 - says what sdk is
from flytekit.bin.entrypoint import execute_task_cmd, map_execute_task_cmd
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.type_engine import TypeEngine

import programs

COMMANDS = {"pyflyte-execute": execute_task_cmd, "pyflyte-map-execute": map_execute_task_cmd}


def inputs(name: str, variable: str, values: dict[str, Any] | None = None) -> bytes:
    """Return inputs.pb for a task of a program, of the program's own values if none are given."""
    program = programs.named(name)
    values = program.RUNS[variable] if values is None else values
    task = getattr(program, variable)
    found = TypeEngine.dict_to_literal_map(FlyteContextManager.current_context(), values, task.python_interface.inputs)
    return found.to_flyte_idl().SerializeToString(deterministic=True)


def dispatch(command: list[str], variables: dict[str, str]) -> int:
    """Run a command of a template, with a container's variables; return its exit code."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        COMMANDS[command[0]].main(args=command[1:], standalone_mode=False)
    except SystemExit as error:
        return int(error.code or 0)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return 0
