"""A resolver of the user's own."""

from sdk import TaskResolverMixin, task, workflow


class ByWord(TaskResolverMixin):
    def name(self):
        return "by word"

    def location(self):
        return "task_resolver.by_word"

    def load_task(self, loader_args):
        return globals()[loader_args[1]]

    def loader_args(self, settings, task):
        return ["the-task", task.name.rpartition(".")[2], "of", settings.version]

    def get_all_tasks(self):
        return []


class LocatedByWord(ByWord):
    @property
    def location(self):
        return "task_resolver.by_word"


by_word = LocatedByWord()


@task(task_resolver=by_word)
def resolved(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return resolved(a=a)
