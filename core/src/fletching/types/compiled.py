"""The call of a task, compiled once for its signature: bind the arguments, carry them in, carry the result out.

A local call should cost about a microsecond, so for each task one small function is generated. It has the
signature of the task's interface, which makes Python itself bind the arguments, and it tests values inline
(`TypeTransformer.inline`) before it calls a transformer.
"""

from __future__ import annotations

import builtins
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.errors import ConversionError, InterfaceError, add_note
from fletching.types.engine import transformer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Set

    from fletching.interface import Interface
    from fletching.types.base import TypeTransformer

__all__ = ["CompiledCall", "compile_call", "input_transformers", "output_transformers"]

OWN = "_fletching_"
"""Prefix of every name in generated code that is not the user's."""


class CompiledCall(NamedTuple):
    """What was generated for one signature."""

    bind: Callable[..., dict[str, Any]]
    """Takes the call's arguments, gives input name -> value as the caller gave it, defaults filled in."""
    carry_inputs: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Gives the values the task sees."""
    carry_outputs: Callable[[Any], Any]
    """Takes what the task returned, gives what the caller sees."""
    call: Callable[..., Any] | None
    """The whole call in one function, for a task with nothing to do around its function."""


def input_transformers(interface: Interface, task: str) -> dict[str, TypeTransformer[Any]]:
    """Return the transformer of every input; an error names ``task`` and the argument."""
    for name in interface.inputs:
        if name.startswith(OWN):
            raise InterfaceError(f"{task}: argument {name!r} has a name of ours; choose one without {OWN!r} in front")
    return {name: _transformer(kind, task, f"argument {name!r}") for name, kind in interface.inputs.items()}


def output_transformers(interface: Interface, task: str) -> dict[str, TypeTransformer[Any]]:
    """Return the transformer of every output; an error names ``task`` and the output."""
    return {name: _transformer(kind, task, f"output {name!r}") for name, kind in interface.outputs.items()}


def _transformer(annotation: Any, task: str, where: str) -> TypeTransformer[Any]:
    try:
        return transformer(annotation)
    except Exception as error:
        error.add_note(f"in {task}: {where}")
        raise


def compile_call(
    interface: Interface,
    task: str,
    *,
    function: Callable[..., Any] | None = None,
    is_async: bool = False,
    namespace: Mapping[str, Any] | None = None,
) -> CompiledCall:
    """Generate the call of a task.

    Args:
        interface: its inputs and outputs.
        task: its short name, for messages.
        function: what to call directly; without it only binding and carrying are generated.
        is_async: whether ``function`` is a coroutine function.
        namespace: what the direct call needs from the layer above: ``gate`` (its ``slow`` sends a call round
            ``slow``), ``execution`` (makes the attempt's record), ``enter``, ``leave`` and ``note``.
    """
    inputs = input_transformers(interface, task)
    outputs = output_transformers(interface, task)
    carriers = {name: _checked(t.carry, task, f"argument {name!r}") for name, t in inputs.items()}
    carry_outputs = _outputs_carrier(interface, task, outputs)

    def carry_inputs(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: carriers[name](value) for name, value in values.items()}

    names: dict[str, Any] = {}
    for name in interface.inputs:
        names[f"{OWN}carry_{name}"] = carriers[name]
        if name in interface.defaults:
            names[f"{OWN}default_{name}"] = interface.defaults[name]
    names[f"{OWN}outputs"] = carry_outputs
    names[f"{OWN}function"] = function
    names[f"{OWN}every"] = BaseException
    for key, value in (namespace or {}).items():
        names[OWN + key] = value
    head = _signature(interface)
    values = ", ".join(f"{name!r}: {name}" for name in interface.inputs)
    bind = _define(task, [f"def {OWN}bind({head}):", f"    return {{{values}}}"], f"{OWN}bind", names)
    call = None
    if function is not None:
        arguments = _arguments(interface, function)
        body = _direct(interface, inputs, outputs, values, arguments, is_async=is_async)
        call = _define(task, [f"def {OWN}call({head}):", *body], f"{OWN}call", names)
    return CompiledCall(bind, carry_inputs, carry_outputs, call)


def _checked(carry: Callable[[Any], Any], task: str, where: str) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        try:
            return carry(value)
        except ConversionError as error:
            raise error.within(task, where)  # noqa: B904 - the same error, told where it happened
        except Exception as error:
            # A property of the value raised, or a generator among its parts; the error is the user's own.
            add_note(error, f"in {task}: {where}")
            raise

    return run


def _outputs_carrier(
    interface: Interface, task: str, outputs: Mapping[str, TypeTransformer[Any]]
) -> Callable[[Any], Any]:
    carriers = [_checked(t.carry, task, f"output {name!r}") for name, t in outputs.items()]
    if not carriers:
        return lambda value: None
    if not interface.returns_tuple:
        return carriers[0]
    make = interface.output_tuple or tuple
    count = len(carriers)

    def run(value: Any) -> Any:
        if count == 1 and not isinstance(value, tuple):
            value = (value,)  # programs written for the Flyte SDK return the one field itself
        if not isinstance(value, (tuple, list)) or len(value) != count:
            from fletching.types.display import preview

            names = ", ".join(outputs)
            raise ConversionError(f"{count} values ({names})", preview(value)).within(task, "output")
        return make(*(carry(item) for carry, item in zip(carriers, value, strict=True)))

    return run


def _signature(interface: Interface) -> str:
    """Return the parameter list; an interface always has one that Python accepts."""
    parts: list[str] = []
    section = ""
    for name in interface.inputs:
        kind = interface.kinds[name]
        if section == "positional_only" and kind != section:
            parts.append("/")
        if kind == "keyword_only" and section != kind:
            parts.append("*")
        section = kind
        parts.append(f"{name}={OWN}default_{name}" if name in interface.defaults else name)
    if section == "positional_only":
        parts.append("/")
    return ", ".join(parts)


def _arguments(interface: Interface, function: Callable[..., Any]) -> str:
    """Return what the function is called with: keywords, as everywhere else, or the same by position.

    A keyword costs a little more, but a decorator may take nothing else; so only a function whose own
    parameters are the inputs, in their order, is called by position.
    """
    code = getattr(function, "__code__", None)
    if code is not None and code.co_varnames[: code.co_argcount] == tuple(interface.inputs):
        return ", ".join(interface.inputs)
    return ", ".join(
        name if interface.kinds[name] == "positional_only" else f"{name}={name}" for name in interface.inputs
    )


def _inline(kind: TypeTransformer[Any], value: str, taken: Set[str]) -> str:
    """Return the test of `TypeTransformer.inline`, or nothing where an input hides a name that it uses."""
    if kind.inline is None:
        return ""
    # Looked up only if an input is called like a builtin, as ``type`` often is.
    if taken and not taken.isdisjoint(compile(kind.inline.format(v=OWN), "", "eval").co_names):
        return ""
    return kind.inline.format(v=value)


def _direct(
    interface: Interface,
    inputs: Mapping[str, TypeTransformer[Any]],
    outputs: Mapping[str, TypeTransformer[Any]],
    values: str,
    arguments: str,
    *,
    is_async: bool,
) -> list[str]:
    lines = [f"    if {OWN}gate.slow:", f"        return {OWN}slow({{{values}}})"]
    taken = vars(builtins).keys() & inputs.keys()
    for name, kind in inputs.items():
        carry = f"{name} = {OWN}carry_{name}({name})"
        test = _inline(kind, name, taken)
        lines += [f"    if not ({test}):", f"        {carry}"] if test else [f"    {carry}"]
    if is_async:
        lines.append(f"    async def {OWN}body():")
        indent, call = "        ", f"await {OWN}function({arguments})"
    else:
        indent, call = "    ", f"{OWN}function({arguments})"
    body = [
        f"{OWN}token = {OWN}enter({OWN}execution({OWN}task))",
        "try:",
        f"    {OWN}result = {call}",
        f"except {OWN}every as {OWN}error:",
        f"    {OWN}note({OWN}error)",
        "    raise",
        "finally:",
        f"    {OWN}leave({OWN}token)",
    ]
    if not outputs:
        body.append("return None")
    else:
        test = _inline(next(iter(outputs.values())), f"{OWN}result", taken)
        if not interface.returns_tuple and test:
            body += [f"if {test}:", f"    return {OWN}result"]
        body.append(f"return {OWN}outputs({OWN}result)")
    lines += [indent + line for line in body]
    if is_async:
        lines.append(f"    return {OWN}body()")
    return lines


def _define(task: str, lines: list[str], name: str, names: Mapping[str, Any]) -> Callable[..., Any]:
    scope = dict(names)
    exec(_code("\n".join(lines)), scope)  # noqa: S102 - only our own text is compiled
    made: Any = scope[name]
    made.__name__ = made.__qualname__ = task
    made.__code__ = _renamed(made.__code__, task)
    return made  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _code(text: str) -> CodeType:
    """Return the code of a text: many tasks of a project have parameters of the same names and types."""
    return compile(text, "<call>", "exec")


def _renamed(code: CodeType, task: str) -> CodeType:
    """Return code that tracebacks, and asyncio's words about a coroutine, call by the name of the task."""
    inner = tuple(_renamed(one, task) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_filename=f"<call of {task}>", co_name=task, co_qualname=task, co_consts=inner)
