"""Where a backend is said to be: in Python, the environment, flytectl's file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fletching.errors import ConfigError
from fletching_flyte import AuthType, Config, FlyteRemote, PlatformConfig

FILE = """
admin:
  endpoint: dns:///flyte.example.com:443
  insecure: false
  insecureSkipVerify: true
  authType: ClientSecret
  clientId: ci
  clientSecretLocation: {secret}
  caCertFilePath: /etc/ca.pem
  scopes: [all, offline]
  command: [get-token, --for, flyte]
console:
  endpoint: https://console.example.com/
logger:
  level: 0
"""


def test_a_config_is_a_value() -> None:
    config = Config.for_endpoint("https://host:81/", client_credentials_secret="hidden-word", auth_mode="clientsecret")
    assert config.platform.endpoint == "host:81"
    assert config.platform.auth_mode is AuthType.CLIENT_SECRET
    assert "hidden-word" not in repr(config)
    assert "hidden-word" not in repr(FlyteRemote(config))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.project = "x"  # type: ignore[misc]


def test_flytectls_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden-word\n")
    file = tmp_path / "config.yaml"
    file.write_text(FILE.format(secret=secret))
    platform = Config.auto(file).platform
    assert platform.endpoint == "flyte.example.com:443"
    assert (platform.insecure, platform.insecure_skip_verify) == (False, True)
    assert platform.auth_mode is AuthType.CLIENT_SECRET
    assert (platform.client_id, platform.client_secret()) == ("ci", "hidden-word")
    assert platform.scopes == ("all", "offline")
    assert platform.command == ("get-token", "--for", "flyte")
    assert platform.console == "https://console.example.com"
    monkeypatch.setenv("FLYTECTL_CONFIG", str(file))
    assert Config.auto().platform == platform
    monkeypatch.setenv("FLYTE_PLATFORM_URL", "other:1")
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
    monkeypatch.setenv("FLYTE_PROJECT", "mine")
    changed = Config.auto()
    assert (changed.platform.endpoint, changed.platform.insecure, changed.project) == ("other:1", True, "mine")
    assert changed.platform.client_id == "ci"


def test_the_file_of_the_home_folder(tmp_path: Path) -> None:
    assert Config.auto() == Config.for_sandbox()
    folder = tmp_path / "home" / ".flyte"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("admin:\n  endpoint: localhost:9\n  insecure: true\n  clientSecretEnvVar: S\n")
    found = Config.auto().platform
    assert (found.endpoint, found.insecure, found.client_secret_env_var) == ("localhost:9", True, "S")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("admin: [1]", "admin is \\[1\\], expected the keys of a backend"),
        ("- 1", "holds list, expected sections"),
        ("admin: {", "no YAML"),
        (
            "admin:\n  authType: Pkcf",
            "admin.authType: auth mode 'Pkcf' is not one of None, Pkce, .*did you mean 'pkce'",
        ),
        ("admin:\n  insecure: maybe", "admin.insecure is 'maybe', expected true or false"),
        ("admin:\n  endpoint: 'a b'", "endpoint is 'a b', expected host:port"),
        ("admin:\n  endpoint: a\n  authType: ExternalCommand", "'ExternalCommand' needs command"),
    ],
)
def test_mistakes_in_the_file(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        Config.auto(file)


def test_other_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.auto(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="rpc_timeout is 0, expected a number"):
        PlatformConfig(rpc_timeout=0)
    with pytest.raises(ConfigError, match="FlyteRemote takes a Config, got 'host'"):
        FlyteRemote("host")  # type: ignore[arg-type]
    monkeypatch.setenv("FLYTE_CREDENTIALS_AUTH_MODE", "devil")
    with pytest.raises(ConfigError, match=r"\$FLYTE_CREDENTIALS_AUTH_MODE: auth mode 'devil'"):
        Config.auto()
    for asked, message in (
        ({}, "needs a secret"),
        ({"client_secret_env_var": "NOT_SET_HERE"}, r"\$NOT_SET_HERE, which is not set"),
        ({"client_secret_location": str(tmp_path / "no")}, "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=message):
            PlatformConfig(auth_mode="ClientSecret", **asked).client_secret()  # type: ignore[arg-type]
