"""Finding what a backend has: by name and version, the newest version, and what is near if there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import close_match
from fletching_flyte.naming import KINDS, describe, where
from fletching_flyte.problems import BackendError, FlyteEntityNotExistException

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flyteidl.core.identifier_pb2 import Identifier

    from fletching.extend import ReferenceEntity
    from fletching_flyte.client import FlyteClient

__all__ = [
    "check_references",
    "fetch",
    "identifier",
    "known_domains",
    "listed",
    "newest_version",
    "place_hint",
    "projects",
]

GET = {"task": "GetTask", "workflow": "GetWorkflow", "launch_plan": "GetLaunchPlan"}
LIST = {
    "task": ("ListTasks", "tasks"),
    "workflow": ("ListWorkflows", "workflows"),
    "launch_plan": ("ListLaunchPlans", "launch_plans"),
}
NAMES = {"task": "ListTaskIds", "workflow": "ListWorkflowIds", "launch_plan": "ListLaunchPlanIds"}

NAMES_LOOKED_AT = 1000
"""Among how many names a near one is looked for."""


def identifier(kind: str, project: str, domain: str, name: str, version: str) -> Identifier:
    """Return the identifier of an entity."""
    from flyteidl.core.identifier_pb2 import Identifier

    return Identifier(resource_type=KINDS[kind], project=project, domain=domain, name=name, version=version)


def fetch(client: FlyteClient, kind: str, project: str, domain: str, name: str, version: str | None) -> Any:
    """Return a backend's message for an entity; without a version, of the newest one.

    A launch plan without a version is the active one of its name, if there is one.

    Raises:
        FlyteEntityNotExistException: there is none; it says what is near, or that the place does not exist.
    """
    from flyteidl.admin.common_pb2 import ObjectGetRequest

    what = describe(kind, name, version)
    try:
        if version is None and kind == "launch_plan":
            found = _active(client, project, domain, name)
            if found is not None:
                return found
        if version is None:
            version = newest_version(client, kind, project, domain, name)
        request = ObjectGetRequest(id=identifier(kind, project, domain, name, version))
        return client.admin(GET[kind], request, doing=f"fetch {what} in {where(project, domain)}")
    except FlyteEntityNotExistException as error:
        hint = _near(client, kind, project, domain, name, version)
        if hint:
            raise type(error)(f"{error}{hint}") from error
        raise


def check_references(client: FlyteClient, references: Iterable[ReferenceEntity]) -> None:
    """Compare references with what they refer to; what was fetched is what it is.

    Raises:
        DriftError: the signature written here is another one than the registered one; it shows both.
        FlyteEntityNotExistException: there is no such thing.
    """
    from fletching.extend import check_signature
    from fletching_flyte.fetched import registered_interface

    seen = set()
    for each in references:
        at = each.reference
        if hasattr(each, "message") or (at, type(each)) in seen:
            continue
        seen.add((at, type(each)))
        kind = each.node_kind.replace(" ", "_")
        found = fetch(client, kind, at.project, at.domain, at.name, at.version)
        parameters = found.closure.expected_inputs if kind == "launch_plan" else None
        what = describe(kind, at.name, at.version)
        check_signature(each.python_interface, registered_interface(found), what, parameters)


def newest_version(client: FlyteClient, kind: str, project: str, domain: str, name: str) -> str:
    """Return the version that was registered last.

    Raises:
        FlyteEntityNotExistException: there is none.
    """
    for found in listed(client, kind, project, domain, name, limit=1):
        return str(found.id.version)
    raise FlyteEntityNotExistException(
        f"cannot fetch {describe(kind, name)}: {client.platform.endpoint} has no version of it in "
        f"{where(project, domain)}"
    )


def listed(
    client: FlyteClient,
    kind: str,
    project: str,
    domain: str,
    name: str = "",
    *,
    version: str = "",
    limit: int | None = None,
) -> Iterator[Any]:
    """Tell a backend's messages of entities, the newest first."""
    from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort

    method, field = LIST[kind]
    request = ResourceListRequest(
        id=NamedEntityIdentifier(project=project, domain=domain, name=name),
        limit=min(limit or 100, 100),
        filters=f"eq(version,{version})" if version else "",
        sort_by=Sort(key="created_at", direction=Sort.DESCENDING),
    )
    count = 0
    while True:
        page = client.admin(method, request, doing=f"list {kind.replace('_', ' ')}s in {where(project, domain)}")
        for found in getattr(page, field):
            yield found
            count += 1
            if count == limit:
                return
        if not page.token or not getattr(page, field):
            return
        request.token = page.token


def projects(client: FlyteClient) -> dict[str, list[str]]:
    """Return the backend's projects, and the domains of each."""
    from flyteidl.admin.project_pb2 import ProjectListRequest

    found: dict[str, list[str]] = {}
    request = ProjectListRequest(limit=100)
    while True:
        page = client.admin("ListProjects", request, doing="list projects")
        for project in page.projects:
            found[project.id] = [domain.id for domain in project.domains]
        if not page.token or not page.projects:
            return found
        request.token = page.token


def known_domains(client: FlyteClient) -> list[str]:
    """Return the domains that every project has."""
    from flyteidl.admin.project_pb2 import GetDomainRequest

    return [domain.id for domain in client.admin("GetDomains", GetDomainRequest(), doing="list domains").domains]


def place_hint(client: FlyteClient, project: str, domain: str) -> str:
    """Return what is wrong with a project and domain, and which there are; empty if both are fine or nobody says."""
    try:
        known = projects(client)
        if project not in known:
            return (
                f"there is no project {project!r}{close_match(project, known)}; there are: {', '.join(sorted(known))}"
            )
        domains = known[project] or known_domains(client)
    except BackendError:
        return ""
    if domain not in domains:
        return (
            f"project {project!r} has no domain {domain!r}{close_match(domain, domains)}; it has: {', '.join(domains)}"
        )
    return ""


def _active(client: FlyteClient, project: str, domain: str, name: str) -> Any:
    from flyteidl.admin.common_pb2 import NamedEntityIdentifier
    from flyteidl.admin.launch_plan_pb2 import ActiveLaunchPlanRequest

    request = ActiveLaunchPlanRequest(id=NamedEntityIdentifier(project=project, domain=domain, name=name))
    try:
        return client.admin("GetActiveLaunchPlan", request, doing=f"fetch the active launch plan {name!r}")
    except FlyteEntityNotExistException:
        return None


def _near(client: FlyteClient, kind: str, project: str, domain: str, name: str, version: str | None) -> str:
    """Return what may have been meant instead."""
    from flyteidl.admin.common_pb2 import NamedEntityIdentifierListRequest

    hint = place_hint(client, project, domain)
    if hint:
        return f"; {hint}"
    try:
        if version is not None:
            versions = [found.id.version for found in listed(client, kind, project, domain, name, limit=5)]
            if versions:
                return f"; its newest versions are: {', '.join(versions)}"
        request = NamedEntityIdentifierListRequest(project=project, domain=domain, limit=NAMES_LOOKED_AT)
        names = client.admin(NAMES[kind], request, doing=f"list {kind} names").entities
    except BackendError:
        return ""
    known = [each.name for each in names]
    return close_match(name, known) or _same_end(name, known)


def _same_end(name: str, known: list[str]) -> str:
    """Return the names that end as ``name`` does: the module in front is what people leave out."""
    found = [each for each in known if each.rpartition(".")[2] == name.rpartition(".")[2]]
    return f"; did you mean {found[0]!r}?" if found else ""
