"""The program that ``fletch plugins doctor`` starts for one plugin: it loads it, and writes down what happened."""

from __future__ import annotations

import json
import os
import sys
import time

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
    except BaseException as error:  # noqa: BLE001 - what a plugin does when its hooks are registered is as free as an import
        state, reason = "broken", f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - started
    draft = f"{answer}.draft"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump({"state": state, "seconds": seconds, "reason": reason}, file)
    os.replace(draft, answer)


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # a thread that the plugin left behind must not keep this process
