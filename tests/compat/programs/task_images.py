"""Images by name and by template."""

from sdk import task

SETTINGS = {"images": ["default=example.com/image:v1", "other=example.com/other:v2", "third=example.com/third:v3"]}


@task(container_image="example.com/plain:v9")
def by_name(a: int) -> int:
    return a


@task(container_image="{{.image.default.fqn}}:{{.image.default.version}}")
def by_template(a: int) -> int:
    return a


@task(container_image="{{.image.other}}")
def whole_template(a: int) -> int:
    return a


@task(container_image="{{ .images.third.fqn }}:{{ .Image.other.version }}")
def mixed_template(a: int) -> int:
    return a


@task(container_image="example.com/prefix-{{.image.default.version}}")
def part_template(a: int) -> int:
    return a


@task(container_image="{{ image.other }}")
def no_template(a: int) -> int:
    return a
