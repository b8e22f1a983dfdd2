"""When outputs of an earlier call may be used again: the cache settings of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, runtime_checkable

from fletching.errors import ConfigError
from fletching.frozen import check_flag, check_names, check_text, refuse, set_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fletching.pods import PodTemplate

__all__ = ["Cache", "CachePolicy", "EnvironmentPolicy", "FunctionPolicy", "ImagePolicy", "VersionParameters"]

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
        from fletching.images import image_key

        template = params.pod_template
        return digest(
            salt,
            function_fingerprint(params.func),
            image_key(params.container_image),
            None if template is None else template.version_hash(),
            params.pod_template_name,
        )


@dataclass(frozen=True)
class ImagePolicy:
    """The version follows the container image of the task: its name with the tag, or what an image specification says.

    A tag that is moved to another image, such as ``latest``, is not seen.
    """

    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        """Return 64 hexadecimal digits for the image of the task that ``params`` describes."""
        from fletching.fingerprint import digest
        from fletching.images import image_key

        return digest(salt, "image", image_key(params.container_image))


@dataclass(frozen=True)
class EnvironmentPolicy:
    """The version follows environment variables, as they are when the task is defined.

    A variable that is not set counts as another value than an empty one. Only a digest of the values goes into the
    version, so a secret among them is not shown by it.
    """

    names: tuple[str, ...] | str
    """The variables that count: one name, or several. Stored as a tuple."""

    def __post_init__(self) -> None:
        given: Any = self.names
        names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, (tuple, list)) else ()
        if not names or not all(isinstance(name, str) and name and not set(name) & set("=\0") for name in names):
            refuse(self, "names", given, "the name of an environment variable, or a tuple of them")
        set_field(self, "names", names)

    def get_version(self, salt: str, params: VersionParameters[..., Any]) -> str:
        """Return 64 hexadecimal digits for the present values of the variables."""
        import os

        from fletching.fingerprint import digest

        return digest(salt, "environment", {name: os.environ.get(name) for name in self.names})


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
