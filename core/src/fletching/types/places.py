"""What files and directories have in common: a place that is local or remote, and fetched only when needed."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar, get_args, get_origin

from fletching.errors import ConfigError, PluginContractError
from fletching.types.blobs import (
    is_remote,
    local_path,
    new_blob_path,
    new_local_path,
    raw_output_prefix,
    scheme_of,
    storage_for,
)
from fletching.types.serializable import Serializable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FileExt", "Place", "check_name", "output_place"]


class FileExt:
    """Says the format of a file where checkers want a type: ``Annotated[FlyteFile, FileExt("csv")]``."""

    def __init__(self, extension: str) -> None:
        self.extension = extension.lstrip("~.")
        """The format, without a dot."""

    def __repr__(self) -> str:
        return f"FileExt({self.extension!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileExt) and other.extension == self.extension

    def __hash__(self) -> int:
        return hash(self.extension)


class Place(Serializable, os.PathLike[str]):
    """The place of a file or a directory; a subclass adds what one can do there.

    Equal to another of the same kind, format and place, and to its path as text.
    """

    format: ClassVar[str] = ""
    base: ClassVar[type[Place]]
    """The class without a format."""
    formats: ClassVar[dict[str, type[Place]]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "format" not in cls.__dict__:
            cls.base, cls.formats = cls, {}

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], object] | None,
        remote: str | os.PathLike[str] | bool | None,
        metadata: Mapping[str, str] | None,
    ) -> None:
        name = type(self).base.__name__
        source = path.source if isinstance(path, Place) else path if isinstance(path, str) else os.fspath(path)
        if not isinstance(source, str) or not source or "\0" in source:
            raise ConfigError(f"{name}: the path must be text that names a file or a URI, got {source!r}")
        if remote is True or (remote is not None and not isinstance(remote, str | bool | os.PathLike)):
            raise ConfigError(f"{name}: the remote place must be a path, a URI, False or None, got {remote!r}")
        for key, value in (metadata or {}).items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise ConfigError(f"{name}: metadata maps text to text, got {key!r}: {value!r}")
        self.source: str = source
        """The path or URI this was made from."""
        self.remote: str | bool | None = os.fspath(remote) if isinstance(remote, os.PathLike) else remote
        self.metadata: dict[str, str] | None = dict(metadata) if metadata is not None else None
        """What is written beside the value, or None."""
        self._downloader = downloader
        self._local: str | None = None
        self._asked = False
        self._lock = threading.Lock()

    def __class_getitem__(cls, item: Any) -> type[Self]:
        extension = _extension(item, cls.__name__)
        base: Any = cls.base
        made = base.formats.get(extension) if extension else base
        if made is None:
            name = f"{base.__name__}[{extension!r}]"
            namespace = {"format": extension, "__module__": base.__module__, "__doc__": base.__doc__}
            made = base.formats.setdefault(extension, type(base)(name, (base,), namespace))
        result: type[Self] = made
        return result

    @classmethod
    def extension(cls) -> str:
        """Return the format this class was made for: ``csv`` for ``FlyteFile["csv"]``, else empty."""
        return cls.format

    @classmethod
    def from_source(cls, source: str | os.PathLike[str]) -> Self:
        """Return the object of a path or URI; nothing is fetched."""
        return cls(source)  # type: ignore[call-arg]  # subclasses have defaults for the rest

    @property
    def path(self) -> str:
        """The local path as soon as there is one, until then the URI."""
        return self._local or self.source

    @property
    def remote_source(self) -> str | None:
        """The URI this was made from, or None if it is local."""
        return self.source if is_remote(self.source) else None

    @property
    def downloaded(self) -> bool:
        """Whether somebody asked for the content, so that it is at a local path."""
        return self._local is not None or self._asked

    def download(self) -> str:
        """Return the local path; fetch the content first if it is remote, once for each object."""
        with self._lock:
            if self._local is None:
                if self._downloader is not None:
                    self._downloader()
                    self._local = local_path(self.source)
                elif is_remote(self.source):
                    storage = storage_for(self.source)
                    target = new_local_path(_local_name(self.source))
                    storage.download(self.source, target)
                    if not os.path.exists(target):
                        raise PluginContractError(
                            f"{type(storage).__qualname__}, the storage plugin for {scheme_of(self.source)!r}, fetched "
                            f"{self.source!r} without an error, and left nothing at {target!r}"
                        )
                    self._local = target
                else:
                    self._asked = True
                    return local_path(self.source)
            return self._local

    def again(self, kind: type[Place], source: str) -> Any:
        """Return an object of another class or place that knows what this one has fetched."""
        made: Any = kind(source, None, None, self.metadata)
        if source == self.source and is_remote(source):
            made._local = self._local
        return made

    def __fspath__(self) -> str:
        return self.download()

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return other in (self.source, self._local)
        if isinstance(other, Place):
            return self._identity() == other._identity()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.source)

    def _identity(self) -> tuple[object, ...]:
        return type(self).base, self.format, self.source, self.remote or None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Let a pydantic model have fields of this class."""
        from pydantic_core import core_schema

        from fletching.types.engine import transformer

        kind = transformer(cls)

        def read(value: Any) -> Any:
            if isinstance(value, str | os.PathLike):
                return value if isinstance(value, cls) else cls.from_source(value)
            return kind.from_plain(value)

        write = core_schema.plain_serializer_function_ser_schema(kind.to_plain, when_used="json")
        # With a name of its own the schema of the class stands once in a model's, however many fields have it.
        name = f"{cls.__module__}.{cls.base.__name__}:{id(cls)}"
        return core_schema.no_info_plain_validator_function(read, ref=name, serialization=write)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        from fletching.types.engine import transformer
        from fletching.types.schema import model_schema

        return model_schema(transformer(cls).json_schema())

    def __reduce__(self) -> tuple[Any, ...]:
        # The class of a format has no name to import, and a local copy belongs to this process.
        source = self.download() if self._downloader is not None else self.source
        return _restore, (type(self).base, self.format, source, self.remote, self.metadata)


def _local_name(uri: str) -> str:
    """Return the name of a copy: that in the store, whose end, the format, is kept where it is too long for a file."""
    name = uri.rstrip("/").rpartition("/")[2] or "content"
    return os.fsencode(name)[-200:].decode("utf-8", "ignore")


def _restore(base: type[Place], extension: str, source: str, remote: str | bool | None, metadata: Any) -> Place:
    kind: type[Place] = base.__class_getitem__(extension) if extension else base
    made = kind.__new__(kind)
    Place.__init__(made, source, None, remote, metadata)
    return made


def _extension(item: Any, name: str) -> str:
    """Return the format a subscript names: text, ``FileExt``, an ``Annotated`` with one, or a type variable."""
    if get_origin(item) is Annotated:
        item = next((extra for extra in get_args(item)[1:] if isinstance(extra, FileExt)), None)
    if isinstance(item, FileExt):
        item = item.extension
    elif isinstance(item, TypeVar):
        item = item.__name__
    if not isinstance(item, str):
        raise ConfigError(f"{name}[...] takes a file extension such as 'csv', got {item!r}")
    return item.strip().lstrip("~.")


def check_name(name: str | os.PathLike[str], what: str) -> str:
    """Return a relative path that stays below its folder; raise `ConfigError` for any other."""
    text = os.fspath(name)
    if not text or "\0" in text or os.path.isabs(text) or scheme_of(text) or ".." in text.replace("\\", "/").split("/"):
        raise ConfigError(f"{what} takes a relative name without '..', got {text!r}")
    return text


def output_place(name: str | None, alt: str | None) -> str:
    """Return a new place for an output.

    Args:
        name: its name directly below the raw output prefix; without one a random place is made.
        alt: another prefix, or the name of another bucket on the same storage; of a folder where outputs are local.
    """
    from fletching.types.blobs import join

    if name is not None:
        check_name(name, "a new remote file or directory")
    if alt is None:
        return new_blob_path(name or os.urandom(16).hex())
    prefix = raw_output_prefix.get() or ""
    if not (is_remote(alt) or os.path.isabs(alt)):
        if not is_remote(prefix):
            # Here there are no buckets: a folder called like one lets a task that names it run as well.
            return new_blob_path(join(check_name(alt, "a new remote file or directory"), name or os.urandom(16).hex()))
        scheme, _, rest = prefix.partition("://")
        alt = join(f"{scheme}://{alt}", rest.partition("/")[2]) if "/" in rest else f"{scheme}://{alt}"
    return join(alt, os.urandom(16).hex(), name) if name else join(alt, os.urandom(16).hex())
