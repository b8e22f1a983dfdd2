"""When outputs of an earlier call may be used again: the cache settings of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, runtime_checkable

from fletching.errors import ConfigError
from fletching.frozen import check_flag, check_names, check_text, refuse, set_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fletching.pods import PodTemplate

__all__ = ["Cache", "CachePolicy", "FunctionPolicy", "VersionParameters"]

P = ParamSpec("P")
FuncOut = TypeVar("FuncOut")


@dataclass(frozen=True)
class VersionParameters(Generic[P, FuncOut]):
    """What a cache policy may look at."""

    func: Callable[P, FuncOut]
    """The user's function, as it was before ``@task``."""
    container_image: Any = None
    """The image as given to the task: a string, an image specification or None."""
    pod_template: PodTemplate | None = None
    pod_template_name: str | None = None

    def __post_init__(self) -> None:
        if not callable(self.func):
            refuse(self, "func", self.func, "a function")
        check_text(self, "pod_template_name", optional=True)


@runtime_checkable
class CachePolicy(Protocol):
    """Derives a version from the task; equal versions mean that old outputs are still good."""

    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        """Return the version of the task that ``params`` describes."""


@dataclass(frozen=True)
class FunctionPolicy:
    """The policy of ``cache=True``: the version follows what the function does.

    It changes with the bytecode of the function, of the functions and classes nested in it, and of what it calls in
    its own module, transitively; with defaults, closure values and immutable module constants it reads; with the names
    it takes from elsewhere; with image, pod template and salt. It does not change with comments, formatting,
    docstrings, line numbers, names of locals, the annotations of the function itself, the process or its hash seed.

    It cannot see mutable module globals, other modules' code, or files. Another minor version of Python compiles to
    other bytecode and so gives another version. What stands below the task in its file counts by its source, since it
    does not exist yet when a decorator asks; so the version is that of the moment, the same in every process that
    imports the module.
    """

    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        """Return 64 hexadecimal digits for the task that ``params`` describes."""
        from fletching.fingerprint import digest, function_fingerprint

        image = params.container_image
        name = getattr(image, "image_name", None)
        template = params.pod_template
        return digest(
            salt,
            function_fingerprint(params.func),
            name() if callable(name) else image,
            None if template is None else template.version_hash(),
            params.pod_template_name,
        )


@dataclass(frozen=True)
class Cache:
    """Cache the outputs of a task.

    ``Cache()`` and ``cache=True`` take the version from the function itself, see `FunctionPolicy`.
    """

    version: str | None = None
    """A fixed version: outputs stay good until it changes. Salt and policies then have no say."""
    serialize: bool = False
    """Let equal calls that run at the same time wait for the first one."""
    ignored_inputs: tuple[str, ...] | str = ()
    """Inputs that do not count when two calls are compared. Stored as a tuple."""
    salt: str = ""
    """Anything that should change the version of every policy."""
    policies: Iterable[CachePolicy] | CachePolicy | None = None
    """What derives the version; one policy, or several that are combined in order. Stored as a tuple."""

    def __post_init__(self) -> None:
        check_text(self, "version", optional=True, empty=False)
        check_flag(self, "serialize")
        check_names(self, "ignored_inputs")
        check_text(self, "salt")
        given: Any = self.policies
        if given is None:
            policies: tuple[Any, ...] = ()
        else:
            policies = tuple(given) if isinstance(given, (list, tuple)) else (given,)
        for policy in policies:
            if not isinstance(policy, CachePolicy) or isinstance(policy, type):
                refuse(self, "policies", policy, "an object with get_version(salt, params), or a list of them")
        set_field(self, "policies", policies)

    def get_ignored_inputs(self) -> tuple[str, ...]:
        """Return the ignored inputs as a tuple."""
        return (self.ignored_inputs,) if isinstance(self.ignored_inputs, str) else self.ignored_inputs

    def get_version(self, params: VersionParameters[..., Any]) -> str:
        """Return the fixed version, or the digest of what the policies say about ``params``."""
        if self.version is not None:
            return self.version
        import hashlib

        policies: tuple[CachePolicy, ...] = self.policies or (FunctionPolicy(),)  # type: ignore[assignment]  # a tuple since __post_init__
        versions = ""
        for policy in policies:
            name = type(policy).__name__
            task = getattr(params.func, "__name__", repr(params.func))
            try:
                version = policy.get_version(self.salt, params)
            except Exception as error:
                raise ConfigError(
                    f"cache policy {name} found no version for {task!r}: {type(error).__name__}: {error};"
                    " give one with Cache(version=...)"
                ) from error
            if not isinstance(version, str):
                raise ConfigError(f"cache policy {name} gave {version!r} as version of {task!r}, expected a str")
            versions += version
        return hashlib.sha256(versions.encode()).hexdigest()
