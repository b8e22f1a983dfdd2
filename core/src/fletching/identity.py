"""Who a run and its task are on a backend, from the environment variables of the container."""

from __future__ import annotations

import os
from typing import NamedTuple

__all__ = ["ExecutionIdentity", "TaskIdentity", "execution_identity", "first_set", "task_identity"]


class ExecutionIdentity(NamedTuple):
    """A run on a backend."""

    project: str
    domain: str
    name: str
    workflow: str
    """Full name of the workflow that runs, or empty."""
    launch_plan: str
    """Full name of the launch plan that it was started by, or empty."""


class TaskIdentity(NamedTuple):
    """A task as it is registered on a backend."""

    project: str
    domain: str
    name: str
    version: str


def execution_identity() -> ExecutionIdentity | None:
    """Return the run that this process belongs to, or None where no backend started it."""
    found = [
        first_set(f"FLYTE_INTERNAL_EXECUTION_{name}", short)
        for name, short in (
            ("PROJECT", "_F_PRJ"),
            ("DOMAIN", "_F_DM"),
            ("ID", "_F_NM"),
            ("WORKFLOW", "_F_WF"),
            ("LAUNCHPLAN", "_F_LP"),
        )
    ]
    return ExecutionIdentity(*found) if any(found) else None


def task_identity() -> TaskIdentity | None:
    """Return the task that this process was started for, or None where no backend started it."""
    found = [
        first_set(f"FLYTE_INTERNAL_TASK_{name}", short)
        for name, short in (
            ("PROJECT", "_F_TK_PRJ"),
            ("DOMAIN", "_F_TK_DM"),
            ("NAME", "_F_TK_NM"),
            ("VERSION", "_F_TK_V"),
        )
    ]
    return TaskIdentity(*found) if any(found) else None


def first_set(*names: str) -> str:
    """Return the value of the first of these environment variables that has one, or empty."""
    return next((value for value in map(os.environ.get, names) if value), "")
