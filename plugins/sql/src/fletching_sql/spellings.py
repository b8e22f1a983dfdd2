"""The tasks under the names and parameters that programs written for flytekit use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching_sql.config import DuckDB
from fletching_sql.task import SQLTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching_sql.config import SQLAlchemyConfig, SQLite3Config

__all__ = ["DuckDBQuery", "SQLAlchemyTask", "SQLite3Task"]


class SQLite3Task(SQLTask):
    """`SQLTask` on SQLite; without ``output_schema_type`` the result is a ``pyarrow.Table``."""

    def __init__(
        self,
        name: str,
        query_template: str,
        inputs: Mapping[str, Any] | None = None,
        task_config: SQLite3Config | None = None,
        output_schema_type: Any = None,
        container_image: Any = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("outputs", output_schema_type or arrow_table())
        super().__init__(name, query_template, task_config, inputs=inputs, container_image=container_image, **kwargs)


class SQLAlchemyTask(SQLTask):
    """`SQLTask` through SQLAlchemy; ``output_schema_type=None`` is a statement without a result."""

    def __init__(
        self,
        name: str,
        query_template: str,
        task_config: SQLAlchemyConfig,
        inputs: Mapping[str, Any] | None = None,
        output_schema_type: Any = ...,
        container_image: Any = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("outputs", arrow_table() if output_schema_type is ... else output_schema_type)
        super().__init__(name, query_template, task_config, inputs=inputs, container_image=container_image, **kwargs)


class DuckDBQuery(SQLTask):
    """`SQLTask` on embedded DuckDB, the result a ``pyarrow.Table`` unless ``outputs`` says otherwise."""

    def __init__(self, name: str, query: str, inputs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        if not isinstance(query, str):
            raise ConfigError(f"task {name!r}: query must be one statement; make a task of each")
        outputs = kwargs.pop("outputs", None) or {"result": arrow_table()}
        super().__init__(
            name, query, kwargs.pop("task_config", None) or DuckDB(), inputs=inputs, outputs=outputs, **kwargs
        )


def arrow_table() -> Any:
    import pyarrow as pa

    return pa.Table
