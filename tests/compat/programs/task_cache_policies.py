"""A cache whose version a policy of the user's makes."""

from sdk import Cache, CachePolicy, VersionParameters, task


class ByName(CachePolicy):
    def get_version(self, salt: str, params: VersionParameters) -> str:
        return f"{salt}-{params.func.__name__}-{params.container_image}"


class Fixed(CachePolicy):
    def get_version(self, salt: str, params: VersionParameters) -> str:
        return "fixed"


@task(cache=Cache(policies=ByName(), salt="salt"))
def by_policy(a: int) -> int:
    return a


@task(cache=Cache(policies=ByName()), container_image="example.com/other:v1")
def with_image(a: int) -> int:
    return a
