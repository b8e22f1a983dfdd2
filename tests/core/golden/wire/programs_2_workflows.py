"""More of the programs: workflows."""

import datetime
import typing

# Function workflows


@sdk.workflow
def wf_one(a: int) -> int:
    return inc(a=a)


@sdk.workflow
def wf_chain(a: int) -> int:
    return inc(a=inc(a=inc(a=a)))


@sdk.workflow
def wf_default(a: int = 3, b: str = "x") -> int:
    return add(a=a)


@sdk.workflow
def wf_constants() -> int:
    return add(a=1, b=5)


@sdk.workflow
def wf_two_outputs(a: int) -> typing.Tuple[int, str]:
    x, y = two(a=a)
    return x, y


@sdk.workflow
def wf_named_outputs(a: int) -> typing.NamedTuple("Out", [("first", int), ("second", str)]):
    x, y = named(a=a)
    return x, y


@sdk.workflow
def wf_nothing() -> None:
    nothing()


@sdk.workflow
def wf_passes_input(a: int) -> typing.Tuple[int, int]:
    return a, inc(a=a)


@sdk.workflow
def wf_fan(a: int) -> int:
    return total(values=[inc(a=a), inc(a=a), 7])


@sdk.workflow
def wf_dict_of_promises(a: int) -> int:
    return summed(values={"x": inc(a=a), "y": 3})


@sdk.workflow
def wf_list_output(a: int) -> typing.List[int]:
    return [inc(a=a), inc(a=a)]


@sdk.workflow
def wf_dict_output(a: int) -> typing.Dict[str, int]:
    return {"x": inc(a=a), "y": inc(a=a)}


@sdk.workflow
def wf_attributes(a: int) -> int:
    row = make_row(a=a)
    return add(a=row.a, b=row.inner["k"])


@sdk.workflow
def wf_items() -> int:
    return add(a=listing()[0], b=mapping()["a"][1])


@sdk.workflow
def wf_attribute_output(a: int) -> typing.List[str]:
    return make_row(a=a).b


@sdk.workflow
def wf_row(row: Row) -> int:
    return take_row(row=row)


@sdk.workflow
def wf_constant_row() -> int:
    return take_row(row=Row(1, ["x"], {"k": 2}))


@sdk.workflow
def wf_optional() -> typing.Optional[int]:
    maybe()
    maybe(a=None)
    return maybe(a=3)


@sdk.workflow
def wf_union(a: int) -> typing.Union[int, str]:
    either(a="x")
    either(a=1)
    return either(a=a)


@sdk.workflow
def wf_constants_of_all_types() -> int:
    return many_types(
        a=1,
        b=2.5,
        c="x",
        d=True,
        e=datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        f=datetime.timedelta(hours=2, seconds=3),
        g=[1, 2],
        h={"x": 1.0, "a": 2.0},
        i=Color.BLUE,
        j=Row(1, ["x"], {"k": 2}),
        k=None,
        l=[1, 2],
        m=[["a"], []],
        n={"z": [1], "y": []},
        o={"any": [1, {"k": None}]},
        p=[Row(1, [], {})],
        q=[1, None],
    )


@sdk.workflow
def wf_order() -> None:
    a = nothing()
    b = nothing()
    a >> b


@sdk.workflow
def wf_order_of_values(a: int) -> int:
    x = inc(a=a)
    y = add(a=a)
    x >> y
    return y


@sdk.workflow
def wf_create_node(a: int) -> int:
    first = sdk.create_node(nothing)
    second = sdk.create_node(inc, a=a)
    first >> second
    return second.o0


@sdk.workflow
def wf_metadata_of_task(a: int) -> int:
    return everything(a=a)


@sdk.workflow
def wf_resources_of_task(a: int) -> int:
    return resourced(a=a)


@sdk.workflow(failure_policy=sdk.WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE, interruptible=True)
def wf_policy(a: int) -> int:
    return inc(a=a)


@sdk.workflow
def wf_documented(a: int, b: int) -> int:
    """Adds.

    A longer text.

    Args:
        a: the first
        b: the second

    Returns:
        the sum
    """
    return add(a=a, b=b)


@sdk.workflow(docs=sdk.Documentation(short_description="mine"))
def wf_given_docs(a: int) -> int:
    return inc(a=a)


@sdk.workflow
def wf_sub(a: int) -> int:
    return wf_chain(a=a)


@sdk.workflow
def wf_sub_twice(a: int) -> int:
    return add(a=wf_chain(a=a), b=wf_chain(a=1))


@sdk.workflow
def wf_sub_deep(a: int) -> int:
    return add(a=wf_sub(a=a), b=wf_one(a=wf_default()))


@sdk.workflow
def wf_sub_policy(a: int) -> int:
    return wf_policy(a=a)


@sdk.workflow
def wf_sub_order() -> None:
    wf_nothing() >> wf_nothing()


@sdk.workflow(on_failure=clean)
def wf_failure(a: int) -> int:
    return inc(a=a)


@sdk.workflow(on_failure=clean_default)
def wf_failure_default(a: int) -> int:
    return inc(a=a)


@sdk.workflow
def wf_clean(a: int) -> None:
    clean(a=a)


@sdk.workflow(on_failure=wf_clean)
def wf_failure_workflow(a: int) -> int:
    return inc(a=a)


@sdk.workflow
def wf_ten(a: int) -> int:
    x = inc(a=a)
    y = add(a=x, b=a)
    z = total(values=[x, y, 3])
    row = make_row(a=z)
    p = take_row(row=row)
    q, s = two(a=p)
    says(a=s)
    t = summed(values={"q": q, "p": p})
    u = add(a=row.a, b=t)
    return add(a=u)
