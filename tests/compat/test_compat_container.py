"""What attempts leave for the next one: a checkpoint of ours is read by flytekit, and one of flytekit's by us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fletching.checkpoints import SyncCheckpoint

if TYPE_CHECKING:
    from pathlib import Path

    from flytekits import Flytekit

THEIRS = """
from flytekit.core.checkpointer import SyncCheckpoint
import os, pathlib
for name in ("bytes", "files", "restored"):
    os.makedirs(os.path.join(theirs, name))
SyncCheckpoint(os.path.join(theirs, "bytes")).write(b"from flytekit")
SyncCheckpoint(os.path.join(theirs, "files")).save(pathlib.Path(folder))
read = SyncCheckpoint(os.path.join(theirs, "new"), os.path.join(ours, "bytes"))
restored = os.path.join(theirs, "restored")
SyncCheckpoint(os.path.join(theirs, "new"), os.path.join(ours, "files")).restore(restored)
result = [read.prev_exists(), read.read(), sorted(os.listdir(restored))]
"""


def test_a_checkpoint_outlives_a_change_of_the_sdk(flytekit: Flytekit, tmp_path: Path) -> None:
    ours, theirs, folder = tmp_path / "ours", tmp_path / "theirs", tmp_path / "state"
    (folder / "deep").mkdir(parents=True)
    (folder / "a").write_text("a")
    (folder / "deep" / "b").write_text("b")
    SyncCheckpoint(str(ours / "bytes")).write(b"from fletching")
    SyncCheckpoint(str(ours / "files")).save(folder)
    said = flytekit.run(THEIRS, ours=str(ours), theirs=str(theirs), folder=str(folder))
    assert said == [True, b"from fletching", ["a", "deep"]]
    mine = SyncCheckpoint(str(tmp_path / "next"), str(theirs / "bytes"))
    assert (mine.prev_exists(), mine.read()) == (True, b"from flytekit")
    restored = SyncCheckpoint(str(tmp_path / "next"), str(theirs / "files")).restore()
    assert restored is not None
    assert (restored / "deep" / "b").read_text() == "b"
