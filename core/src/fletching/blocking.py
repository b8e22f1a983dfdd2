"""The switches of the plugin system, and what they say of each installed entry point."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from fletching.installed import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fletching.errors import PluginError
    from fletching.installed import EntryPoint

__all__ = ["Blocked", "PluginInfo", "choose", "flag", "in_range", "judge", "normal"]

CORE = "fletching"


class Blocked:
    """The words of ``FLETCHING_BLOCK``: names, distributions, or ``*`` for all that is not core."""

    __slots__ = ("_distributions", "words")

    def __init__(self, words: str | Iterable[str] | None = None) -> None:
        if words is None:
            words = os.environ.get("FLETCHING_BLOCK", "")
        if isinstance(words, str):
            words = words.split(",")
        self.words = frozenset(word.strip() for word in words) - {""}
        """The words as they were given."""
        self._distributions = {normal(word): word for word in self.words}

    def __bool__(self) -> bool:
        return bool(self.words)

    def names(self, name: str) -> bool:
        """Tell whether the name itself is blocked, whoever would bring it."""
        return name in self.words

    def word(self, entry: EntryPoint) -> str:
        """Return the word that blocks an entry point, or an empty string."""
        if not self.words:
            return ""
        if entry.name in self.words:
            return entry.name
        distribution = normal(entry.distribution.name)
        if distribution in self._distributions:
            return self._distributions[distribution]
        return "*" if "*" in self.words and distribution != CORE else ""


class PluginInfo(NamedTuple):
    """What is known of one installed entry point without importing it."""

    name: str
    kind: str
    distribution: str
    version: str
    value: str
    requires: str
    """Its distribution's range on core."""
    state: str
    """``ok``, ``blocked``, ``duplicate`` or ``incompatible``."""
    reason: str
    """Why it is not ``ok``; empty if it is."""

    @property
    def brings(self) -> str:
        """What it is: ``task type``, ``executor`` …"""
        return KINDS.get(self.kind, self.kind)


def flag(variable: str, value: bool | None) -> bool:
    """Return ``value``, or what the environment variable says if it is None."""
    if value is not None:
        return value
    return os.environ.get(variable, "").strip().lower() not in {"", "0", "false", "no", "off"}


def normal(distribution: str) -> str:
    """Return a distribution's name in its one normal form."""
    return "-".join(filter(None, distribution.lower().replace("_", "-").replace(".", "-").split("-")))


def in_range(version: str, requires: str) -> bool:
    """Tell whether a version is in a range; an unknown one is, and nothing is in a range that cannot be read."""
    if not requires or not version:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(requires).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def judge(candidates: Sequence[EntryPoint], blocked: Blocked, core_version: str) -> list[PluginInfo]:
    """Return the state of each of the entry points that claim one name."""
    if len(candidates) == 1 and not blocked.words and candidates[0].distribution.fits == core_version != "":
        # The usual one, without the questions: a listing asks this for every plugin there is.
        entry = candidates[0]
        name, version, requires = entry.distribution.name, entry.distribution.version, entry.distribution.requires
        return [PluginInfo(entry.name, entry.kind, name, version, entry.value, requires, "ok", "")]
    words = [blocked.word(entry) for entry in candidates] if blocked.words else [""] * len(candidates)
    free = [entry for entry, word in zip(candidates, words, strict=True) if not word]
    found = []
    for entry, word in zip(candidates, words, strict=True):
        source = entry.distribution
        state, reason = "ok", ""
        if word:
            state, reason = "blocked", f"switched off by {word!r}"
        elif len(free) > 1 and entry.kind != "hooks":  # nobody chooses hooks by name: two of one name both count
            others = " and ".join(str(other.distribution) for other in free if other is not entry)
            state, reason = "duplicate", f"also claimed by {others}"
        elif not (source.fits == core_version != "" or in_range(core_version, source.requires)):
            state = "incompatible"
            reason = f"needs fletching {source.requires}, this is fletching {core_version}"
        found.append(
            PluginInfo(entry.name, entry.kind, source.name, source.version, entry.value, source.requires, state, reason)
        )
    return found


def choose(candidates: Sequence[EntryPoint], blocked: Blocked, core_version: str) -> EntryPoint | None:
    """Return the one entry point to use, None if there is none; raise what stands in the way of using it."""
    judged = judge(candidates, blocked, core_version)
    for entry, info in zip(candidates, judged, strict=True):
        if info.state == "ok":
            return entry
    for entry, info in zip(candidates, judged, strict=True):
        if info.state != "blocked":
            raise refusal(entry, info)
    if judged:
        raise refusal(candidates[0], judged[0])
    return None


def refusal(entry: EntryPoint, info: PluginInfo) -> PluginError:
    """Return the error for using an entry point that is not ``ok``."""
    from fletching import errors

    if info.state == "blocked":
        return errors.PluginBlockedError(
            f"{entry.title} of {entry.distribution} is {info.reason} "
            "(FLETCHING_BLOCK, or the manager's block argument); take that word out to use it"
        )
    if info.state == "duplicate":
        return errors.DuplicatePluginError(
            f"{entry.title} of {entry.distribution} is {info.reason}; uninstall one of them, "
            f"or block one: FLETCHING_BLOCK={info.distribution}"
        )
    return errors.PluginIncompatibleError(
        f"{entry.title} of {entry.distribution} {info.reason}; install a release of {info.distribution} made for this "
        "core, or the core it needs"
    )
