"""The program that ``fletch plugins doctor`` starts for one plugin: it loads it, and writes down what happened."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fletching.installed import EntryPoint

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Load the entry point that the arguments describe."""
    from fletching.errors import FletchingError
    from fletching.installed import Distribution, EntryPoint
    from fletching.loading import check, load
    from fletching.plugins import PluginManager

    answer, kind, name, value, distribution, version = arguments
    entry = EntryPoint(kind, name, value, Distribution(distribution, version))
    started = time.perf_counter()
    state, reason = "ok", ""
    try:
        found = load(entry)
        if kind == "hooks":
            PluginManager(discover=False, block=()).register(found, f"{distribution}:{name}")
        else:
            check(kind, name, found, str(entry.distribution))
    except FletchingError as error:
        state, reason = "broken", str(error)
        if is_about_an_absent_library(entry, error.__cause__):
            state, reason = "unused", f"there is no module {name.partition('.')[0]!r} here whose types it would carry"
    except BaseException as error:  # noqa: BLE001 - what a plugin does when its hooks are registered is as free as an import
        state, reason = "broken", f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - started
    draft = f"{answer}.draft"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump({"state": state, "seconds": seconds, "reason": reason}, file)
    os.replace(draft, answer)


def is_about_an_absent_library(entry: EntryPoint, cause: BaseException | None) -> bool:
    """Tell whether a type's plugin failed because the library is absent that the type is of.

    Nobody can write such a type in a signature, so nothing is wrong: a plugin may know more libraries than are there.
    """
    missing = cause.name if isinstance(cause, ModuleNotFoundError) else None
    its_own = entry.value.partition(":")[0].partition(".")[0]
    return entry.kind == "types" and missing == entry.name.partition(".")[0] != its_own


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # a thread that the plugin left behind must not keep this process
