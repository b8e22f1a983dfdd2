"""What a name means, step by step, in the order in which the plugin manager asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fletching import official
from fletching.blocking import choose, judge, normal
from fletching.errors import PluginError, close_match
from fletching.installed import KINDS

if TYPE_CHECKING:
    from fletching.plugins import PluginManager

__all__ = ["Explanation", "explain"]


class Explanation(NamedTuple):
    """How one name of one kind is resolved."""

    title: str
    steps: tuple[str, ...]
    answer: str
    usable: bool


def explain(manager: PluginManager, name: str) -> tuple[Explanation, ...]:
    """Return an explanation for each kind that has the name, or brings it, or one that says that none does."""
    snapshot = manager.installed(thorough=True)
    entries = snapshot.entries()
    wanted = {(one.kind, one.name) for one in entries if name in {one.name, one.distribution.name}}
    wanted |= {(one.kind, one.name) for one in entries if normal(one.distribution.name) == normal(name)}
    if not wanted:
        # A type is brought under the longest dotted name that fits, as the type engine looks for it.
        types, root = set(snapshot.names("types")), name
        while root and root not in types:
            root = root.rpartition(".")[0]
        wanted = {("types", root)} if root else set()
    if wanted:
        return tuple(explain_one(manager, kind, one) for kind, one in sorted(wanted))
    return (unknown(manager, name),)


def explain_one(manager: PluginManager, kind: str, name: str) -> Explanation:
    snapshot = manager.installed()
    title = f"{KINDS.get(kind, kind)} {name!r}"
    claims = snapshot.find(kind, name)
    steps = []
    if kind != "hooks":
        steps.append("what a program provided itself (PluginManager.provide) comes first: nothing here")
        steps.append(before(manager))
    for entry, info in zip(claims, judge(claims, manager.blocked, snapshot.core_version), strict=True):
        state = info.state if not info.reason else f"{info.state}: {info.reason}"
        steps.append(f"{entry.distribution} has the entry point {entry.value!r} ({state})")
    try:
        chosen = (
            [choose((one,), manager.blocked, snapshot.core_version) for one in claims]
            if kind == "hooks"
            else [choose(claims, manager.blocked, snapshot.core_version)]
        )
    except PluginError as error:
        return Explanation(title, tuple(steps), f"{type(error).__name__}: {error}", False)
    found = " and ".join(f"{entry.value!r} of {entry.distribution}" for entry in chosen if entry is not None)
    when = "is loaded before the first hook call" if kind == "hooks" else "is imported when the name is first needed"
    return Explanation(title, tuple(steps), f"{found} {when}", True)


def before(manager: PluginManager) -> str:
    """Say which installed hooks could answer before core does; they are not asked, that would import them."""
    found = [one for one in manager.installed().of("hooks") if not manager.blocked.word(one)]
    if not found:
        return "hooks may answer (fletching_provide): none is installed"
    names = ", ".join(str(one.distribution) for one in found)
    return f"hooks may answer (fletching_provide): {names} could, which is not asked here"


def unknown(manager: PluginManager, name: str) -> Explanation:
    steps = [before(manager), "no entry point in any group, and no distribution with one, has this name"]
    lines = [line for line in official.lines() if name in {line.name, line.distribution, line.entry.partition(":")[2]}]
    if lines:
        brings = sorted({line.distribution for line in lines})
        return Explanation(
            repr(name),
            (*steps, f"the official plugin {' or '.join(brings)} brings it, and is not installed"),
            f"pip install {brings[0]}",
            False,
        )
    known = {one.name for one in manager.installed().entries()}
    known.update(entry for kind in KINDS for entry in official.entry_names(kind))
    hint = close_match(name, known)
    return Explanation(repr(name), tuple(steps), f"nothing provides {name!r}{hint}", False)
