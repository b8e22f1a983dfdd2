"""An image that nobody builds is told when a task that needs it is registered."""

from __future__ import annotations

import warnings

import pytest

from fletching import task
from fletching.errors import ImageWarning
from fletching_flyte import FlyteRemote


class Described:
    """An image as a description of one."""

    def image_name(self) -> str:
        return "ghcr.io/acme/x:1"

    def unbuilt(self) -> str:
        return "image 'ghcr.io/acme/x:1' is to be built"


@task(container_image=Described())
def described() -> int:
    return 1


def test_an_image_that_nobody_builds_is_told_once(remote: FlyteRemote) -> None:
    with pytest.warns(ImageWarning, match="'ghcr.io/acme/x:1' is to be built") as caught:
        remote.register(described, version="v1", image="x:1", copy="none")
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        remote.register(described, version="v1", image="x:1", copy="none")
