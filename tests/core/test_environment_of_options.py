"""Environment: options that several tasks share."""

from __future__ import annotations

from typing import Any

import pytest

from fletching import Environment
from fletching.errors import ConfigError, UnknownOptionError
from fletching.function_task import ExecutionBehavior

shared = Environment(retries=3, environment={"A": "1", "B": "2"})


@shared
def bare(x: int) -> int:
    return x


@shared.task(retries=1, environment={"A": "9"})
def special(x: int) -> int:
    return x


@shared.dynamic
def fanned(x: int) -> int:
    return bare(x=x)


def test_its_options_hold_and_what_a_task_says_wins() -> None:
    assert (bare.metadata.retries, dict(bare.environment)) == (3, {"A": "1", "B": "2"})
    assert (special.metadata.retries, dict(special.environment)) == (1, {"A": "9", "B": "2"})
    assert (fanned.metadata.retries, fanned.execution_mode) == (3, ExecutionBehavior.DYNAMIC)
    assert (bare(x=1), special(x=2), fanned(x=3)) == (1, 2, 3)


def test_one_made_of_another_leaves_that_as_it_is(capsys: Any) -> None:
    more = shared.extend(retries=5, environment={"C": "3"})
    assert more.options == {"retries": 5, "environment": {"A": "1", "B": "2", "C": "3"}}
    more.options["environment"]["A"] = "changed"
    more.update(interruptible=True, environment={"D": "4"})
    assert more.options["environment"] == {"A": "1", "B": "2", "C": "3", "D": "4"}
    assert shared.options == {"retries": 3, "environment": {"A": "1", "B": "2"}}
    shared.show()
    assert "'retries': 3" in capsys.readouterr().out
    assert repr(more) == "Environment(retries, environment, interruptible)"


def test_mistakes() -> None:
    with pytest.raises(UnknownOptionError, match="unknown option 'retry'; did you mean 'retries'"):
        Environment(retry=3)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="it takes none itself"):
        shared.extend(_task_function=len)  # type: ignore[call-arg]
    with pytest.raises(UnknownOptionError, match="retry"):
        shared.task(retry=3)  # type: ignore[call-overload]
