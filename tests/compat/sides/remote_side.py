"""flytekit's FlyteRemote, at the server of the tests."""

from __future__ import annotations

import datetime
import os
from typing import Any

from flytekit.configuration import Config, ImageConfig, PlatformConfig, SerializationSettings
from flytekit.remote import FlyteRemote


def remote(endpoint: str) -> FlyteRemote:
    platform = PlatformConfig(endpoint=endpoint, insecure=True)
    return FlyteRemote(Config(platform=platform), default_project="flytesnacks", default_domain="development")


def fetch(endpoint: str, task: str, workflow: str, plan: str) -> dict[str, Any]:
    """Fetch what was registered, and tell what flytekit makes of it."""
    client = remote(endpoint)
    found = client.fetch_task(name=task)
    flow = client.fetch_workflow(name=workflow)
    lp = client.fetch_launch_plan(name=plan)
    return {
        "task": [found.id.name, sorted(found.interface.inputs), sorted(found.interface.outputs)],
        "args": found.template.container.args[:1],
        "workflow": [flow.id.name, sorted(node.id for node in flow.flyte_nodes), sorted(flow.interface.outputs)],
        "plan": [lp.id.name, sorted(lp.interface.inputs), lp.workflow_id.name],
        "versions": [each.id.version for each in client.list_tasks_by_version(found.id.version)][:1],
    }


def execute(endpoint: str, plan: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Execute a launch plan with flytekit, wait for it, and return what it sees."""
    client = remote(endpoint)
    made = client.execute(client.fetch_launch_plan(name=plan), inputs=inputs)
    made = client.wait(made, timeout=datetime.timedelta(seconds=120), poll_interval=datetime.timedelta(seconds=0.2))
    return {
        "name": made.id.name,
        "phase": made.closure.phase,
        "error": made.error.message if made.error else "",
        "outputs": {name: made.outputs.get(name, int) for name in made.outputs.literals} if not made.error else {},
        "nodes": sorted(made.node_executions),
    }


def register(endpoint: str, folder: str, version: str) -> str:
    """Register a task that flytekit made of a file, with flytekit, and return its name."""
    import importlib
    import sys

    sys.path.insert(0, folder)
    os.chdir(folder)
    module = importlib.import_module("of_flytekit")
    settings = SerializationSettings(ImageConfig.auto(img_name="x:1"), "flytesnacks", "development", version)
    return str(remote(endpoint).register_task(module.greet, settings, version).id.name)
