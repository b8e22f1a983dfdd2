"""More of the programs: conditionals, gates and dynamic tasks."""

import datetime
import typing

# Conditionals


@sdk.workflow
def wf_if(a: int) -> int:
    return sdk.conditional("choice").if_(a > 3).then(inc(a=a)).else_().then(add(a=a))


@sdk.workflow
def wf_if_output(a: int) -> int:
    x = inc(a=a)
    return sdk.conditional("choice").if_(x == 3).then(inc(a=x)).else_().then(add(a=a, b=x))


@sdk.workflow
def wf_elif(a: int, b: int) -> int:
    return (
        sdk.conditional("choice")
        .if_((a > 3) & (b < 2))
        .then(inc(a=a))
        .elif_((a >= 3) | (b != 2))
        .then(add(a=a))
        .elif_(a <= b)
        .then(add(a=b, b=a))
        .else_()
        .fail("none of them")
    )


@sdk.workflow
def wf_if_true(a: int) -> int:
    f = flag(a=a)
    return sdk.conditional("choice").if_(f.is_true()).then(inc(a=a)).else_().then(inc(a=1))


@sdk.workflow
def wf_if_false(a: bool) -> int:
    return sdk.conditional("choice").if_(a.is_false()).then(inc(a=2)).else_().then(inc(a=1))


@sdk.workflow
def wf_if_text(a: str, b: float) -> int:
    return sdk.conditional("choice").if_((a == "x") & (b > 1.5)).then(inc(a=2)).else_().then(inc(a=1))


@sdk.workflow
def wf_if_void(a: int) -> None:
    sdk.conditional("choice").if_(a == 1).then(clean(a=a)).else_().then(nothing())


@sdk.workflow
def wf_if_sub(a: int) -> int:
    return sdk.conditional("choice").if_(a == 1).then(wf_chain(a=a)).else_().then(wf_one(a=a))


@sdk.workflow
def wf_if_used(a: int) -> int:
    x = sdk.conditional("choice").if_(a == 1).then(inc(a=a)).else_().then(inc(a=2))
    return inc(a=x)


@sdk.workflow
def wf_if_nested(a: int) -> int:
    return (
        sdk.conditional("outer")
        .if_(a == 1)
        .then(inc(a=a))
        .else_()
        .then(sdk.conditional("inner").if_(a == 2).then(add(a=a)).else_().then(inc(a=5)))
    )


@sdk.workflow
def wf_if_tuple(a: int) -> typing.Tuple[int, str]:
    return sdk.conditional("choice").if_(a == 1).then(two(a=a)).else_().then(two(a=2))


@sdk.workflow
def wf_if_overrides(a: int) -> int:
    return (
        sdk.conditional("choice")
        .if_(a == 1)
        .then(inc(a=a).with_overrides(requests=sdk.Resources(cpu="1")))
        .else_()
        .then(inc(a=2))
    )


@sdk.workflow
def wf_if_none(a: int) -> int:
    x = maybe(a=a)
    return sdk.conditional("choice").if_(x.is_none()).then(inc(a=a)).else_().then(inc(a=2))


@sdk.workflow
def wf_if_attribute(a: int) -> int:
    row = make_row(a=a)
    return sdk.conditional("choice").if_(row.a == 1).then(inc(a=row.a)).else_().then(inc(a=2))


@sdk.workflow
def wf_if_reaches_out(b: int, a: int) -> int:
    x = inc(a=a)
    y = add(a=a)
    z = inc(a=3)
    return (
        sdk.conditional("choice")
        .if_((b > 2) & (x == 1) & (a == 3))
        .then(add(a=y, b=z))
        .else_()
        .then(inc(a=x).with_overrides(node_name="mine"))
    )


@sdk.workflow
def wf_if_constants(a: bool, b: float, c: datetime.datetime, d: datetime.timedelta) -> int:
    return (
        sdk.conditional("choice")
        .if_((a == True) | (b != 3.0))  # noqa: E712 - a promise, not a bool
        .then(inc(a=1))
        .elif_(c < datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC))
        .then(inc(a=2))
        .elif_(d >= datetime.timedelta(hours=1))
        .then(inc(a=3))
        .else_()
        .fail("no")
    )


@sdk.workflow
def wf_if_plan(a: int) -> int:
    return sdk.conditional("choice").if_(a == 1).then(lp_required(a=a)).else_().then(wf_sub(a=a))


@sdk.workflow
def wf_if_twice(a: int) -> int:
    x = sdk.conditional("first").if_(a == 1).then(inc(a=a)).else_().then(inc(a=2))
    return sdk.conditional("second").if_(x == 1).then(inc(a=a)).else_().then(inc(a=x))


@sdk.workflow
def wf_if_dynamic(a: int) -> int:
    return sdk.conditional("choice").if_(a == 1).then(dyn_loop(a=a)).else_().then(inc(a=2))


# Gates


@sdk.workflow
def wf_sleep(a: int) -> int:
    x = inc(a=a)
    s = sdk.sleep(datetime.timedelta(seconds=90))
    y = inc(a=x)
    s >> y
    return y


@sdk.workflow
def wf_input(a: int) -> int:
    x = sdk.wait_for_input("number-wanted", timeout=datetime.timedelta(hours=2), expected_type=int)
    return add(a=x, b=a)


@sdk.workflow
def wf_input_list() -> int:
    return total(
        values=sdk.wait_for_input("numbers", timeout=datetime.timedelta(hours=2), expected_type=typing.List[int])
    )


@sdk.workflow
def wf_approve(a: int) -> int:
    x = sdk.approve(inc(a=a), "fine", timeout=datetime.timedelta(minutes=5))
    return inc(a=x)


@sdk.workflow
def wf_approve_named(a: int) -> str:
    _, y = named(a=a)
    z = sdk.approve(y, "fine", timeout=datetime.timedelta(minutes=5))
    says(a=z)
    return z


# Dynamic


@sdk.dynamic
def dyn_constant(a: int) -> int:
    return a + 1


@sdk.dynamic
def dyn_sub(a: int) -> typing.List[int]:
    return [wf_chain(a=a), inc(a=a), dyn_loop(a=2)]


@sdk.dynamic
def dyn_two(a: int) -> typing.Tuple[int, str]:
    x, y = two(a=a)
    return x, y


@sdk.dynamic
def dyn_nothing(a: int) -> None:
    clean(a=a)


@sdk.dynamic
def dyn_mixed(a: int) -> typing.Tuple[int, typing.List[int], str]:
    return a, [inc(a=a), 4], "text"


@sdk.dynamic
def dyn_branch(a: int) -> int:
    x = inc(a=a)
    return sdk.conditional("choice").if_(x == 1).then(inc(a=a)).else_().then(add(a=x))


@sdk.dynamic
def dyn_plan(a: int) -> int:
    return lp_required(a=a)


@sdk.dynamic
def dyn_constants(a: int) -> typing.Tuple[typing.Optional[int], typing.Dict[str, int], Row]:
    return None, {"k": a}, Row(a, ["x"], {})


@sdk.dynamic(node_dependency_hints=[inc, wf_chain])
def dyn_hinted(a: int) -> int:
    return wf_chain(a=a)


@sdk.workflow
def wf_dynamic(a: int) -> int:
    return dyn_loop(a=a)


DYNAMIC_INPUTS = {
    "dyn_loop": {"a": 1},
    "dyn_constant": {"a": 1},
    "dyn_sub": {"a": 1},
    "dyn_two": {"a": 1},
    "dyn_nothing": {"a": 1},
    "dyn_mixed": {"a": 1},
    "dyn_branch": {"a": 1},
    "dyn_plan": {"a": 1},
    "dyn_constants": {"a": 1},
    "dyn_hinted": {"a": 1},
}
