"""Resources and quantities."""

import copy
import json
import pickle
from fractions import Fraction
from typing import Any

import hypothesis
import pytest
from flyteidl.core import tasks_pb2
from hypothesis import given
from hypothesis import strategies as st

from fletching.accelerators import A100, T4, V5E
from fletching.errors import ConfigError, ResourceError, UnknownOptionError
from fletching.quantities import parse_quantity, quantity_problem
from fletching.resources import (
    Resources,
    ResourceSpec,
    check_shared_memory,
    construct_extended_resources,
    convert_resources_to_resource_model,
    pod_spec_from_resources,
)


def test_values_are_kept_as_given() -> None:
    resources = Resources(cpu=0.5, mem="2Gi", gpu=1, ephemeral_storage=("1Gi", "2Gi"))
    assert resources == Resources(cpu=0.5, mem="2Gi", gpu=1, ephemeral_storage=["1Gi", "2Gi"])
    assert resources.ephemeral_storage == ("1Gi", "2Gi")
    assert repr(Resources(cpu=1)) == "Resources(cpu=1, mem=None, gpu=None, ephemeral_storage=None)"
    assert hash(resources) == hash(copy.deepcopy(resources))
    assert Resources("1", "2Gi").mem == "2Gi"


MEM = "a number of bytes, with a suffix k M G T P E Ki Mi Gi Ti Pi Ei if it is large ('500Mi', '2Gi')"
CPU = "a number of cores or thousandths of one ('2', '0.5', '500m')"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"mem": "2Gb"}, "mem is '2Gb', not a quantity that Kubernetes knows; did you mean '2Gi'?"),
        ({"mem": "512 MB"}, "mem is '512 MB', not a quantity that Kubernetes knows; did you mean '512Mi'?"),
        ({"mem": "2gi"}, "mem is '2gi', not a quantity that Kubernetes knows; did you mean '2Gi'?"),
        ({"mem": "2K"}, "mem is '2K', not a quantity that Kubernetes knows; did you mean '2Ki'?"),
        ({"mem": "2 bytes"}, "mem is '2 bytes', not a quantity that Kubernetes knows; did you mean '2'?"),
        ({"mem": "100m"}, "mem is '100m', a fraction of a byte; did you mean '100Mi'?"),
        ({"mem": "banana"}, f"mem is 'banana', not a quantity that Kubernetes knows, expected {MEM}"),
        ({"mem": ""}, f"mem is '', not a quantity that Kubernetes knows, expected {MEM}"),
        ({"mem": "1.5"}, f"mem is '1.5', not a whole number of bytes, expected {MEM}"),
        ({"mem": -1}, f"mem is -1, less than nothing, expected {MEM}"),
        ({"mem": 1.5}, "mem is 1.5, expected a str or int, or a pair of them"),
        ({"mem": True}, "mem is True, expected a str or int, or a pair of them"),
        ({"mem": b"1"}, "mem is b'1', expected a str or int, or a pair of them"),
        ({"cpu": True}, "cpu is True, expected a str, int or float, or a pair of them"),
        ({"cpu": "2 cores"}, "cpu is '2 cores', not a quantity that Kubernetes knows; did you mean '2'?"),
        (
            {"cpu": "500millicores"},
            "cpu is '500millicores', not a quantity that Kubernetes knows; did you mean '500m'?",
        ),
        ({"cpu": "1,5"}, "cpu is '1,5', not a quantity that Kubernetes knows; did you mean '1.5'?"),
        ({"cpu": "500M"}, "cpu is '500M', a size, not a number of cores; did you mean '500m'?"),
        ({"cpu": "2Gi"}, f"cpu is '2Gi', a size, not a number of cores, expected {CPU}"),
        ({"cpu": float("nan")}, f"cpu is nan, not a quantity that Kubernetes knows, expected {CPU}"),
        ({"gpu": "0.5"}, "gpu is '0.5', not a whole number of devices, expected a whole number of devices ('1')"),
        ({"gpu": "1k"}, "gpu is '1k', not a plain number of devices; did you mean '1'?"),
        (
            {"ephemeral_storage": "1GB"},
            "ephemeral_storage is '1GB', not a quantity that Kubernetes knows; did you mean '1Gi'?",
        ),
        ({"cpu": (1, "x")}, f"cpu is 'x', not a quantity that Kubernetes knows, expected {CPU}"),
        ({"cpu": ("1", "2", "3")}, "cpu is ('1', '2', '3'), expected one value or a pair of request and limit"),
        ({"cpu": ["1"]}, "cpu is ['1'], expected one value or a pair of request and limit"),
        ({"cpu": (2, "500m")}, "cpu requests 2, more than its limit '500m'"),
        ({"cpu": {"1": 2}}, "cpu is {'1': 2}, expected a str, int or float, or a pair of them"),
    ],
)
def test_every_quantity_is_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ResourceError) as caught:
        Resources(**options)
    assert str(caught.value) == f"Resources: {text}"


@pytest.mark.parametrize("kind", [ValueError, AssertionError, TypeError, ConfigError])
def test_a_resource_error_is_what_callers_expect(kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Resources(mem="2Gb")


@pytest.mark.parametrize("mem", ["0.1Gi", "1.5Gi", "1e3", "128974848", "129e6", "129M", "123Mi", "2.", ".5Gi", "+1Gi"])
def test_what_kubernetes_takes_is_taken(mem: str) -> None:
    assert Resources(mem=mem).mem == mem


# --- dicts and JSON ---


def test_dicts_and_json() -> None:
    resources = Resources(cpu=("1", 2), mem=5)
    assert resources.to_dict() == {"cpu": ["1", 2], "mem": 5, "gpu": None, "ephemeral_storage": None}
    # Written by flytekit 1.16.31 for the same resources.
    assert resources.to_json() == '{"cpu": ["1", 2], "mem": 5, "gpu": null, "ephemeral_storage": null}'
    assert Resources.from_json('{"cpu": "4", "mem": "2Gi", "gpu": "1", "ephemeral_storage": "10Gi"}') == Resources(
        "4", "2Gi", "1", "10Gi"
    )
    assert Resources.from_json(b"x", decoder=lambda data: {"cpu": 1}) == Resources(cpu=1)
    assert resources.to_json(encoder=lambda data: sorted(data)) == ["cpu", "ephemeral_storage", "gpu", "mem"]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(UnknownOptionError) as caught:
        Resources.from_dict({"memm": "1"})
    assert str(caught.value) == (
        "Resources has no field 'memm'; did you mean 'mem'?; known: cpu, mem, gpu, ephemeral_storage"
    )


# --- specs ---


def test_one_value_is_request_and_limit() -> None:
    spec = ResourceSpec.from_multiple_resource(Resources(cpu=("1", "2"), mem=1024))
    assert spec == ResourceSpec(Resources(cpu="1", mem=1024), Resources(cpu="2", mem=1024))
    assert ResourceSpec.from_dict(spec.to_dict()) == spec
    assert ResourceSpec(None, Resources(cpu=1)).requests == Resources()  # type: ignore[arg-type]


def test_requests_and_limits_take_single_values() -> None:
    text = "requests: cpu is ('1', '2'), expected one value; a pair of both goes into resources="
    with pytest.raises(ValueError) as caught:
        ResourceSpec(Resources(cpu=("1", "2")), Resources())
    assert str(caught.value) == text
    with pytest.raises(ValueError) as caught:
        convert_resources_to_resource_model(Resources(cpu=("1", "2")))
    assert str(caught.value) == text
    with pytest.raises(ResourceError, match=r"^limits is '1', expected a Resources$"):
        ResourceSpec(Resources(), "1")  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=r"^limits is '1', expected a Resources or None$"):
        convert_resources_to_resource_model(limits="1")  # type: ignore[arg-type]


def test_a_request_stays_below_its_limit() -> None:
    with pytest.raises(ResourceError, match=r"^Resources: mem requests '2Gi', more than its limit '2G'$"):
        ResourceSpec(Resources(mem="2Gi"), Resources(mem="2G"))


# --- wire ---


def test_the_container_form_is_flytekits() -> None:
    # Written by flytekit 1.16.31 for the same resources.
    golden = "0a0508011201310a07080312033247690a0508021201330a070805120334476912050801120132"
    message = convert_resources_to_resource_model(Resources("1", "2Gi", "3", "4Gi"), Resources(cpu="2"))
    assert sorted(entry.value for entry in message.requests) == ["1", "2Gi", "3", "4Gi"]
    theirs = tasks_pb2.Resources.FromString(bytes.fromhex(golden))
    key = lambda entry: entry.name  # noqa: E731
    assert sorted(message.requests, key=key) == sorted(theirs.requests, key=key)
    assert message.limits == theirs.limits
    names = tasks_pb2.Resources
    assert [entry.name for entry in message.requests] == [names.EPHEMERAL_STORAGE, names.CPU, names.GPU, names.MEMORY]


def test_numbers_become_text_and_zero_is_left_out() -> None:
    message = convert_resources_to_resource_model(Resources(cpu=0.5, mem=1024, gpu=0), None)
    assert {entry.name: entry.value for entry in message.requests} == {1: "0.5", 3: "1024"}


@pytest.mark.parametrize(
    ("accelerator", "shared_memory", "golden"),
    [
        (T4, None, "0a110a0f6e76696469612d7465736c612d7434"),
        (
            A100,
            True,
            "0a130a116e76696469612d7465736c612d61313030121f0a082f6465762f73686d1213666c7974652d7368617265642d6d656d6f7279",
        ),
        (
            A100.unpartitioned,
            "2Gi",
            (
                "0a150a116e76696469612d7465736c612d61313030100112240a082f6465762f73686d1213666c7974652d7368617265642d6d656d6f72"
                "791a03324769"
            ),
        ),
        (A100.partition_1g_5gb, False, "0a1b0a116e76696469612d7465736c612d613130301a0631672e356762"),
        (V5E.slice_2x4, None, "0a1b0a147470752d76352d6c6974652d706f64736c6963651a03327834"),
    ],
)
def test_the_extended_form_is_flytekits(accelerator: Any, shared_memory: Any, golden: str) -> None:
    message = construct_extended_resources(accelerator=accelerator, shared_memory=shared_memory)
    assert message is not None
    # Written by flytekit 1.16.31; mount name and path come in another order there, which no reader sees.
    assert message == tasks_pb2.ExtendedResources.FromString(bytes.fromhex(golden))


def test_nothing_extended_is_nothing() -> None:
    assert construct_extended_resources() is None
    assert construct_extended_resources(shared_memory=False) is None


def test_shared_memory_is_checked() -> None:
    assert check_shared_memory("2Gi") == "2Gi"
    with pytest.raises(ResourceError, match=r"^shared_memory is 2, expected True or a size like '2Gi'$"):
        check_shared_memory(2)  # type: ignore[arg-type]
    with pytest.raises(ResourceError, match=r"^shared_memory is '2GB', not a quantity .* did you mean '2Gi'\?$"):
        construct_extended_resources(shared_memory="2GB")


def test_a_pod_spec_gets_both_sides_and_the_vendors_key() -> None:
    assert pod_spec_from_resources("main", Resources(cpu=1, gpu="2", mem="1Gi")) == {
        "containers": [
            {
                "name": "main",
                "resources": {
                    "requests": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "2"},
                    "limits": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "2"},
                },
            }
        ]
    }
    limits = Resources(gpu=1, ephemeral_storage="1Gi")
    spec = pod_spec_from_resources("main", limits=limits, k8s_gpu_resource_key="amd.com/gpu")
    assert spec["containers"][0]["resources"]["requests"] == {"amd.com/gpu": "1", "ephemeral-storage": "1Gi"}


# --- laws ---

suffixes = st.sampled_from(["", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
sizes = st.builds("{}{}".format, st.integers(0, 10**6), suffixes)
cores = st.one_of(
    st.integers(0, 1000),
    st.floats(0, 1000, allow_nan=False),
    st.builds("{}m".format, st.integers(0, 10**6)),
    st.builds("{}".format, st.decimals(0, 100, places=3)),
)


def pairs(values: st.SearchStrategy[Any], key: Any) -> st.SearchStrategy[Any]:
    return st.none() | values | st.lists(values, min_size=2, max_size=2).map(lambda two: tuple(sorted(two, key=key)))


def size(value: Any) -> Fraction:
    return parse_quantity(str(value))


resources = st.builds(
    Resources,
    pairs(cores, size),
    pairs(sizes | st.integers(0, 10**12), size),
    pairs(st.integers(0, 16), size),
    pairs(sizes, size),
)


@hypothesis.settings(deadline=None)
@given(resources)
def test_law_resources_survive_every_form(value: Resources) -> None:
    assert Resources.from_json(value.to_json()) == value
    assert Resources.from_dict(json.loads(json.dumps(value.to_dict()))) == value
    assert pickle.loads(pickle.dumps(value)) == value
    spec = ResourceSpec.from_multiple_resource(value)
    assert ResourceSpec.from_dict(spec.to_dict()) == spec
    message = convert_resources_to_resource_model(spec.requests, spec.limits)
    written = {entry.name: entry.value for entry in message.requests}
    for field, name in (("cpu", 1), ("gpu", 2), ("mem", 3), ("ephemeral_storage", 5)):
        request = getattr(spec.requests, field)
        assert written.get(name) == (str(request) if request else None)


@hypothesis.settings(deadline=None)
@given(st.integers(0, 10**9), suffixes, st.integers(0, 10**9), suffixes)
def test_law_quantities_compare_like_their_values(a: int, x: str, b: int, y: str) -> None:
    units = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
    units |= {f"{letter}i": 1 << (10 * power) for power, letter in enumerate("KMGTPE", 1)}
    assert parse_quantity(f"{a}{x}") == a * units[x]
    assert (parse_quantity(f"{a}{x}") > parse_quantity(f"{b}{y}")) == (a * units[x] > b * units[y])


@hypothesis.settings(deadline=None)
@given(
    st.text(max_size=8) | st.from_regex(r"[+-]?[0-9.]{0,4}[a-zA-Z]{0,3}", fullmatch=True),
    st.sampled_from(["cpu", "mem", "gpu"]),
)
def test_law_a_problem_is_found_or_the_text_is_a_quantity(text: str, kind: str) -> None:
    problem = quantity_problem(text, kind)
    if not problem:
        assert parse_quantity(text) >= 0
    elif "did you mean " in problem:
        guess = problem.partition("did you mean '")[2][:-2]
        assert quantity_problem(guess, kind) == ""


def test_what_is_no_quantity_has_no_value() -> None:
    with pytest.raises(ValueError, match=r"^'x' is not a quantity$"):
        parse_quantity("x")
    assert parse_quantity("-500m") == Fraction(-1, 2)
    assert parse_quantity("1e-3") == Fraction(1, 1000)
