"""Fletching's speed and size beside flytekit and flyte: ``make bench``, or ``python -m benchmarks``."""
