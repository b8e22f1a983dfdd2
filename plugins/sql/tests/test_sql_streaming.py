"""A million rows go to a file in memory that does not grow with them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from fletching import FlyteFile
from fletching_sql import DuckDB, SQLTask

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 1_000_000

MEASURE = """
import resource, shutil, sys
from fletching import FlyteFile
from fletching_sql import DuckDB, SQLAlchemy, SQLite, SQLTask

kind, uri, query, target, rows = sys.argv[1:]
config = {"sqlite": SQLite, "duckdb": DuckDB, "sqlalchemy": SQLAlchemy}[kind](uri=uri)
write = SQLTask("write", query, config, inputs={"rows": int}, outputs=FlyteFile["parquet"])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if sys.platform != "darwin" else 1024)

write(rows=int(rows) // 2)
before = peak()
shutil.copy(write(rows=int(rows)).path, target)
print(peak() - before)
"""
"""Prints by how many KiB the peak grew over that of half as many rows: something held whole would double."""

QUERIES = {
    "sqlite": """with recursive t(i) as (select 1 union all select i + 1 from t where i < :rows)
        select i, 'row number ' || i || replace(hex(zeroblob(200)), '00', '-') as text from t""",
    "duckdb": "select range as i, 'row number ' || range || repeat('-', 200) as text from range(:rows)",
    "sqlalchemy": "select i, 'row number ' || i || repeat('-', 200) as text from generate_series(1, :rows) as i",
}


@pytest.mark.parametrize("kind", QUERIES)
def test_memory_stays_flat(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    uri = request.getfixturevalue("postgres_uri") if kind == "sqlalchemy" else ":memory:"
    target = tmp_path / "rows.parquet"
    arguments = [kind, uri, QUERIES[kind], str(target), str(ROWS)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = pq.read_metadata(target)
    assert written.num_rows == ROWS
    whole = sum(written.row_group(index).total_byte_size for index in range(written.num_row_groups))
    grown = int(done.stdout) * 1024
    assert whole > 200_000_000
    assert grown < 40_000_000, f"{kind}: the peak grew by {grown / 1e6:.0f} MB for {whole / 2e6:.0f} MB more of data"


def test_a_file_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    """Ten million rows of a Parquet file answer a question that needs few of them."""
    write = SQLTask("write", "select range as i from range(10000000)", DuckDB(), outputs=FlyteFile["parquet"])
    ask = SQLTask(
        "ask",
        "select max(i) from numbers where i < 100",
        DuckDB(),
        inputs={"numbers": FlyteFile["parquet"]},
        outputs=int,
    )
    assert ask(numbers=write()) == 99
