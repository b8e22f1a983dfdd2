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

__all__ = ["entities_of", "importing", "load_source"]


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
        near = close_match(name + ".py", [file for file in os.listdir() if file.endswith(".py")])
        raise click.UsageError(f"there is no module {name!r} and no file of that name{near}") from None


def _load_file(path: str) -> ModuleType:
    if not os.path.isfile(path):
        folder = os.path.dirname(path) or "."
        files = [file for file in os.listdir(folder) if file.endswith(".py")] if os.path.isdir(folder) else []
        raise click.UsageError(f"there is no file {path!r}{close_match(os.path.basename(path), files)}")
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


def entities_of(module: ModuleType) -> dict[str, Executable]:
    """Return a module's tasks, workflows and launch plans by the variable that holds each, in the order it has them."""
    from fletching.executable import Executable

    return {name: value for name, value in vars(module).items() if isinstance(value, Executable)}
