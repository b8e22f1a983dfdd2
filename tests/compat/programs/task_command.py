"""A command of its own, and the settings' commands."""

from sdk import task


def mpirun(settings):
    return ["mpirun", "-np", "2", "python", "-m", "something", settings.version]


@task
def commanded(a: int) -> int:
    return a


commanded.set_command_fn(mpirun)


@task
def reset(a: int) -> int:
    return a


reset.set_command_fn(mpirun)
reset.reset_command_fn()
