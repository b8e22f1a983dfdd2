"""A ledger in SQLite: SQLite3Task with inputs, its frame in another task."""

import os
import sqlite3
import tempfile

import pandas as pd
from flytekit import kwtypes, task, workflow
from flytekit.extras.sqlite3.task import SQLite3Config, SQLite3Task

DATABASE = os.path.join(tempfile.mkdtemp(prefix="ledger-"), "ledger.db")
with sqlite3.connect(DATABASE) as connection:
    connection.execute("create table entries (account text, cents integer)")
    connection.executemany(
        "insert into entries values (?, ?)", [("rent", 90000), ("food", 12345), ("rent", 91000), ("fun", 100)]
    )

sums = SQLite3Task(
    name="ledger.sums",
    query_template="""
        select account, sum(cents) as cents from entries
        where cents >= {{ .inputs.least }}
        group by account order by account limit {{ .inputs.limit }}
    """,
    inputs=kwtypes(least=int, limit=int),
    task_config=SQLite3Config(uri=DATABASE),
)


@task
def largest(frame: pd.DataFrame) -> str:
    row = frame.sort_values("cents").iloc[-1]
    return f"{row.account} {row.cents / 100:.2f}"


@task
def rows(frame: pd.DataFrame) -> str:
    return "; ".join(f"{row.account}={row.cents}" for row in frame.itertuples())


@workflow
def as_text(least: int) -> str:
    return rows(frame=sums(least=least, limit=5))


@workflow
def audit(least: int, limit: int = 10) -> str:
    return largest(frame=sums(least=least, limit=limit))


if __name__ == "__main__":
    print(audit(least=0))
    print(audit(least=0, limit=1))
    print(as_text(least=10_000))
