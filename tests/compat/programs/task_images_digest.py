"""Images that are named by digest, and a name with a dash."""

from sdk import task

SETTINGS = {
    "images": [
        "default=example.com/image:v1",
        "by-digest=example.com/other@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ]
}


@task(container_image="{{.image.by-digest}}")
def whole(a: int) -> int:
    return a


@task(container_image="{{.image.by-digest.fqn}}:{{.image.by-digest.version}}")
def in_parts(a: int) -> int:
    return a
