"""A task without a function."""

from sdk import Interface, PythonInstanceTask, Resources, workflow


class Doubler(PythonInstanceTask):
    def __init__(self, name, **kwargs):
        super().__init__(name, None, interface=Interface({"a": int}, {"o0": int}), **kwargs)

    def execute(self, **kwargs):
        return 2 * kwargs["a"]


doubler = Doubler("doubler.of.numbers", task_type="doubler")
strong = Doubler("strong", requests=Resources(cpu="1"), environment={"A": "1"}, container_image="example.com/it:v1")


@workflow
def flow(a: int) -> int:
    return doubler(a=strong(a=a))
