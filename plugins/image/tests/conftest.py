"""A specification with nearly every field."""

from __future__ import annotations

from typing import Any

import pytest

FULL: dict[str, Any] = {
    "name": "Full",
    "python_version": "3.12",
    "builder": "mine",
    "env": {"B": "2", "A": "1"},
    "registry": "GHCR.io/acme",
    "packages": ["pandas==3.0", "polars"],
    "conda_packages": ["gdal"],
    "conda_channels": ["conda-forge"],
    "apt_packages": ["git"],
    "base_image": "debian:12",
    "pip_index": "https://pypi.acme/simple",
    "pip_secret_mounts": [("netrc", "/root/.netrc")],
    "entrypoint": ["sh", "-c"],
    "commands": ["echo 'a'\ndate"],
    "tag_format": "{spec_hash}-dev",
    "runtime_packages": ["six"],
    "builder_options": {"cache": {"to": ["a", "b"]}},
}


@pytest.fixture
def full() -> dict[str, Any]:
    """Return the fields."""
    return dict(FULL)
