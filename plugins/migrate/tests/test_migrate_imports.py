"""What becomes of each form of an import, and of the names it binds."""

from __future__ import annotations

import ast
import textwrap

import pytest

from fletching_migrate import migrate_text


def made(text: str) -> str:
    return migrate_text(textwrap.dedent(text)).text


def advice(text: str) -> dict[str, int]:
    """Return what has to be done by hand: names and lines."""
    return {one.name: one.line for one in migrate_text(textwrap.dedent(text)).findings}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from flytekit import task\n", "from fletching import task\n"),
        ("from flytekit.core.task import task as t\n", "from fletching import task as t\n"),
        ("from flytekit import task  as  t # x\n", "from fletching import task  as  t # x\n"),
        ("from   flytekit   import   task ,workflow\n", "from   fletching   import   task ,workflow\n"),
        ("from flytekit.types.file import FlyteFile as F\n", "from fletching import FlyteFile as F\n"),
        (
            "from flytekit.exceptions.user import FlyteRecoverableException\n",
            "from fletching import RecoverableError as FlyteRecoverableException\n",
        ),
        (
            "from flytekit.exceptions.user import FlyteRecoverableException as R\n",
            "from fletching import RecoverableError as R\n",
        ),
        ("import flytekit\n", "import fletching\n"),
        ("import flytekit as fl\nfl.task\n", "import fletching as fl\nfl.task\n"),
        ("import os, flytekit as fl, sys\nfl.task\n", "import os, fletching as fl, sys\nfl.task\n"),
        ("import flytekit.core.task\nflytekit.core.task.task\n", "import fletching\nfletching.task\n"),
        (
            "import flytekit.types.file as files\nx: files.FlyteFile['csv']\n",
            "import fletching as files\nx: files.FlyteFile['csv']\n",
        ),
        (
            "import flytekit\n@flytekit.task(retries=1)\ndef f(): ...\n",
            "import fletching\n@fletching.task(retries=1)\ndef f(): ...\n",
        ),
        (
            "import flytekit\nflytekit.exceptions.user.FlyteDisapprovalException\n",
            "import fletching, fletching.errors\nfletching.errors.DisapprovedError\n",
        ),
        (
            "from flytekit.core import context_manager as cm\ncm.FlyteContextManager.push_context\n",
            "import fletching as cm\ncm.FlyteContextManager.push_context\n",
        ),
        (
            "import flytekit as fl\nx: 'fl.types.file.FlyteFile | None' = None\n",
            "import fletching as fl\nx: 'fl.FlyteFile | None' = None\n",
        ),
        ("if True: from flytekit import task\n", "if True: from fletching import task\n"),
        (
            "def f():\n\tfrom flytekit import task; return task\n",
            "def f():\n\tfrom fletching import task; return task\n",
        ),
        ("from flytekit import \\\n    task\n", "from fletching import \\\n    task\n"),
        ("import flytekit\nprint(flytekit.__version__)\n", "import fletching\nprint(fletching.__version__)\n"),
        ("from flytekitplugins.sqlalchemy import SQLAlchemyTask\n", "from fletching import SQLAlchemyTask\n"),
        (
            "import flytekit as fl\nx: fl.types.file.CSVFile\n",
            'import fletching as fl\nx: fl.FlyteFile["csv"]\n',
        ),
        (
            "from flytekit.types.file import CSVFile, PDFFile as P  # kept\n",
            'from fletching import FlyteFile\nCSVFile = FlyteFile["csv"]\nP = FlyteFile["pdf"]  # kept\n',
        ),
        (
            "from flytekit.types.file import CSVFile, FlyteFile  # kept\n",
            'from fletching import FlyteFile  # kept\nCSVFile = FlyteFile["csv"]\n',
        ),
        (
            "if 1: from flytekit.types.file import CSVFile, FlyteFile",
            'if 1: from fletching import FlyteFile; CSVFile = FlyteFile["csv"]',
        ),
        ("from flytekit import *\n@task\ndef f(): ...\n", "from fletching import task\n@task\ndef f(): ...\n"),
    ],
)
def test_every_form_is_rewritten(before: str, after: str) -> None:
    done = migrate_text(before)
    assert done.text == after
    assert not done.findings


@pytest.mark.parametrize(
    "text",
    [
        "from .flytekit import task\n",
        "import flytekit_tools, notflytekit\n",
        "from flytekitplus import task\n",
        "def flytekit(): ...\nflytekit.task\n",
        "x.flytekit.task\n",
        '"""Written for flytekit.task and flytekit.core.task."""\n',
        "# from flytekit import task\n",
        "",
    ],
)
def test_what_is_not_flytekit_stays(text: str) -> None:
    done = migrate_text(text)
    assert (done.text, done.findings) == (text, ())


def test_a_type_with_brackets_comes_after_the_import() -> None:
    before = """
        def f():
          from flytekit.types.file import FlyteFile as F, CSVFile"""
    after = """
        def f():
          from fletching import FlyteFile
          from fletching import FlyteFile as F
          CSVFile = FlyteFile["csv"]"""
    assert made(before) == textwrap.dedent(after)


def test_names_from_several_modules_are_parted_and_keep_their_comments() -> None:
    before = """
        from flytekit import (
            task,  # makes a task
            Deck_,  # nobody knows
            workflow,
            FlyteContextManager,
            DictTransformer,  # finds types
        )
    """
    assert made(before) == textwrap.dedent("""
        # nobody knows
        # finds types
        from flytekit import Deck_, DictTransformer
        from fletching import (
            task,  # makes a task
            workflow,
            FlyteContextManager,
        )
    """)
    assert set(advice(before)) == {"flytekit.Deck_", "flytekit.DictTransformer"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from flytekit import task, logger\n", "from flytekit import logger\nfrom fletching import task\n"),
        ("from flytekit import logger, task\n", "from flytekit import logger\nfrom fletching import task\n"),
        ("from flytekit import (task, logger)\n", "from flytekit import logger\nfrom fletching import (task)\n"),
        ("from flytekit import (task, logger,)\n", "from flytekit import logger\nfrom fletching import (task)\n"),
        (
            "from flytekit import logger, task, DictTransformer, workflow, Literal\n",
            "from flytekit import logger, DictTransformer, Literal\nfrom fletching import task, workflow\n",
        ),
        (
            "if x: from flytekit import logger, task, dynamic\n",
            "if x: from flytekit import logger; from fletching import task, dynamic\n",
        ),
        (
            "    a = 1; from flytekit import logger, task, dynamic\n",
            "    a = 1; from flytekit import logger; from fletching import task, dynamic\n",
        ),
    ],
)
def test_what_has_no_equal_stays_where_it_is(before: str, after: str) -> None:
    begin = "if 1:\n" if before.startswith(" ") else ""
    done = migrate_text(begin + before)
    if "DictTransformer" in before:
        # The larger part keeps the statement.
        assert "from fletching import task, workflow" in done.text
        assert "import logger" in done.text
    else:
        assert done.text == begin + after
    assert "flytekit.logger" in {one.name for one in done.findings}


def test_uses_without_equal_keep_flytekit_beside() -> None:
    before = "import flytekit as fl\n\nfl.task\nfl.logger.info('x')\n"
    assert made(before) == "import fletching, flytekit as fl\n\nfletching.task\nfl.logger.info('x')\n"
    assert advice(before) == {"flytekit.logger": 4}


def test_a_module_that_flytekit_does_not_have_is_told() -> None:
    before = "import flytekit.core.of_mine as mine\nmine.FlyteRecoverableException\n"
    assert made(before) == before
    assert advice(before) == {"flytekit.core.of_mine": 1}


def test_nothing_changes_where_nothing_has_an_equal() -> None:
    before = "import flytekit\nflytekit.logger.info('x')\n"
    assert made(before) == before


def test_a_module_as_a_value_is_told() -> None:
    before = "import flytekit\nnames = dir(flytekit)\nflytekit.task\n"
    assert made(before) == "import fletching, flytekit\nnames = dir(flytekit)\nfletching.task\n"
    assert advice(before) == {"flytekit": 2}


def test_a_function_of_a_plugin_is_no_module() -> None:
    before = """\
        from flytekitplugins.wandb import wandb_init
        import flytekitplugins.deck.renderer as renderer

        @wandb_init
        @wandb_init
        def f(): ...
        renderer.Box(), renderer.Box()
    """
    assert made(textwrap.dedent(before)) == textwrap.dedent(before)
    done = migrate_text(textwrap.dedent(before))
    assert [(one.line, one.name) for one in done.findings] == [
        (1, "flytekitplugins.wandb.wandb_init"),
        (7, "flytekitplugins.deck.renderer.Box"),
    ]
    assert "no plugin here has this" in done.findings[0].advice
    assert "fletching-deck" in done.findings[1].advice


def test_a_fallback_keeps_the_name() -> None:
    before = """
        try:
            import flytekit
        except ImportError:
            flytekit = None
        if flytekit is not None:
            flytekit.core.task.task
    """
    after = before.replace("import flytekit", "import fletching as flytekit").replace(".core.task.task", ".task")
    assert made(before) == textwrap.dedent(after)
    assert not advice(before)


def test_the_second_import_of_a_block_goes() -> None:
    before = """
        import flytekit
        import flytekit.types.file
        import flytekit.types.directory  # kept
        flytekit.types.file.FlyteFile
    """
    after = """
        import fletching
        import fletching  # kept
        fletching.FlyteFile
    """
    assert made(before) == textwrap.dedent(after)


def test_scopes_are_told_apart() -> None:
    before = """
        import flytekit
        def f(flytekit):
            return flytekit.types.file.FlyteFile
        def g():
            import flytekit.core.task as flytekit
            return flytekit.task, flytekit.TaskPlugins
        flytekit.types.file.FlyteFile
    """
    after = """
        import fletching
        def f(flytekit):
            return flytekit.types.file.FlyteFile
        def g():
            import fletching
            return fletching.task, fletching.TaskPlugins
        fletching.FlyteFile
    """
    done = made(before)
    assert done.splitlines()[2:4] == textwrap.dedent(after).splitlines()[2:4]
    assert done.splitlines()[-1] == "fletching.FlyteFile"
    ast.parse(done)


def test_a_star_brings_what_is_used_and_bound_nowhere() -> None:
    before = (
        "from flytekit import *\nlogger.info('x')\n@task\ndef f() -> FlyteFile: ...\ndef workflow(): ...\nworkflow()\n"
    )
    done = migrate_text(before)
    assert done.text.startswith("from flytekit import *\nfrom fletching import FlyteFile, task\n")
    assert {one.name for one in done.findings} == {"flytekit.logger"}


def test_a_star_for_others_is_told() -> None:
    before = "from flytekit.types.file import *\n"
    assert made(before) == before
    assert advice(before) == {"flytekit.types.file.*": 1}


def test_strings_are_told_and_stay() -> None:
    before = """\
        mock.patch('flytekit.core.context_manager.FlyteContextManager')
        for r in ['flytekit>=1.2', f'flytekit.core.{x}', 'flytekitplugins-pod[a]']: ...
        images = ['ghcr.io/flyteorg/flytekit:py3.11-1.16.0', 'docs/flytekit', 'ghcr.io/flyteorg/flytekit-fork:1']
    """
    done = migrate_text(textwrap.dedent(before))
    assert done.text == textwrap.dedent(before)
    assert [(one.line, one.name) for one in done.findings] == [
        (1, "flytekit.core.context_manager.FlyteContextManager"),
        (2, "flytekit.core"),
        (2, "flytekit>=1.2"),
        (2, "flytekitplugins-pod[a]"),
        (3, "ghcr.io/flyteorg/flytekit:py3.11-1.16.0"),
    ]
    assert "fletching.FlyteContextManager" in done.findings[0].advice


def test_calls_of_sync_tasks_in_eager_ones_are_told() -> None:
    before = """\
        import flytekit as fl
        from flytekit import eager as eagerly, task

        @task(retries=1)
        def plain(x: int) -> int: ...

        @fl.task
        async def waits(x: int) -> int: ...

        def helper(x: int) -> int: ...

        @eagerly
        async def main(x: int) -> int:
            y = plain(x=await plain(x=x))
            if plain(x=y) > helper(x=1):
                return await waits(x=plain(x=3))
            return await waits(x=y)

        @fl.workflow
        def flow(x: int) -> int:
            return plain(x=x)
    """
    done = migrate_text(textwrap.dedent(before))
    assert [(one.line, one.name) for one in done.findings] == [(14, "plain"), (15, "plain"), (16, "plain")]


def test_promises_in_texts_are_told() -> None:
    before = """\
        from flytekit import task, workflow

        @task
        def plain(x: int) -> int:
            return int(f"{x}")

        @workflow
        def flow(x: int, *, y: int) -> int:
            a, b = plain(x=x), len("b")
            c = plain(x=x)
            y = len("y")
            print(f"{a} {b} {c:>3} {c} {c!r} {c!s} {y}")
            return plain(x=f"{x}")
    """
    done = migrate_text(textwrap.dedent(before))
    assert [(one.line, one.name) for one in done.findings] == [(12, "c"), (13, "x")]


@pytest.mark.parametrize(
    "text",
    [
        "import flytekit\nprint 'x'\n",
        "from flytekit import (\n",
        "import flytekit\n\0\n",
        "flytekit = ((" + "(" * 3000,
        "flytekit = x" + " and x" * 9000,
    ],
)
def test_what_is_no_program_is_told_and_stays(text: str) -> None:
    done = migrate_text(text)
    assert done.text == text
    assert [one.name for one in done.findings] == ["this file"]


@pytest.mark.parametrize(
    "text",
    [
        "import flytekit\r\nflytekit.task\r\n",
        "import flytekit\rflytekit.task\r",
        "\fimport flytekit\n\f\nflytekit.task",
    ],
)
def test_line_ends_and_form_feeds_stay(text: str) -> None:
    assert migrate_text(text).text == text.replace("flytekit", "fletching")
