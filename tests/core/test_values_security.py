"""Secrets: asking for them, finding them, and keeping them out of every text."""

import copy
import json
import os
import pathlib
import pickle
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from flyteidl.core import security_pb2
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConfigError, SecretNotFoundError
from fletching.redaction import MARK, forget_secrets
from fletching.security import (
    Identity,
    MountType,
    Secret,
    SecretsManager,
    SecurityContext,
    lookup_secret,
    redact,
    remember_secret,
)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[None]:
    monkeypatch.setenv("FLYTE_SECRETS_DEFAULT_DIR", str(tmp_path / "secrets"))
    forget_secrets()
    yield
    forget_secrets()


# --- Secret ---


def test_the_wire_form_is_flytekits() -> None:
    # Written by flytekit 1.16.31 for the same secrets.
    full = Secret("g", "k", "v", MountType.FILE, "ENV_X")
    assert full.serialize_to_string().hex() == "0a01671201761a016b20022a05454e565f58"
    assert Secret("g").serialize_to_string().hex() == "0a0167"


def test_texts_of_a_secret() -> None:
    secret = Secret("g", "k")
    assert secret.short_string() == 'Secret:\n  group: "g"\n  key: "k"'
    assert secret.verbose_string() == 'group: "g"\nkey: "k"\n'
    assert not secret.is_empty
    assert repr(secret) == (
        "Secret(group='g', key='k', group_version=None, mount_requirement=<MountType.ANY: 0>, env_var=None)"
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "group is None, expected a non-empty str"),
        ({"key": "k"}, "group is None, expected a non-empty str"),
        ({"group": ""}, "group is '', expected a non-empty str"),
        ({"group": 1}, "group is 1, expected a str or None"),
        ({"group": "g", "key": 1}, "key is 1, expected a str or None"),
        ({"group": "g", "group_version": 1}, "group_version is 1, expected a str or None"),
        (
            {"group": "g", "mount_requirement": "file"},
            "mount_requirement is 'file', expected MountType.ANY, MountType.ENV_VAR, MountType.FILE",
        ),
        *(
            (
                {"group": "g", "env_var": wrong},
                f"env_var is {wrong!r}, expected capital letters, digits and underscores, not starting with a digit",
            )
            for wrong in ("", "lower", "1A", "A-B", "Ä", "A\n")
        ),
    ],
)
def test_every_field_is_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:
        Secret(**options)
    assert str(caught.value) == f"Secret: {text}"


words = st.text(min_size=1, max_size=5)
secrets = st.builds(
    Secret,
    words,
    st.none() | words,
    st.none() | words,
    st.sampled_from(MountType),
    st.none() | st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True),
)
contexts = st.builds(
    SecurityContext,
    st.none() | st.builds(Identity, st.none() | words, st.none() | words, st.none() | words),
    st.none() | st.lists(secrets, min_size=1),
)


@hypothesis.settings(deadline=None)
@given(secrets, contexts)
def test_law_secrets_survive_the_wire(secret: Secret, context: SecurityContext) -> None:
    message = security_pb2.Secret.FromString(secret.serialize_to_string())
    assert Secret.from_flyte_idl(message) == secret
    wire = security_pb2.SecurityContext.FromString(context.serialize_to_string())
    assert SecurityContext.from_flyte_idl(wire) == context
    assert copy.deepcopy(context) == pickle.loads(pickle.dumps(context)) == context


def test_a_group_may_be_empty_on_the_wire() -> None:
    assert Secret.from_flyte_idl(security_pb2.Secret(key="k")) == Secret("", "k")


def test_a_security_context_takes_secrets_only() -> None:
    assert SecurityContext(secrets=Secret("g")).secrets == (Secret("g"),)  # type: ignore[arg-type]
    assert SecurityContext().is_empty
    with pytest.raises(ConfigError) as caught:
        SecurityContext(secrets=["hunter2"])  # type: ignore[list-item]
    assert str(caught.value) == "SecurityContext: secrets is <class 'str'>, expected a list of Secret"
    with pytest.raises(ConfigError, match=r"^SecurityContext: run_as is 'me', expected an Identity or None$"):
        SecurityContext(run_as="me")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^Identity: iam_role is 1, expected a str or None$"):
        Identity(iam_role=1)  # type: ignore[arg-type]


# --- lookup ---


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FSEC_GROUP_V1_KEY", " with spaces \n")
    monkeypatch.setenv("GROUP_V1_KEY", "unprefixed")
    assert lookup_secret("Group", "Key", "v1") == " with spaces "
    monkeypatch.delenv("_FSEC_GROUP_V1_KEY")
    assert lookup_secret("Group", "Key", "v1") == "unprefixed"
    with pytest.raises(SecretNotFoundError):
        lookup_secret("Group", "Key", "v1", local=False)


def test_files_are_read_as_text_or_bytes(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "secrets" / "group" / "v1" / "key"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff line \r\n")
    assert lookup_secret("Group", "Key", "v1", encode_mode="rb") == b"\xff line \r\n"
    assert lookup_secret("Group", "Key", "v1") == "\udcff line "
    assert lookup_secret(group="group", key="key", group_version="v1", local=False) == "\udcff line "


def test_prefixes_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("FLYTE_SECRETS_ENV_PREFIX", "MY_")
    monkeypatch.setenv("FLYTE_SECRETS_FILE_PREFIX", "p-")
    manager = SecretsManager()
    assert manager.get_secrets_env_var("g", "k") == "MY_G_K"
    assert manager.get_secrets_file("g", "k", "1") == str(tmp_path / "secrets" / "g" / "1" / "p-k")


def test_a_missing_secret_that_was_asked_for_need_not_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYTE_SECRETS_DEFAULT_DIR", "/nowhere")
    with pytest.raises(SecretNotFoundError) as caught:
        lookup_secret("db", "password", requests=iter([Secret(group="db", key="password")]))
    assert str(caught.value) == (
        "no secret group='db', key='password': environment variable _FSEC_DB_PASSWORD is not set"
        " and file /nowhere/db/password does not exist; set the variable to run it here"
    )


def test_a_missing_secret_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYTE_SECRETS_DEFAULT_DIR", "/nowhere")
    monkeypatch.setenv("_FSEC_OTHER_KEY", "hunter2!")
    with pytest.raises(SecretNotFoundError) as caught:
        lookup_secret("db", "password", "2")
    assert str(caught.value) == (
        "no secret group='db', key='password', group_version='2': environment variable _FSEC_DB_2_PASSWORD is not set"
        " and file /nowhere/db/2/password does not exist; add secret_requests=[Secret(group='db', key='password',"
        " group_version='2')] to the task, or set the variable to run it here"
    )
    assert isinstance(caught.value, ValueError)
    with pytest.raises(
        SecretNotFoundError, match=r"environment variable _FSEC_DB is not set and file /nowhere/db does"
    ):
        lookup_secret("db", local=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ({}, "a secret is looked up by its group and key, and neither was given"),
        ({"group_version": "1"}, "a secret is looked up by its group and key, and neither was given"),
        ({"group": 1}, "secret group is 1, expected a str or None"),
        ({"group": "..", "key": "passwd"}, "secret group is '..', expected a name without slashes"),
        (
            {"group": "g", "key": "../../etc/passwd"},
            "secret key is '../../etc/passwd', expected a name without slashes",
        ),
        ({"group": "g", "encode_mode": "w"}, "encode_mode is 'w', expected 'r' for text or 'rb' for bytes"),
    ],
)
def test_impossible_names_are_refused(name: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        lookup_secret(**name)
    assert str(caught.value) == text


def test_a_variable_chosen_in_the_request_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.write_text("from the file\n")
    monkeypatch.setenv("AS_VALUE", "from the variable")
    monkeypatch.setenv("AS_FILE", str(mounted))
    requests = [
        Secret("a", "k", env_var="AS_VALUE", mount_requirement=MountType.ENV_VAR),
        Secret("b", env_var="AS_FILE", mount_requirement=MountType.FILE),
        Secret("c", env_var="NOT_SET"),
    ]
    manager = SecretsManager(requests)
    assert manager.get("a", "k") == "from the variable"
    assert manager.get("b") == "from the file"
    assert manager.a.k == "from the variable"
    for missing in ("a", "c"):
        with pytest.raises(SecretNotFoundError):
            manager.get(missing)
    with pytest.raises(AttributeError):
        manager.__wrapped__  # noqa: B018
    with pytest.raises(AttributeError):
        manager.a.__wrapped__  # noqa: B018


# --- redaction ---


def test_what_was_looked_up_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "connecting with hunter2!"
    assert redact(text) is text
    monkeypatch.setenv("_FSEC_DB", "hunter2!")
    lookup_secret("db")
    assert redact(text) == f"connecting with {MARK}"
    assert redact(b"x hunter2! y") == b"x *** y"
    assert redact("nothing") == "nothing"


def test_every_form_of_a_secret_is_redacted() -> None:
    remember_secret('a"b\nlong enough\\c')
    for form in (
        'a"b\nlong enough\\c',
        repr('a"b\nlong enough\\c'),
        json.dumps('a"b\nlong enough\\c'),
        "long enough\\c",
    ):
        assert "long enough" not in redact(form)
    remember_secret(b"\x00\xffraw bytes")
    assert redact(b"<\x00\xffraw bytes>") == b"<***>"
    assert redact(repr(b"<\x00\xffraw bytes>")) == "b'<***>'"


def test_short_values_are_not_remembered_and_the_longest_wins() -> None:
    remember_secret("abc")
    assert redact("abcabc") == "abcabc"
    remember_secret("pass")
    remember_secret("password")
    remember_secret("pass")
    assert redact("pass password") == "*** ***"


@hypothesis.settings(deadline=None)
@given(st.lists(st.text(min_size=4).filter(str.strip), max_size=4), st.text())
def test_law_no_secret_survives(values: list[str], around: str) -> None:
    forget_secrets()
    for value in values:
        remember_secret(value)
    for value in values:
        if value in MARK * 3:
            continue
        assert value not in redact(f"{around}{value}{around}") or value in around or "*" in value
        assert redact(value) == MARK
    forget_secrets()
    assert redact(around) is around


def test_the_environment_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FSEC_DB", "hunter2!")
    before = dict(os.environ)
    lookup_secret("db")
    assert dict(os.environ) == before
