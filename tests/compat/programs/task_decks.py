"""Which decks a task asks for is not on the wire; that it has any is."""

from sdk import DeckField, task


@task(enable_deck=True)
def all_fields(a: int) -> int:
    return a


@task(enable_deck=True, deck_fields=(DeckField.INPUT,))
def one_field(a: int) -> int:
    return a


@task(enable_deck=False)
def none(a: int) -> int:
    return a
