"""Tokens: secrets asked for by group and key, read from the context, from an environment variable."""

import os

import flytekit
from flytekit import Secret, task, workflow

os.environ["_FSEC_BILLING_API_KEY"] = "s3cr3t"
os.environ["FLYTE_SECRETS_ENV_PREFIX"] = "_FSEC_"


@task(secret_requests=[Secret(group="billing", key="api_key")])
def token_length() -> int:
    return len(flytekit.current_context().secrets.get("billing", "api_key"))


@task(
    secret_requests=[Secret(group="billing", key="api_key", mount_requirement=Secret.MountType.ENV_VAR)],
    environment={"REGION": "north"},
)
def signed(message: str) -> str:
    key = flytekit.current_context().secrets.get(group="billing", key="api_key")
    return f"{message}:{sum(map(ord, key)) % 97}"


@workflow
def sign(message: str) -> (str, int):
    return signed(message=message), token_length()


if __name__ == "__main__":
    print(*sign(message="hello"))
    try:
        flytekit.current_context().secrets.get("billing", "absent")
    except ValueError as error:
        print("not found:", "absent" in str(error))
