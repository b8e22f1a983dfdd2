"""The Flyte backend for Fletching: register, launch, fetch and wait for tasks and workflows on a Flyte cluster."""

from __future__ import annotations
