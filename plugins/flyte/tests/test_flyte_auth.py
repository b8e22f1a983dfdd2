"""Signing in: with a secret, in a browser, with a program; and what nobody gets to see."""

from __future__ import annotations

import os
import shlex
import socket
import stat
import sys
import textwrap
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fletching.errors import ConfigError
from fletching.extend import redact
from fletching_flyte import Config, FlyteAuthenticationException, FlyteRemote
from flyte_server import Fault, FlyteServer
from oauth_server import OAuthServer

SECRET = "secret-of-ci"


@pytest.fixture
def oauth() -> Iterator[OAuthServer]:
    with OAuthServer(client=("ci", SECRET)) as made:
        yield made


@pytest.fixture
def guarded(tmp_path: Path, oauth: OAuthServer) -> Iterator[FlyteServer]:
    with FlyteServer(tmp_path / "server", tokens=oauth.valid) as made:
        made.admin.auth.server.authorization_endpoint = f"{oauth.url}/authorize?for=flyte"
        made.admin.auth.server.token_endpoint = f"{oauth.url}/token"
        made.admin.auth.client.client_id = "public"
        with socket.socket() as kept:  # nobody else gets it, and who says the same may listen there
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind(("127.0.0.1", 0))
            made.admin.auth.client.redirect_uri = f"http://localhost:{kept.getsockname()[1]}/callback"
            yield made


def remote_of(server: FlyteServer, **platform: Any) -> FlyteRemote:
    config = Config.for_endpoint(server.endpoint, insecure=True, rpc_pause=0.001, **platform)
    return FlyteRemote(config, "flytesnacks", "development")


def ask(remote: FlyteRemote) -> None:
    assert remote.recent_executions() == []


# With a secret


def test_a_client_secret(guarded: FlyteServer, oauth: OAuthServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_CI", SECRET)
    remote = remote_of(guarded, auth_mode="ClientSecret", client_id="ci", client_secret_env_var="SECRET_OF_CI")
    ask(remote)
    ask(remote)
    assert oauth.asked == [{"grant_type": "client_credentials", "scope": "all"}]
    assert guarded.metadata[-1]["flyte-authorization"] == "Bearer access-1"


def test_a_token_that_the_backend_refuses_is_replaced_once(guarded: FlyteServer, oauth: OAuthServer) -> None:
    remote = remote_of(guarded, auth_mode="ClientSecret", client_id="ci", client_credentials_secret=SECRET)
    ask(remote)
    oauth.expire()
    ask(remote)
    assert len(oauth.asked) == 2
    guarded.tokens = {"none of those that are given"}
    with pytest.raises(FlyteAuthenticationException, match="wants to know who asks: the token has expired"):
        ask(remote)
    assert len(oauth.asked) == 3


def test_a_token_that_has_ended_is_not_sent(guarded: FlyteServer, oauth: OAuthServer) -> None:
    oauth.lasts = 1  # less than a call may take
    remote = remote_of(guarded, auth_mode="ClientSecret", client_id="ci", client_credentials_secret=SECRET)
    ask(remote)
    before = guarded.calls.total()
    ask(remote)
    assert guarded.calls.total() == before + 1  # and none that was refused
    assert len(oauth.asked) == 2


def test_threads_sign_in_once(guarded: FlyteServer, oauth: OAuthServer) -> None:
    remote = remote_of(guarded, auth_mode="ClientSecret", client_id="ci", client_credentials_secret=SECRET)
    gate = threading.Barrier(8)
    problems: list[BaseException] = []

    def work() -> None:
        gate.wait()
        try:
            ask(remote)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(oauth.asked) == 1


@pytest.mark.parametrize(
    ("platform", "message"),
    [
        (
            {"client_id": "ci", "client_credentials_secret": "another-secret"},
            "401 Unauthorized: invalid_client: no such",
        ),
        ({"client_credentials_secret": SECRET}, "needs client_id"),
    ],
)
def test_a_secret_that_is_wrong(platform: dict[str, Any], message: str, guarded: FlyteServer) -> None:
    remote = remote_of(guarded, auth_mode="ClientSecret", **platform)
    with pytest.raises(FlyteAuthenticationException, match=message) as raised:
        ask(remote)
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert "another-secret" not in told
    assert SECRET not in told


def test_a_secret_is_not_sent_in_the_open(guarded: FlyteServer, oauth: OAuthServer) -> None:
    guarded.admin.auth.server.token_endpoint = "ftp://somewhere/token"
    remote = remote_of(guarded, auth_mode="ClientSecret", client_id="ci", client_credentials_secret=SECRET)
    with pytest.raises(FlyteAuthenticationException, match="which is not https; a secret is not sent there"):
        ask(remote)
    assert not oauth.asked


def test_nobody_is_signed_in(guarded: FlyteServer) -> None:
    with pytest.raises(FlyteAuthenticationException, match="wants to know who asks: no token; check auth_mode"):
        ask(remote_of(guarded))


def test_a_token_is_shown_nowhere(guarded: FlyteServer) -> None:
    remote = remote_of(guarded, auth_mode="ClientSecret", client_id="ci", client_credentials_secret=SECRET)
    ask(remote)
    assert redact(f"{SECRET} access-1") == "*** ***"
    assert SECRET not in repr(vars(remote)) + repr(vars(remote.client))
    assert "access-1" not in repr(vars(remote.client._sign_in))


# In a browser


def browser(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str = "urlopen(sys.argv[1]).read()") -> None:
    """Have a program of our own take the place of a browser."""
    program = folder / "browser.py"
    program.write_text(f"import sys\nfrom urllib.request import urlopen\n{textwrap.dedent(code)}\n")
    monkeypatch.setenv("BROWSER", f"{shlex.quote(sys.executable)} {shlex.quote(str(program))} %s")


@pytest.fixture
def fresh_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    monkeypatch.setattr(webbrowser, "_tryorder", None)  # it looks at BROWSER once


@pytest.mark.usefixtures("fresh_browsers")
def test_a_browser_signs_in_and_the_next_program_need_not(
    guarded: FlyteServer, oauth: OAuthServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(tmp_path, monkeypatch)
    ask(remote_of(guarded, auth_mode="Pkce"))
    assert oauth.asked[0]["grant_type"] == "authorization_code"
    (kept,) = (tmp_path / "fletching" / "flyte-tokens").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    browser(tmp_path, monkeypatch, "raise SystemExit('nobody opens me')")
    ask(remote_of(guarded, auth_mode="Pkce"))
    assert len(oauth.asked) == 1

    oauth.expire()
    ask(remote_of(guarded, auth_mode="Pkce"))
    assert [form["grant_type"] for form in oauth.asked] == ["authorization_code", "refresh_token"]

    kept.chmod(0o644)  # others may have read it
    oauth.forget_refresh()
    browser(tmp_path, monkeypatch)
    ask(remote_of(guarded, auth_mode="Pkce"))
    assert oauth.asked[-1]["grant_type"] == "authorization_code"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.usefixtures("fresh_browsers")
def test_a_person_who_is_refused(
    guarded: FlyteServer, oauth: OAuthServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(tmp_path, monkeypatch)
    oauth.refuse = "access_denied"
    with pytest.raises(FlyteAuthenticationException, match=r"not signed in to localhost:.*: access_denied"):
        ask(remote_of(guarded, auth_mode="Pkce", token_cache=False))
    assert not (tmp_path / "fletching" / "flyte-tokens").exists()


@pytest.mark.usefixtures("fresh_browsers")
def test_an_answer_that_was_not_asked_for_is_ignored(
    guarded: FlyteServer, oauth: OAuthServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(
        tmp_path,
        monkeypatch,
        """
        import socket
        from urllib.error import HTTPError
        from urllib.parse import parse_qs, urlsplit
        back = parse_qs(urlsplit(sys.argv[1]).query)["redirect_uri"][0]
        kept = socket.create_connection(("localhost", urlsplit(back).port))  # a connection that says nothing
        for wrong in (f"{back}?code=stolen&state=guessed", back.replace("callback", "other")):
            try:
                urlopen(wrong)
                raise SystemExit("it was taken")
            except HTTPError as error:
                assert error.code == 400
        urlopen(sys.argv[1]).read()
        """,
    )
    ask(remote_of(guarded, auth_mode="Pkce", token_cache=False))
    assert oauth.asked[0]["code"].startswith("code-")


def test_how_one_signs_in_is_asked_again_as_well(guarded: FlyteServer) -> None:
    remote = remote_of(guarded, auth_mode="ClientSecret", client_id="ci", client_credentials_secret=SECRET)
    away = iter([Fault(code="UNAVAILABLE"), Fault(cut=True)])
    with guarded.faults(lambda call: next(away, None) if call.method == "GetOAuth2Metadata" else None):
        ask(remote)
    assert guarded.calls["GetOAuth2Metadata"] == 3


def test_a_browser_that_would_be_sent_elsewhere(guarded: FlyteServer) -> None:
    guarded.admin.auth.client.redirect_uri = "https://evil.example/callback"
    with pytest.raises(FlyteAuthenticationException, match="which is no port of this machine"):
        ask(remote_of(guarded, auth_mode="Pkce", token_cache=False))


# With a program


def test_a_program_that_prints_a_token(guarded: FlyteServer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first-token")
    command = (sys.executable, "-c", "import sys; print(open(sys.argv[1]).read())", str(token))
    guarded.tokens = {"first-token", "second-token"}
    remote = remote_of(guarded, auth_mode="ExternalCommand", command=command)
    ask(remote)
    assert guarded.metadata[-1]["flyte-authorization"] == "Bearer first-token"
    token.write_text("second-token")
    guarded.tokens.remove("first-token")
    ask(remote)
    assert guarded.metadata[-1]["flyte-authorization"] == "Bearer second-token"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; sys.exit('not logged in')", "exited with 1: not logged in"),
        ("print('two words')", "printed no token"),
        ("pass", "printed no token"),
    ],
)
def test_a_program_that_gives_none(code: str, message: str, guarded: FlyteServer) -> None:
    remote = remote_of(guarded, auth_mode="ExternalCommand", command=(sys.executable, "-c", code))
    with pytest.raises(FlyteAuthenticationException, match=message):
        ask(remote)


def test_a_program_that_is_not_there(guarded: FlyteServer) -> None:
    remote = remote_of(guarded, auth_mode="ExternalCommand", command=(os.path.join(os.sep, "no", "such"),))
    with pytest.raises(FlyteAuthenticationException, match="the command '/no/such' gave no token"):
        ask(remote)
    with pytest.raises(ConfigError, match="needs command"):
        remote_of(guarded, auth_mode="ExternalCommand")
