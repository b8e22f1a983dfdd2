"""The Flyte backend for Fletching: register, launch, fetch and wait for tasks and workflows on a Flyte cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_flyte.backend import FlyteBackend as FlyteBackend
    from fletching_flyte.config import AuthType as AuthType
    from fletching_flyte.config import Config as Config
    from fletching_flyte.config import PlatformConfig as PlatformConfig
    from fletching_flyte.deploying import Deployed as Deployed
    from fletching_flyte.executions import FlyteWorkflowExecution as FlyteWorkflowExecution
    from fletching_flyte.fetched import FlyteLaunchPlan as FlyteLaunchPlan
    from fletching_flyte.fetched import FlyteTask as FlyteTask
    from fletching_flyte.fetched import FlyteWorkflow as FlyteWorkflow
    from fletching_flyte.problems import BackendError as BackendError
    from fletching_flyte.problems import ExecutionFailedError as ExecutionFailedError
    from fletching_flyte.problems import FlyteAuthenticationException as FlyteAuthenticationException
    from fletching_flyte.problems import FlyteEntityAlreadyExistsException as FlyteEntityAlreadyExistsException
    from fletching_flyte.problems import FlyteEntityNotExistException as FlyteEntityNotExistException
    from fletching_flyte.problems import FlyteInvalidInputException as FlyteInvalidInputException
    from fletching_flyte.problems import FlyteSystemUnavailableException as FlyteSystemUnavailableException
    from fletching_flyte.problems import FlyteTimeout as FlyteTimeout
    from fletching_flyte.remote import FlyteRemote as FlyteRemote

_HOMES = {
    "AuthType": "config",
    "BackendError": "problems",
    "Config": "config",
    "Deployed": "deploying",
    "ExecutionFailedError": "problems",
    "FlyteAuthenticationException": "problems",
    "FlyteBackend": "backend",
    "FlyteEntityAlreadyExistsException": "problems",
    "FlyteEntityNotExistException": "problems",
    "FlyteInvalidInputException": "problems",
    "FlyteLaunchPlan": "fetched",
    "FlyteRemote": "remote",
    "FlyteSystemUnavailableException": "problems",
    "FlyteTask": "fetched",
    "FlyteTimeout": "problems",
    "FlyteWorkflow": "fetched",
    "FlyteWorkflowExecution": "executions",
    "PlatformConfig": "config",
}
"""Name -> module below this package that holds it. Nothing is imported before it is asked for."""

__all__ = [  # noqa: PLE0604 - the names are resolved by __getattr__
    *sorted(_HOMES)
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
