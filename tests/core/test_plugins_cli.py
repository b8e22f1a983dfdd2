"""``fletch plugins``: what is listed, what the doctor finds, why a name means what it means."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from distributions import Site
from fletching.cli.plugin_probe import main
from fletching.cli.plugins import command
from fletching.extend import PluginManager, use_manager
from fletching.installed import Installed, read

GOOD = """
    from fletching.extend import PythonFunctionTask

    class Shout(PythonFunctionTask):
        pass
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLETCHING_STRICT", "1")
    monkeypatch.delenv("FLETCHING_BLOCK", raising=False)
    return made


def fletch(site: Site, *args: str, status: int = 0, block: str = "") -> str:
    """Run ``fletch plugins`` where only the site's distributions are installed; return what it prints."""
    mine = [one for one in read(thorough=True).entries() if one.distribution.location.startswith(str(site.folder))]
    with use_manager(PluginManager(installed=Installed(mine, core_version="0.1.0"), block=block)):
        run = CliRunner().invoke(command, args, prog_name="fletch plugins")
    assert run.exit_code == status, run.output
    assert not [name for name in sys.modules if name.startswith("mine_")]
    return run.output


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def test_nothing_installed(site: Site) -> None:
    assert fletch(site) == fletch(site, "list") == fletch(site, "doctor") == "no plugin is installed\n"
    assert json.loads(fletch(site, "--json")) == json.loads(fletch(site, "doctor", "--json")) == []


@pytest.fixture
def zoo(site: Site) -> Site:
    """A plugin of each kind of misbehaviour."""
    site.add("fletching-good", {"tasks": {"good": "mine_good:Shout"}}, modules={"mine_good": GOOD})
    site.add("fletching-gone", {"tasks": {"gone": "mine_gone:Shout"}})
    site.add("fletching-needy", {"tasks": {"needy": "mine_needy:X"}}, modules={"mine_needy": "import no_such_module"})
    site.add(
        "fletching-leaves", {"executors": {"leaves": "mine_leaves:X"}}, modules={"mine_leaves": "raise SystemExit(2)"}
    )
    last_words = "import os, sys\nsys.stderr.write('I am off\\n')\nsys.stderr.flush()\nos._exit(7)"
    site.add("fletching-exits", {"storage": {"exits": "mine_exits:X"}}, modules={"mine_exits": last_words})
    site.add(
        "fletching-dies",
        {"storage": {"dies": "mine_dies:X"}},
        modules={"mine_dies": "import os\nos.kill(os.getpid(), 11)"},
    )
    site.add("fletching-hangs", {"types": {"hangs": "mine_hangs:X"}}, modules={"mine_hangs": "while True: pass"})
    typo = "from fletching.extend import hookimpl\n@hookimpl\ndef fletching_strat(): pass"
    site.add("fletching-typo", {"hooks": {"typo": "mine_typo"}}, modules={"mine_typo": typo})
    site.add("fletching-talks", {"hooks": {"talks": "mine_talks"}}, modules={"mine_talks": "print('noise')\ninput"})
    site.add("fletching-new", {"backends": {"new": "mine_new:X"}}, requires=("fletching>=9",))
    site.add("fletching-one", {"images": {"twice": "mine_one:X"}})
    site.add("fletching-two", {"images": {"twice": "mine_two:X"}}, version="2.0")
    site.add("fletching-off", {"secrets": {"off": "mine_off:X"}})
    site.add("fletching-[red]", {"renderers": {"[red]": "builtins:repr"}})
    return site


def test_the_list_names_everything_and_imports_nothing(zoo: Site) -> None:
    assert [" ".join(row) for row in rows(fletch(zoo, block="off"))[2:]] == [
        "new backend fletching-new 1.0 incompatible needs fletching >=9, this is fletching 0.1.0",
        "leaves executor fletching-leaves 1.0 ok",
        "talks hooks fletching-talks 1.0 ok",
        "typo hooks fletching-typo 1.0 ok",
        "twice image builder fletching-one 1.0 duplicate also claimed by fletching-two 2.0",
        "twice image builder fletching-two 2.0 duplicate also claimed by fletching-one 1.0",
        "[red] renderer fletching-[red] 1.0 ok",
        "off secret source fletching-off 1.0 blocked switched off by 'off'",
        "dies storage scheme fletching-dies 1.0 ok",
        "exits storage scheme fletching-exits 1.0 ok",
        "gone task type fletching-gone 1.0 ok",
        "good task type fletching-good 1.0 ok",
        "needy task type fletching-needy 1.0 ok",
        "hangs type fletching-hangs 1.0 ok",
    ]


def test_the_list_as_json(zoo: Site) -> None:
    found = {(one["name"], one["distribution"]): one for one in json.loads(fletch(zoo, "--json"))}
    assert len(found) == 14
    assert found["good", "fletching-good"] == {
        "name": "good",
        "kind": "tasks",
        "brings": "task type",
        "distribution": "fletching-good",
        "version": "1.0",
        "value": "mine_good:Shout",
        "requires": "",
        "state": "ok",
        "reason": "",
    }


def test_the_doctor_finds_each_misbehaviour(zoo: Site) -> None:
    others = [one["name"] for one in json.loads(fletch(zoo, "--json")) if one["name"] != "hangs"]
    text = fletch(zoo, "doctor", "--json", *others, status=1, block="off")
    found = {(one["name"], one["distribution"]): one for one in json.loads(text)}
    assert {key[0]: (one["state"], one["reason"]) for key, one in found.items() if one["state"] != "ok"} == {
        "gone": (
            "broken",
            (
                "task type 'gone' of fletching-gone 1.0 cannot be used: the plugin itself is missing: there is no "
                "module 'mine_gone'; install fletching-gone again"
            ),
        ),
        "needy": (
            "broken",
            (
                "task type 'needy' of fletching-needy 1.0 cannot be used: its dependency is missing: there is no "
                "module 'no_such_module'; install fletching-needy again together with what it needs"
            ),
        ),
        "leaves": (
            "broken",
            "executor 'leaves' of fletching-leaves 1.0 cannot be used: it called sys.exit(2) while it was imported",
        ),
        "exits": ("exited", "its process ended with status 7 (I am off)"),
        "dies": ("exited", "its process ended with signal SIGSEGV"),
        "typo": (
            "broken",
            (
                "there is no hook 'fletching_strat'; did you mean 'fletching_start'?; the hooks are "
                "fletching_around_execution, fletching_provide, fletching_start, fletching_task_metadata, "
                "fletching_task_template"
            ),
        ),
        "new": ("incompatible", "needs fletching >=9, this is fletching 0.1.0"),
        "twice": ("duplicate", "also claimed by fletching-one 1.0"),
        "off": ("blocked", "switched off by 'off'"),
    }
    good = found["good", "fletching-good"]
    assert (good["state"], good["reason"]) == ("ok", "")
    assert good["seconds"] > 0
    assert found["gone", "fletching-gone"]["seconds"] > 0
    assert found["dies", "fletching-dies"]["seconds"] is None
    assert "noise" not in text


def test_the_doctor_waits_no_longer_than_it_was_told(zoo: Site) -> None:
    (found,) = json.loads(fletch(zoo, "doctor", "hangs", "--json", "--timeout", "0.5", status=1))
    assert (found["state"], found["seconds"], found["reason"]) == ("slow", None, "not imported after 0.5 s")


def test_the_doctor_looks_at_some(zoo: Site) -> None:
    table = rows(fletch(zoo, "doctor", "good", "fletching_talks"))
    assert [(row[0], row[-2]) for row in table[2:]] == [("talks", "ok"), ("good", "ok")]
    text = fletch(zoo, "doctor", "godo", status=2)
    assert "Error: nothing installed is called 'godo'; did you mean 'good'?" in text


def test_the_doctor_is_content_with_what_is_blocked(zoo: Site) -> None:
    assert rows(fletch(zoo, "doctor", "off", block="fletching-off"))[2][5] == "blocked"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not a child")
def test_the_doctor_leaves_no_process_behind(site: Site) -> None:
    source = """
        import os, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(__file__ + ".pid", "w") as file:
            file.write(str(child.pid))
        os._exit(0)
    """
    site.add("fletching-forks", {"types": {"forks": "mine_forks:X"}}, modules={"mine_forks": source})
    (found,) = json.loads(fletch(site, "doctor", "--json", status=1))
    assert (found["state"], found["reason"]) == ("exited", "its process ended with status 0")
    try:
        process = os.pidfd_open(int((site.folder / "mine_forks.py.pid").read_text(encoding="utf-8")))
    except ProcessLookupError:
        return
    try:
        assert select.select([process], [], [], 30)[0]
    finally:
        os.close(process)


WHY: list[tuple[tuple[str, ...], int, str]] = [
    (
        ("good",),
        0,
        """\
task type 'good'
  1. what a program provided itself (PluginManager.provide) comes first: nothing here
  2. hooks may answer (fletching_provide): fletching-talks 1.0, fletching-typo 1.0 could, which is not asked here
  3. fletching-good 1.0 has the entry point 'mine_good:Shout' (ok)
  => 'mine_good:Shout' of fletching-good 1.0 is imported when the name is first needed
""",
    ),
    (
        ("twice",),
        1,
        """\
image builder 'twice'
  1. what a program provided itself (PluginManager.provide) comes first: nothing here
  2. hooks may answer (fletching_provide): fletching-talks 1.0, fletching-typo 1.0 could, which is not asked here
  3. fletching-one 1.0 has the entry point 'mine_one:X' (duplicate: also claimed by fletching-two 2.0)
  4. fletching-two 2.0 has the entry point 'mine_two:X' (duplicate: also claimed by fletching-one 1.0)
  => DuplicatePluginError: image builder 'twice' of fletching-one 1.0 is also claimed by fletching-two 2.0; uninstall \
one of them, or block one: FLETCHING_BLOCK=fletching-one
""",
    ),
    (
        ("hangs.frames.Frame",),
        0,
        """\
type 'hangs'
  1. what a program provided itself (PluginManager.provide) comes first: nothing here
  2. hooks may answer (fletching_provide): fletching-talks 1.0, fletching-typo 1.0 could, which is not asked here
  3. fletching-hangs 1.0 has the entry point 'mine_hangs:X' (ok)
  => 'mine_hangs:X' of fletching-hangs 1.0 is imported when the name is first needed
""",
    ),
    (
        ("Fletching.Typo",),
        0,
        """\
hooks 'typo'
  1. fletching-typo 1.0 has the entry point 'mine_typo' (ok)
  => 'mine_typo' of fletching-typo 1.0 is loaded before the first hook call
""",
    ),
    (
        ("sidecar",),
        1,
        """\
'sidecar'
  1. hooks may answer (fletching_provide): fletching-talks 1.0, fletching-typo 1.0 could, which is not asked here
  2. no entry point in any group, and no distribution with one, has this name
  3. the official plugin fletching-pod brings it, and is not installed
  => pip install fletching-pod
""",
    ),
    (
        ("nedy",),
        1,
        """\
'nedy'
  1. hooks may answer (fletching_provide): fletching-talks 1.0, fletching-typo 1.0 could, which is not asked here
  2. no entry point in any group, and no distribution with one, has this name
  => nothing provides 'nedy'; did you mean 'needy'?
""",
    ),
]


@pytest.mark.parametrize(("args", "status", "text"), WHY)
def test_why(zoo: Site, args: tuple[str, ...], status: int, text: str) -> None:
    assert fletch(zoo, "why", *args, status=status) == text


def test_why_as_json(zoo: Site) -> None:
    found: list[dict[str, Any]] = json.loads(fletch(zoo, "why", "good", "--json", block="*", status=1))
    assert [one["title"] for one in found] == ["task type 'good'"]
    assert found[0]["usable"] is False
    assert found[0]["steps"][1] == "hooks may answer (fletching_provide): none is installed"
    assert found[0]["answer"].startswith(
        "PluginBlockedError: task type 'good' of fletching-good 1.0 is switched off by '*'"
    )


def test_the_installed_command_lists_the_installed_plugins() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from fletching.cli.plugins import command; command()", "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert isinstance(json.loads(run.stdout), list)


@pytest.mark.parametrize(
    ("kind", "value", "state"),
    [
        ("executors", "builtins:int", "ok"),
        ("executors", "math:pi", "broken"),
        ("hooks", "math", "ok"),
        ("hooks", "mine_starts", "broken"),
    ],
)
def test_the_probe_writes_what_happened(site: Site, tmp_path: Path, kind: str, value: str, state: str) -> None:
    source = "from fletching.extend import hookimpl\n@hookimpl\ndef fletching_start(manager): raise SystemExit"
    site.add("fletching-starts", {"hooks": {"x": "mine_starts"}}, modules={"mine_starts": source})
    main([str(tmp_path / "answer"), kind, "x", value, "fletching-x", "1.0"])
    site.forget()
    assert json.loads((tmp_path / "answer").read_text(encoding="utf-8"))["state"] == state
