"""What a backend tells of executions: the newest ones, their pages in the console, and values by URI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching_flyte.naming import where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching_flyte.client import FlyteClient

__all__ = ["console_path", "executions", "values_at"]

PAGES = {"task": "tasks", "workflow": "workflows", "launch plan": "launch_plans"}


def executions(client: FlyteClient, project: str, domain: str, *, limit: int, filters: str = "") -> Iterator[Any]:
    """Tell a backend's messages of executions, the newest first."""
    from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort

    request = ResourceListRequest(
        id=NamedEntityIdentifier(project=project, domain=domain),
        limit=min(limit, 100),
        filters=filters,
        sort_by=Sort(key="created_at", direction=Sort.DESCENDING),
    )
    while limit > 0:
        page = client.admin("ListExecutions", request, doing=f"list executions in {where(project, domain)}")
        yield from page.executions[:limit]
        limit -= len(page.executions)
        if not page.token or not page.executions:
            return
        request.token = page.token


def console_path(entity: Any) -> str:
    """Return where the console shows an execution or an entity."""
    at = entity.id
    place = f"projects/{at.project}/domains/{at.domain}"
    if not hasattr(entity, "node_kind"):
        return f"{place}/executions/{at.name}"
    return f"{place}/{PAGES[entity.node_kind]}/{at.name}/version/{at.version}"


def values_at(client: FlyteClient, uri: str) -> Any:
    """Return what a ``flyte://v1/…`` URI names: the inputs or outputs of a node, or one of them.

    Raises:
        ConfigError: it is no such URI.
        BackendError: there is nothing there.
    """
    from flyteidl.service.dataproxy_pb2 import GetDataRequest

    from fletching_flyte.values import Values, native, types_of

    if not re.fullmatch(r"flyte://v1(/[^/]+){5,7}", uri):
        raise ConfigError(
            f"{uri!r} is none of a backend's URIs, which are flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE/i, or /o, and "
            "one name more for one value"
        )
    found = client.call("DataProxyService", "GetData", GetDataRequest(flyte_url=uri), doing=f"fetch {uri}")
    which = found.WhichOneof("data")
    if which == "literal_map":
        return Values(found.literal_map, lambda: types_of(found.literal_map))
    if which == "literal":
        return native(found.literal)
    return list(found.pre_signed_urls.signed_url)
