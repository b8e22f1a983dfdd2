"""The index never says anything else than importlib-metadata, whatever happens to an environment."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from distributions import entry_points_text, metadata_text
from sites import STANDARD, index_files, judge, read, tick, told

GROUPS = {
    "fletching.tasks": ["echo", "sidecar", "a name with spaces"],
    "fletching.hooks": ["audit"],
    "fletching.types": ["pandas", "torch.Tensor"],
    "console_scripts": ["fletch-x"],
}


@st.composite
def groups(draw: st.DrawFn) -> str:
    """An entry_points.txt, sometimes empty, sometimes of others only."""
    chosen = draw(st.lists(st.sampled_from(sorted(GROUPS)), unique=True))
    text = {}
    for group in chosen:
        names = draw(st.lists(st.sampled_from(GROUPS[group]), min_size=1, unique=True))
        text[group] = {name: f"mod{draw(st.integers(0, 3))}:Thing" for name in names}
    return entry_points_text(text)


class Environment(RuleBasedStateMachine):
    """Two folders on ``sys.path``, changed as installers, build tools, editors and accidents change them."""

    infos: Bundle[Path] = Bundle("infos")

    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="fletching-index-"))
        self.sites = [self.root / "a", self.root / "b"]
        for folder in (*self.sites, self.root / "home"):
            folder.mkdir()
        self.before = sys.path[:], os.environ.get("FLETCHING_HOME")
        sys.path[:] = [*map(str, self.sites), *STANDARD]
        os.environ["FLETCHING_HOME"] = str(self.root / "home")
        self.unseen: set[str] = set()
        """Which of the two orders of ``sys.path`` have not looked thoroughly since an edit by hand."""
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "before"):
            sys.path[:] = self.before[0]
            os.environ.pop("FLETCHING_HOME", None)
            if self.before[1] is not None:
                os.environ["FLETCHING_HOME"] = self.before[1]
            shutil.rmtree(self.root)

    def edited(self, info: Path) -> None:
        if info.suffix == ".dist-info":
            self.unseen = {"a", "b"}

    def made(self, info: Path, version: str, text: str, *, egg: bool = False) -> Path:
        info.mkdir()
        name = info.name.partition("-")[0]
        (info / ("PKG-INFO" if egg else "METADATA")).write_text(
            metadata_text(name, version, ("fletching>=0.1,<0.2",)), encoding="utf-8"
        )
        if text:
            (info / "entry_points.txt").write_text(text, encoding="utf-8")
        return info

    @rule(target=infos, where=st.integers(0, 1), name=st.sampled_from("pqr"), text=groups(), egg=st.booleans())
    def install(self, where: int, name: str, text: str, egg: bool) -> Path:
        tick(self.root)
        self.number += 1
        version = f"1.{self.number}"
        ending = "egg-info" if egg else "dist-info"
        return self.made(self.sites[where] / f"{name}-{version}.{ending}", version, text, egg=egg)

    @rule(info=consumes(infos))
    def uninstall(self, info: Path) -> None:
        tick(self.root)
        shutil.rmtree(info)

    @rule(info=infos, text=groups())
    def reinstall(self, info: Path, text: str) -> None:
        """Replace the folder by one of the same name, as an installer does."""
        tick(self.root)
        shutil.rmtree(info)
        self.made(info, info.name.rpartition(".")[0].partition("-")[2], text, egg=info.suffix == ".egg-info")

    @rule(target=infos, info=consumes(infos), text=groups())
    def upgrade(self, info: Path, text: str) -> Path:
        tick(self.root)
        self.number += 1
        version = f"2.{self.number}"
        shutil.rmtree(info)
        return self.made(
            info.with_name(f"{info.name.partition('-')[0]}-{version}{info.suffix}"), version, text,
            egg=info.suffix == ".egg-info",
        )  # fmt: skip

    @rule(target=infos, info=consumes(infos))
    def rename(self, info: Path) -> Path:
        tick(self.root)
        self.number += 1
        return info.rename(info.with_name(f"{info.name.partition('-')[0]}-3.{self.number}{info.suffix}"))

    @rule(info=infos, text=groups())
    def edit_in_place(self, info: Path, text: str) -> None:
        tick(self.root)
        (info / "entry_points.txt").write_text(text, encoding="utf-8")
        self.edited(info)

    @rule(info=infos, text=groups())
    def edit_and_turn_the_clock_back(self, info: Path, text: str) -> None:
        tick(self.root)
        file = info / "entry_points.txt"
        old = file.stat() if file.exists() else info.stat()
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
        self.edited(info)

    @rule(info=infos, text=groups())
    def replace_file(self, info: Path, text: str) -> None:
        tick(self.root)
        draft = info / "draft"
        draft.write_text(text, encoding="utf-8")
        draft.replace(info / "entry_points.txt")
        self.edited(info)

    @rule(info=infos, number=st.integers(0, 99))
    def edit_version_in_place(self, info: Path, number: int) -> None:
        tick(self.root)
        file = info / ("PKG-INFO" if info.suffix == ".egg-info" else "METADATA")
        file.write_text(metadata_text(info.name.partition("-")[0], f"9.{number}"), encoding="utf-8")
        self.edited(info)

    @rule(info=infos)
    def lose_entry_points(self, info: Path) -> None:
        tick(self.root)
        (info / "entry_points.txt").unlink(missing_ok=True)
        self.edited(info)

    @rule(where=st.integers(0, 1))
    def save_a_script(self, where: int) -> None:
        tick(self.root)
        self.number += 1
        (self.sites[where] / f"script{self.number}.py").write_text("", encoding="utf-8")

    @rule(where=st.integers(0, 1))
    def restore_from_a_copy(self, where: int) -> None:
        """Put a copy with the old times in place, as unpacking an archive does."""
        tick(self.root)
        copy = self.root / "copy"
        shutil.copytree(self.sites[where], copy)
        shutil.rmtree(self.sites[where])
        copy.rename(self.sites[where])

    @rule()
    def reorder_path(self) -> None:
        sys.path[:2] = sys.path[1::-1]

    @rule(which=st.integers(0, 99), place=st.floats(0, 1, exclude_max=True), flip=st.integers(0, 255))
    def damage_index(self, which: int, place: float, flip: int) -> None:
        """Flip some bits of a file, or cut it off there."""
        files = index_files(self.root / "home")
        if files:
            file = files[which % len(files)]
            content = bytearray(file.read_bytes())
            at = int(place * len(content))
            if flip and content:
                content[at] ^= flip
            else:
                del content[at:]
            file.write_bytes(content)

    @invariant()
    def agrees_with_the_judge(self) -> None:
        if not hasattr(self, "root"):
            return
        expected = judge()
        first = Path(sys.path[0]).name
        if first not in self.unseen:
            assert told(read()) == expected
        assert told(read(thorough=True)) == expected
        self.unseen.discard(first)
        assert told(read()) == expected


Environment.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEnvironment = Environment.TestCase
