"""``python -m fletching`` is ``fletch``."""

from __future__ import annotations

from fletching.cli.main import main

if __name__ == "__main__":
    main()
