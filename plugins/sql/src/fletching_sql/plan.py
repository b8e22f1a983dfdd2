"""What a task's definition says about its query, checked as a whole before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.errors import ConfigError, ConversionError
from fletching_sql.inputs import sort_inputs
from fletching_sql.query import parse, syntax_of
from fletching_sql.results import result_of
from fletching_sql.tables import rows_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.extend import Interface
    from fletching_sql.config import SQLConfig
    from fletching_sql.inputs import Inputs
    from fletching_sql.query import Query
    from fletching_sql.results import Result

__all__ = ["Plan", "make_plan", "run"]


class Plan(NamedTuple):
    """A query, what goes in and what comes out."""

    query: Query
    inputs: Inputs
    result: Result


def make_plan(text: str, config: SQLConfig, interface: Interface, owner: str) -> Plan:
    """Return the plan of a task; `ConfigError` says what of it cannot be."""
    query = parse(text, syntax_of(config.dialect), owner)
    inputs = sort_inputs(interface.inputs, owner)
    query.check(owner, inputs.bound, inputs.tables)
    if len(interface.outputs) > 1 or interface.returns_tuple:
        raise ConfigError(
            f"{owner}: a query has one output, not {len(interface.outputs)}; declare a dataclass with a field a column"
        )
    output = next(iter(interface.outputs.values()), None)
    return Plan(query, inputs, result_of(output, owner, config.dialect))


def run(
    plan: Plan, config: SQLConfig, values: Mapping[str, Any], owner: str, output: str, seconds: float | None
) -> Any:
    """Run a plan once on a connection of its own, and return the output.

    What the query changed is kept only if its result could be read: an attempt that failed has done nothing.

    Args:
        plan: the checked query.
        config: which database.
        values: the inputs by name.
        owner: the task's name, for errors.
        output: the output's name, for errors.
        seconds: the task's timeout, or None.
    """
    from fletching_sql.engines import connect
    from fletching_sql.engines.base import render

    with connect(config, seconds) as session:
        for name in plan.inputs.tables:
            of = plan.inputs.rows.get(name)
            session.register(name, values[name] if of is None else rows_table(values[name], of))
        try:
            sql, bound = render(session, plan.query, values, plan.inputs.limited.__contains__)
        except ConversionError as error:
            error.task = owner
            raise
        try:
            answer = session.run(plan.query, sql, bound, counts=plan.result.counts)
            value = plan.result.read(answer)
            session.commit()
        except ConversionError as error:
            raise error.within(owner, f"output {output!r}") from None
        except Exception as error:
            error.add_note(f"in the query of {owner} ({session.dialect}): {' '.join(plan.query.named.split())}")
            raise
    return value
