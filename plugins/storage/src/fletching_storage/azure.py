"""How a container of Azure Blob Storage is reached: what the environment and the URI say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fletching.errors import StorageError
from fletching_storage.client import client_options, first_of, retry_options, truthy
from fletching_storage.places import Options

if TYPE_CHECKING:
    from fletching_storage.places import Place

__all__ = ["azure_options"]

SETTINGS = "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_CONNECTION_STRING, AZURE_TENANT_ID"
NAMES = {
    "account_name": ("FLYTE_AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"),
    "account_key": ("FLYTE_AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"),
    "tenant_id": ("FLYTE_AZURE_TENANT_ID", "AZURE_STORAGE_TENANT_ID", "AZURE_TENANT_ID"),
    "client_id": ("FLYTE_AZURE_CLIENT_ID", "AZURE_STORAGE_CLIENT_ID", "AZURE_CLIENT_ID"),
    "client_secret": ("FLYTE_AZURE_CLIENT_SECRET", "AZURE_STORAGE_CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
    "sas_key": ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"),
    "endpoint": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
SECRETS = ("account_key", "client_secret", "sas_key")
CONNECTION = {
    "AccountName": "account_name",
    "AccountKey": "account_key",
    "SharedAccessSignature": "sas_key",
    "BlobEndpoint": "endpoint",
}


def azure_options(place: Place, *, anonymous: bool = False) -> Options:
    """Return how the container of ``place`` is reached.

    Args:
        place: what is asked for.
        anonymous: whether requests are not signed, whatever credentials there are.
    """
    from fletching.extend import remember_secret

    config: dict[str, Any] = {"container_name": place.bucket}
    for part in first_of("AZURE_STORAGE_CONNECTION_STRING").split(";"):
        name, _, value = part.partition("=")
        if name in CONNECTION and value:
            config[CONNECTION[name]] = value
    config |= {option: value for option, names in NAMES.items() if (value := first_of(*names))}
    if place.account:
        config["account_name"] = place.account.partition(".")[0]
    for option in SECRETS:
        if option in config:
            remember_secret(config[option])
    emulator = truthy("AZURE_STORAGE_USE_EMULATOR", "AZURE_USE_EMULATOR")
    if emulator:
        config["use_emulator"] = True
    elif "account_name" not in config:
        raise StorageError(
            f"{place.uri!r} names no storage account: set AZURE_STORAGE_ACCOUNT_NAME, "
            "or write abfss://container@account.dfs.core.windows.net/name"
        )
    endpoint = str(config.get("endpoint", "")).rstrip("/")
    config["client_options"] = client_options("http://" if emulator else endpoint)
    config["retry_config"] = retry_options(first_of("FLYTE_AZURE_RETRIES"), "FLYTE_AZURE_RETRIES")
    who = "" if anonymous or truthy("AZURE_SKIP_SIGNATURE") else _who(config, emulator)
    if not who:
        config = {name: value for name, value in config.items() if name not in SECRETS}
        config["skip_signature"] = True
    return Options(
        kind="AzureStore",
        config=config,
        who=who,
        endpoint=endpoint or ("the emulator" if emulator else f"the account {config.get('account_name')!r}"),
        settings=SETTINGS,
    )


def _who(config: dict[str, Any], emulator: bool) -> str:
    """Return which credentials the library will use, or nothing."""
    if config.get("account_key"):
        return "an account key"
    if config.get("sas_key"):
        return "a shared access signature"
    if config.get("client_secret"):
        return f"the client {config.get('client_id')!r}"
    if emulator:
        return "the emulator's account"
    for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_STORAGE_TOKEN", "MSI_ENDPOINT", "IDENTITY_ENDPOINT"):
        if os.environ.get(name):
            return name
    if truthy("AZURE_USE_AZURE_CLI"):
        return "the Azure command line"
    return "" if truthy("AZURE_STORAGE_ANON") else "the machine's identity"
