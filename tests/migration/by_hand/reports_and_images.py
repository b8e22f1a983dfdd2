"""Decks, image specs, shells and strings: what other plugins bring, or what has no equal."""

from unittest import mock

import flytekit
from flytekit import Artifact, Deck, ImageSpec, task
from flytekit.extras.tasks.shell import OutputLocation, ShellTask
from flytekitplugins.kfpytorch import Elastic
from flytekitplugins.papermill import NotebookTask

image = ImageSpec(packages=["flytekitplugins-pod", "pandas"])


@task(container_image=image, enable_deck=True)
def page(title: str) -> str:
    Deck("report", f"<h1>{title}</h1>")
    flytekit.current_context().default_deck.append(title)
    return title


with mock.patch("flytekit.core.context_manager.FlyteContextManager"):
    pass
