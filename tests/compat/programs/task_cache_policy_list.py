"""A cache whose version several policies make together."""

from sdk import Cache, CachePolicy, VersionParameters, task


class Said(CachePolicy):
    def __init__(self, text: str) -> None:
        self.text = text

    def get_version(self, salt: str, params: VersionParameters) -> str:
        return self.text + salt


@task(cache=Cache(policies=[Said("a"), Said("b")], salt="s"))
def by_policies(a: int) -> int:
    return a
