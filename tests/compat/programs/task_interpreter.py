"""Settings that say which interpreter the image has, and where the code came from."""

from sdk import dynamic, task

SETTINGS = {
    "python_interpreter": "/usr/local/bin/python3.12",
    "git_repo": "https://example.com/repo",
    "source_root": "/src",
    "env": None,
}


@task
def plain(a: int) -> int:
    return a


@dynamic
def dyn(a: int) -> int:
    return plain(a=a)
