"""Finding what a file or module that was named on the command line has to run."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from fletching.errors import close_match

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from fletching.executable import Executable

__all__ = ["entities_of", "importing", "load_source", "nothing_in"]


@contextmanager
def importing(ctx: click.Context, source: str) -> Iterator[None]:
    """Have an error of an import in a ``with`` block told with the user's own frames, and end the command."""
    try:
        yield
    except click.UsageError as error:
        error.ctx = ctx
        raise
    except SystemExit as error:
        click.echo(f"{source} cannot be imported: it calls sys.exit({error.code!r})", err=True)
        ctx.exit(1)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - shown to the user, whatever it is
        from fletching.cli.run_report import show_failure

        show_failure(error, f"{source} cannot be imported")
        ctx.exit(1)


def load_source(name: str) -> ModuleType:
    """Import a file or a module.

    Raises:
        click.UsageError: there is no such file or module. An error inside it comes out unchanged.
    """
    if name.endswith(".py") or os.sep in name:
        return _load_file(name)
    if not all(part.isidentifier() for part in name.split(".")):
        raise click.UsageError(f"{name!r} is neither a file ending in .py nor the name of a module")
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise  # the module is there, and something that it imports is not
        if os.path.isfile(name):
            raise click.UsageError(f"{name!r} is not a Python file, and there is no module of that name") from None
        near = close_match(name + ".py", _python_files(os.curdir))
        raise click.UsageError(f"there is no module {name!r} and no file of that name{near}") from None


def _load_file(path: str) -> ModuleType:
    if os.path.isdir(path):
        raise click.UsageError(_not_a_folder(path))
    if not os.path.isfile(path):
        near = close_match(os.path.basename(path), _python_files(os.path.dirname(path) or os.curdir))
        raise click.UsageError(f"there is no file {path!r}{near}")
    # Named as an import would name it, so that a worker process finds the same module.
    folder, base = os.path.split(os.path.abspath(path))
    name = base.removesuffix(".py")
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        name = f"{package}.{name}"
    sys.path.insert(0, folder)
    if "." in name:
        return importlib.import_module(name.removesuffix(".__init__"))
    if name in sys.modules or name in sys.stdlib_module_names:
        name = f"_file_{name}"  # a file called json.py must not take that module's place
    spec = importlib.util.spec_from_file_location(name, os.path.abspath(path))
    if spec is None or spec.loader is None:
        raise click.UsageError(f"{path!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def nothing_in(source: str, module: ModuleType) -> str:
    """Return what to say of a file or module that has nothing to run."""
    if module.__file__ is None and os.path.isdir(source):  # Python makes a module of any folder
        return _not_a_folder(source)
    return f"{source} has no task and no workflow; @task or @workflow in front of a function makes it one"


def _not_a_folder(path: str) -> str:
    files = _python_files(path)
    example = f", such as {os.path.join(path, files[0])!r}" if files else ""
    return f"{path!r} is a folder; name a Python file of it{example}"


def _python_files(folder: str) -> list[str]:
    return sorted(file for file in os.listdir(folder) if file.endswith(".py")) if os.path.isdir(folder) else []


def entities_of(module: ModuleType) -> dict[str, Executable]:
    """Return a module's tasks, workflows and launch plans by the variable that holds each, in the order it has them."""
    from fletching.executable import Executable

    return {name: value for name, value in vars(module).items() if isinstance(value, Executable)}
