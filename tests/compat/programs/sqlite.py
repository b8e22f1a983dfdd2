"""Queries."""

import pandas

from sdk import SQLite3Config, SQLite3Task, kwtypes, workflow

query = SQLite3Task(
    name="sqlite.query",
    query_template="select * from tracks where id = {{.inputs.a}}",
    inputs=kwtypes(a=int),
    output_schema_type=pandas.DataFrame,
    task_config=SQLite3Config(uri="https://example.com/db.zip", compressed=True),
)


@workflow
def flow(a: int) -> pandas.DataFrame:
    return query(a=a)
