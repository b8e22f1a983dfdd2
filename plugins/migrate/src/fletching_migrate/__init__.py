"""The command fletch migrate: rewrites the imports of programs written for flytekit, and tells what needs a hand."""

from __future__ import annotations
