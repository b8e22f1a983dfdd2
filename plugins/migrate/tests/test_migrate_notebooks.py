"""Notebooks: the code in their cells is rewritten, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fletching_migrate.notebook import migrate_notebook


def notebook(*sources: Any, **dumping: Any) -> str:
    cells = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": source}
        for source in sources
    ]
    cells.insert(0, {"cell_type": "markdown", "metadata": {}, "source": ["import flytekit, see *flytekit* — é\n"]})
    document = {"cells": cells, "metadata": {"kernelspec": {"name": "x"}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, **{"indent": 1, "ensure_ascii": False, **dumping}) + "\n"


@pytest.mark.parametrize("dumping", [{}, {"indent": 2}, {"indent": None}, {"ensure_ascii": True}])
def test_only_cells_change(dumping: dict[str, Any]) -> None:
    before = notebook(
        ["from flytekit import task\n", "@task\n", "def f(): ..."], "import flytekit as fl\nfl.task", **dumping
    )
    after = before.replace("from flytekit", "from fletching").replace("import flytekit as", "import fletching as")
    done = migrate_notebook(before)
    assert (done.text, done.findings) == (after, ())


def test_lines_for_ipython_stay() -> None:
    source = "!pip install flytekit\n%load_ext x\nimport flytekit\nif 1:\n    %time flytekit.task\n    y = 1\n"
    done = migrate_notebook(notebook(source))
    cell = json.loads(done.text)["cells"][1]["source"]
    assert cell == source.replace("import flytekit\n", "import fletching\n")
    assert [(one.name, one.line) for one in done.findings] == [
        (
            "flytekit",
            done.text.splitlines().index(next(line for line in done.text.splitlines() if "pip install" in line)) + 1,
        )
    ]


def test_a_cell_of_the_shell_is_told() -> None:
    done = migrate_notebook(notebook("%%bash\npyflyte run a.py b\n"))
    assert [one.name for one in done.findings] == ["pyflyte run"]


def test_findings_have_the_line_of_the_file() -> None:
    before = notebook(["x = 1\n"], ["from flytekit import task\n", "from flytekit import logger\n"])
    (found,) = migrate_notebook(before).findings
    assert "import logger" in before.splitlines()[found.line - 1]


@pytest.mark.parametrize(
    "text", ["flytekit", '{"cells": 3, "a": "flytekit"}', '["flytekit"]', '{"cells": [{"x": "flytekit"}]}']
)
def test_what_is_no_notebook_stays(text: str) -> None:
    done = migrate_notebook(text)
    assert done.text == text
    assert done.findings[0].name == "this file"


def test_a_way_to_write_that_cannot_be_kept_is_told() -> None:
    before = notebook("import flytekit\n").replace('"nbformat": 4', '"nbformat":   4')
    done = migrate_notebook(before)
    assert done.text == before
    assert "cannot be kept" in done.findings[0].advice
