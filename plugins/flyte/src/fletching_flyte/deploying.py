"""Deploying: entities of this program, with their code, as one version of a backend's."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from fletching import FastSerializationSettings, ImageConfig
from fletching.errors import ConfigError
from fletching.extend import SerializationSettings, pack_code, serialize
from fletching_flyte.fetching import check_references
from fletching_flyte.naming import content_version
from fletching_flyte.problems import FlyteEntityNotExistException, FlyteInvalidInputException
from fletching_flyte.registration import Registered, register_all, with_place_hint
from fletching_flyte.transfers import upload_file
from fletching_flyte.unbuilt import warn_unbuilt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fletching import Options
    from fletching.extend import CodeBundle, Serialized, SerializedEntity
    from fletching_flyte.client import FlyteClient

__all__ = ["Copy", "Deployed", "deploy", "settings_for"]

Copy = Literal["auto", "all", "none"]
"""Which code is sent beside the image: the modules that are imported, every file, or none."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What `deploy` did, or would have done."""

    version: str
    serialized: Serialized
    bundle: CodeBundle | None
    """The code that was sent beside the image, or None."""
    registered: tuple[Registered, ...]
    """Everything the backend has now; empty after a dry run."""


def deploy(
    client: FlyteClient,
    entities: Iterable[Any],
    settings: SerializationSettings,
    *,
    copy: Copy = "auto",
    destination: str = ".",
    activate: bool = False,
    dry_run: bool = False,
    default_launch_plans: bool = True,
    options: Options | None = None,
    on_done: Callable[[Registered], None] | None = None,
) -> Deployed:
    """Have a backend know entities and all that they call; see `register_all` for what a second time does.

    Args:
        client: the backend.
        entities: tasks, workflows and launch plans.
        settings: where they go and how they run. Without a version they get that of their content: whatever changes
            in the code that is sent, in a signature or in an option makes another version, and nothing else does.
        copy: the code that is sent beside the image: the modules that are imported, every file, or none.
        destination: where a container unpacks it.
        activate: whether launch plans become the active ones of their names; else those that say so themselves.
        dry_run: work everything out, and send nothing.
        default_launch_plans: whether each workflow gets the launch plan by which it is started.
        options: what holds for every launch plan, whatever its own options say.
        on_done: called with each that is registered.

    Raises:
        DriftError: a reference in them has another signature than what is registered.
        ConfigError: something was not said, such as the project.
        BackendError: it could not be registered.
    """
    if copy not in get_args(Copy):
        raise ConfigError(f"copy is {copy!r}, expected one of {', '.join(get_args(Copy))}")
    entities = list(entities)
    if not settings.project or not settings.domain:
        raise ConfigError(
            "a project and a domain are needed; name them here, in the config, or as FLYTE_PROJECT and FLYTE_DOMAIN"
        )

    def written(settings: SerializationSettings) -> Serialized:
        return serialize(entities, settings, default_launch_plans=default_launch_plans, options=options)

    bundle = None
    if copy != "none":
        root = settings.source_root or source_root(entities)
        bundle = pack_code(root, copy=copy)
        settings = replace(settings, fast_serialization_settings=_fast(destination, None))
    try:
        if not settings.version:
            drawn = written(replace(settings, version=""))
            settings = replace(settings, version=content_version(drawn.entities, bundle.digest if bundle else ""))
        if bundle is not None and not dry_run:
            at = _sent(client, bundle.path, settings)
            settings = replace(settings, fast_serialization_settings=_fast(destination, at))
    finally:
        if bundle is not None:
            _forget(bundle)
    serialized = written(settings)
    registered: tuple[Registered, ...] = ()
    if not dry_run:
        check_references(client, serialized.references)

        def wanted(entry: SerializedEntity) -> bool:
            return activate or bool(getattr(entry.entity, "options", {}).get("auto_activate"))

        registered = register_all(client, serialized, activate=wanted, on_done=on_done)
        warn_unbuilt(serialized, registered)
    return Deployed(version=settings.version or "", serialized=serialized, bundle=bundle, registered=registered)


def _sent(client: FlyteClient, archive: str, settings: SerializationSettings) -> str:
    """Upload a bundle and return where it is; the first that hears of a wrong project is who keeps its files."""
    project, domain = settings.project or "", settings.domain or ""
    try:
        return upload_file(client, archive, project=project, domain=domain)
    except (FlyteInvalidInputException, FlyteEntityNotExistException) as error:
        raise with_place_hint(client, project, domain, error) from error


def source_root(entities: Iterable[Any]) -> str:
    """Return the folder that the module names of entities start from.

    Raises:
        ConfigError: it cannot be known, or there are several.
    """
    roots: dict[str, str] = {}
    modules = {entity.instantiated_in: entity for entity in entities}
    for name, entity in modules.items():
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is None or _is_installed(file):
            continue
        folder = os.path.dirname(os.path.abspath(file))
        while os.path.exists(os.path.join(folder, "__init__.py")):
            folder = os.path.dirname(folder)
        roots.setdefault(folder, entity.name)
    if not roots:
        raise ConfigError(
            "what is registered comes from no file of a program, so no code can be sent; give source_root, or "
            "copy='none' if the image has it"
        )
    # One inside another: names start from the outer one only if its folders are packages, so it has to be said.
    if len(roots) > 1:
        told = ", ".join(f"{root!r} ({name!r})" for root, name in roots.items())
        raise ConfigError(f"modules start from several folders: {told}; give source_root, or register them one by one")
    return next(iter(roots))


def _is_installed(file: str) -> bool:
    """Whether a module came with a package, or with Python: the image has it, too."""
    import sysconfig

    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(os.path.realpath(file).startswith(os.path.realpath(place) + os.sep) for place in places)


def _fast(destination: str, at: str | None) -> Any:
    return FastSerializationSettings(enabled=True, destination_dir=destination, distribution_location=at)


def _forget(bundle: CodeBundle) -> None:
    import shutil

    shutil.rmtree(os.path.dirname(bundle.path), ignore_errors=True)


def settings_for(
    given: SerializationSettings | None,
    *,
    project: str | None,
    domain: str | None,
    version: str | None = None,
    image: str | ImageConfig | None = None,
    env: Mapping[str, str] | None = None,
    source_root: str | None = None,
) -> SerializationSettings:
    """Return settings in which what was said stands, over what the given ones say."""
    if given is None:
        given = SerializationSettings(image_config=None)
    changed: dict[str, Any] = {
        "project": given.project or project,
        "domain": given.domain or domain,
        "version": version or given.version,
    }
    if isinstance(image, str):
        changed["image_config"] = ImageConfig.auto(img_name=image)
    elif image is not None:
        changed["image_config"] = image
    elif given.image_config is None:
        changed["image_config"] = ImageConfig.auto_default_image()
    if env:
        changed["env"] = {**(given.env or {}), **env}
    if source_root:
        changed["source_root"] = source_root
    return replace(given, **changed)
