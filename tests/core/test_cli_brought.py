"""Commands that plugins bring: what the list says of them without importing one, and what holds for each that runs."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import pytest

from fletching.cli.main import main
from fletching.extend import PluginManager, use_manager
from fletching.installed import Installed, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributions import Site

TOOLS = '''
    """Commands."""

    import click

    LIMIT = 3


    def helper():
        return 1


    @click.command(
        # what it takes
        name="twice",
        context_settings={"max_content_width": 80},
    )
    @click.argument("number", type=int)

    @click.option("--loud", is_flag=True, help="Print it louder.")
    def twice(
        number: int,
        loud: bool = False,
    ) -> None:
        """Double a NUMBER,
        and print it. More of it is said here.

        And here.
        """
        import warnings

        from fletching.errors import FletchingWarning

        warnings.warn("doubled", FletchingWarning)
        click.echo(2 * number)


    @click.group(help="Do one of many things.")
    @click.option("--x", help="No help of the group.")
    def many():
        """For readers of the code."""


    @click.command(help=f"Take {LIMIT}.")
    def computed():
        """Take a few."""


    @click.command()
    def bare():
        pass

    made = click.Command("made", help="Nobody sees this in the source.")
    raise SystemExit("imported")
'''
COMMANDS = {name: f"mine_tools.commands:{name}" for name in ("twice", "many", "computed", "bare", "made")}


@pytest.fixture(autouse=True)
def plugins(site: Site) -> Iterator[None]:
    runs = TOOLS.replace('    raise SystemExit("imported")\n', "")
    site.add(
        "mine-tools",
        {"commands": COMMANDS},
        modules={"mine_tools.__init__": "raise SystemExit", "mine_tools.commands": TOOLS},
    )
    site.add(
        "mine-other",
        {"commands": {"again": "mine_other:twice", "lost": "mine_nowhere:lost"}},
        modules={"mine_other": runs},
    )
    mine = [one for one in read(thorough=True).entries() if one.distribution.location.startswith(str(site.folder))]
    with use_manager(PluginManager(installed=Installed(mine, core_version="0.1.0"))):
        yield


def test_the_list_says_what_each_does_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.split("Commands of mine-other:\n")[1].splitlines()
    assert lines == [
        "  again  Double a NUMBER, and print it.",
        "  lost",
        "",
        "Commands of mine-tools:",
        "  bare",
        "  computed  Take a few.",
        "  made",
        "  many      Do one of many things.",
        "  twice     Double a NUMBER, and print it.",
    ]
    assert not [name for name in sys.modules if name.startswith("mine_")]


def test_our_warnings_are_one_line_in_each(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        with pytest.raises(SystemExit) as ended:
            main(["again", "4"])
    assert ended.value.code == 0
    assert capsys.readouterr() == ("8\n", "warning: doubled\n")
