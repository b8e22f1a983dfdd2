"""Writing a run into the store while it goes on, and finding in it what an earlier run finished."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fletching.errors import RecoveryError, RunStoreError, text_of
from fletching.processes import this_process
from fletching.redaction import redact
from fletching.run.store import RunStore
from fletching.run.store_code import code_digest, place_of
from fletching.run.store_schema import FINISHED, unusable
from fletching.run.store_values import Data, InputsDigest, is_read_once, kind_of_outputs, values_of
from fletching.run.store_writer import ATTEMPT, END, ENTITY, EVENT, RUN, Known, Row, Writer, warn_unrecorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fletching.run.cache import Found
    from fletching.run.store_recovery import Earlier

__all__ = ["Recorder", "new_run_id"]

SHOWN = 0.25
"""After so many seconds without a commit, what began is written too, for those who watch."""


class Recorder:
    """Writes one run into the store, and gives what an earlier one finished; used on one thread.

    Nothing that goes wrong with the store stops the run: it is warned about once, and what could not be written counts
    as not finished. `started`, `attempt` and `attempt_failed` only remember; `ended` and `flush` commit, so `flush` is
    to be called before anything that takes long.

    Args:
        store: where to; by default this user's store.
        name: what the user calls the run.
        tags: by which it can be found.
        source: the file or module that was named on the command line.
        variable: the variable in it.
        recover: what names the run to go on from; empty for none.
        force: go on from it although code changed; what changed is run again.
    """

    def __init__(
        self,
        store: RunStore | None = None,
        *,
        name: str = "",
        tags: Iterable[str] = (),
        source: str = "",
        variable: str = "",
        recover: str = "",
        force: bool = False,
    ) -> None:
        self._given = store
        self.name, self.tags, self.source, self.variable = name, tuple(dict.fromkeys(tags)), source, variable
        self.recover, self.force = recover, force
        self.run_id = ""
        """Empty if nothing is recorded."""
        self._earlier: Earlier | None = None
        self._digest = InputsDigest()
        self._known: dict[int, Known] = {}
        self._rows: dict[str, Row] = {}
        self._top: Row | None = None
        self._entity: Known | None = None
        self._events = 0
        self._open = False
        self._logs = ""
        self._together = False

    @cached_property
    def store(self) -> RunStore:
        """Where it writes to."""
        return self._given if self._given is not None else RunStore()

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self.store)

    def begin(self, entity: Any, inputs: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> str:
        """Record that a run begins; return its id, or an empty string if that failed.

        Raises:
            RecoveryError: the run to go on from does not fit; see `Earlier.check`.
            RunStoreError: it does not exist, or the store cannot be read.
        """
        if self.recover:
            from fletching.run.store_recovery import Earlier

            try:
                self._earlier = Earlier(self.store, self.store.find(self.recover))
            except sqlite3.Error as error:
                raise unusable(self.store.path, error) from error
            self._earlier.check(entity, force=self.force)
        try:
            self._begin(entity, inputs, options or {})
        except (sqlite3.Error, RunStoreError, OSError) as error:
            self.run_id = ""
            warn_unrecorded(unusable(self.store.path, error) if isinstance(error, sqlite3.Error) else error)
        self._open = bool(self.run_id)
        return self.run_id

    def _begin(self, entity: Any, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        known = self._entity = self._know(entity)
        held = self._hold_inputs(known, inputs)
        now, driver, folder = time.time(), this_process(), ""
        with suppress(FileNotFoundError):  # somebody removed it
            folder = os.getcwd()
        recovered = self._earlier.run.id if self._earlier is not None else ""
        for _ in range(100):
            run_id = new_run_id(now)
            row = (
                run_id, run_id.rpartition("-")[2], redact(self.name), json.dumps(self.tags) if self.tags else "",
                known.number, self.source, self.variable, folder, "running", now, None, "", driver, recovered,
                redact(json.dumps(options, default=str)) if options else "",
                self._digest(known.interface, inputs), held and held.hash, held and held.inline, None, None,
            )  # fmt: skip
            with suppress(sqlite3.IntegrityError), self.store.writing() as connection:
                done = connection.execute(RUN, row)
                self._writer.run, self._writer.committed = int(done.lastrowid or 0), time.monotonic()
                rows = [(tag, self._writer.run) for tag in self.tags]
                connection.executemany("INSERT INTO tags VALUES (?, ?)", rows)
                if held is not None:
                    self.store.values.insert(connection, held)
                self.run_id = run_id
            if self.run_id:
                self._make_logs()
                return  # else another run of this moment has the same id

    def _make_logs(self) -> None:
        folder = os.path.dirname(self.store.log_path(self.run_id, "", 0))
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            self._writer.trouble(error)
        else:
            self._logs = os.path.join(folder, "")

    def _hold_inputs(self, known: Known, inputs: Mapping[str, Any]) -> Data | None:
        """Keep the inputs for a rerun; None if they have no wire form, or can be read only once."""
        from fletching.types.idl import to_literal_map

        types = known.interface.inputs
        if any(is_read_once(types[name], value) for name, value in inputs.items() if name in types):
            return None
        try:
            literals = to_literal_map(types, inputs)
        except Exception:  # noqa: BLE001 - a transformer of anybody; that a value is wrong is told by the attempt
            return None
        return self.store.values.hold_inputs(literals)

    def _know(self, entity: Any) -> Known:
        """Return what is kept about an executable, and tell the store of it."""
        from fletching.types.idl import typed_interface

        interface = entity.python_interface
        typed = typed_interface(interface)
        data = typed.SerializeToString(deterministic=True)
        key = hashlib.sha256(data).digest()
        code = code_digest(entity)
        row = (entity.name, getattr(entity, "node_kind", "task"), code, place_of(entity), key)
        with self.store.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (key, data))
            connection.execute("INSERT OR IGNORE INTO entities VALUES (NULL, ?, ?, ?, ?, ?)", row)
            number = connection.execute(ENTITY, row).fetchone()[0]
        made = self._known[id(entity)] = Known(entity, number, interface, code, kind_of_outputs(interface))
        return made

    def end(self, outcome: Any) -> None:
        """Record how the run ended, an `Outcome`, and close the store; what is told later is not heard."""
        if self._open:
            self._end(outcome)
            self._open, self._logs = False, ""
            self._rows.clear()
            self.store.close()

    def _end(self, outcome: Any) -> None:
        error, known, top = outcome.error, self._entity, self._top
        status = "succeeded" if error is None else "cancelled" if _is_stop(error) else "failed"
        if error is None and known is not None and (top is None or top.outputs is None):
            top = Row("", "", known, None, "")
            self._hold_outputs(top, outcome.value)
        outputs, data = (top.outputs, top.data) if error is None and top is not None else (None, None)
        ended = status, time.time(), "" if error is None else _told(error)
        writer = self._writer
        writer.other(END, *ended, outputs, data, writer.run)
        if not writer.commit(now=True):
            # What waited may be too much for the store; how the run ended may fit.
            writer.drop()
            writer.other(END, *ended, None, None, writer.run)
            writer.commit(now=True)

    # One node

    def recall(self, call: Any) -> Found | None:
        """Return what a node gave in the run to go on from, or None if it has to run.

        Raises:
            RecoveryError: its code changed since.
        """
        if self._earlier is None or not self._open:
            return None
        row = self._row(call)
        if row is None:
            return None
        known = row.known
        try:
            found = self._earlier.outputs(row.path, known.entity.name, known.code, row.inputs)
            if found is None:
                return None
            value, literals = self.store.values.outputs(known.interface, found[1])
            self._digest.learn(known.interface, value, literals)
        except RecoveryError:
            raise
        except Exception as error:  # noqa: BLE001 - damaged, or of a transformer of anybody: then it runs again
            self.event("unusable", row.path, text=_told(error))
            return None
        from fletching.run.cache import Found

        row.status = "recovered"
        made = Data(found[0], found[1])
        row.outputs, row.data = made.hash, made.inline
        self._writer.data(made)
        return Found(value)

    def started(self, call: Any) -> None:
        """Record that a node began."""
        row = self._row(call)
        if row is not None:
            row.started = row.began = time.time()
            self._touch(row)

    def attempt(self, call: Any, number: int, executor: str) -> None:
        """Record that an attempt begins.

        Args:
            call: the node's call.
            number: from 0.
            executor: the name of what runs it.
        """
        row = self._row(call)
        if row is not None:
            row.attempts, row.executor, row.began = number + 1, executor, time.time()
            self._touch(row)

    def attempt_failed(self, call: Any, number: int, error: BaseException) -> None:
        """Record what went wrong with an attempt."""
        row = self._row(call)
        if row is not None:
            run, now = self._writer.run, time.time()
            self._writer.other(ATTEMPT, run, row.path, number, row.executor, row.began, now, _told(error))
            self._touch(row)

    def ended(self, call: Any, outcome: Any, state: str) -> None:
        """Record how a node ended; it is on disk when this returns, unless several are written together.

        Args:
            call: the node's call.
            outcome: the `Outcome`; its value counts if its error is None.
            state: ``succeeded``, ``failed``, ``cached``, ``recovered``, ``skipped`` or ``cancelled``.
        """
        row = self._row(call)
        if row is None:
            return
        del self._rows[row.path]
        row.status, row.ended = state, time.time()
        if outcome.error is not None:
            row.error = _told(outcome.error)
        elif state in FINISHED and row.outputs is None:
            self._hold_outputs(row, outcome.value)
        entry = call.entry
        if entry is None:
            row.cache_state = "off"
        else:
            row.cache_key = entry.key
            row.cache_state = "hit" if state == "cached" else "stored" if state == "succeeded" else "miss"
            ingredients = getattr(entry, "ingredients", None)
            row.ingredients = redact(json.dumps(ingredients, default=str)) if ingredients else ""
        if not row.path:
            self._top = row
        self._writer.row(row)
        if not self._together:
            self._writer.commit()

    def log_path(self, call: Any, number: int) -> str:
        """Return the file that what an attempt prints goes to as well, or an empty string.

        Args:
            call: the node's call.
            number: from 0.
        """
        if not self._logs:
            return ""
        path: str = call.path
        if path and len(path) < 50:
            return f"{self._logs}{path.replace('/', '.')}-{number}.log"  # the same, a few microseconds earlier
        return self.store.log_path(self.run_id, path, number)

    def event(self, kind: str, path: str = "", attempt: int = 0, text: str = "") -> None:
        """Record something that no node and no attempt says."""
        if self._open:
            self._events += 1
            self._writer.other(EVENT, self._writer.run, self._events, time.time(), kind, path, attempt, redact(text))

    def begin_batch(self) -> None:
        """Have what ends until `flush` written together, in one commit."""
        self._together = True

    def flush(self) -> None:
        """Commit what waits; cheap if nothing does."""
        self._together = False
        if self._open and self._writer.waits:
            self._writer.commit()

    def _row(self, call: Any) -> Row | None:
        """Return the row of a node, made when it is first heard of; None if nothing is recorded."""
        found = self._rows.get(call.path)
        if found is not None or not self._open:
            return found
        known = self._known.get(id(call.entity))
        if known is None:
            if self._writer.rests:
                return None
            try:
                known = self._know(call.entity)
            except (sqlite3.Error, RunStoreError) as error:
                self._writer.failed(error)
                return None
        inputs = self._digest(known.interface, call.inputs)
        parent = call.parent.path if call.parent is not None else ""
        made = self._rows[call.path] = Row(call.path, parent, known, inputs, "\n".join(call.upstream))
        return made

    def _touch(self, row: Row) -> None:
        self._writer.row(row)
        if not self._together and time.monotonic() - self._writer.committed > SHOWN:
            self._writer.commit()

    def _hold_outputs(self, row: Row, value: Any) -> None:
        """Make outputs ready to be written; a node whose outputs cannot be will be run again by a recovery."""
        known = row.known
        if known.outputs == "streams":
            return
        try:
            literals = values_of(known.interface, value)
            if known.outputs != "plain":
                self._digest.learn(known.interface, value, literals)
            made = self.store.values.hold(literals, files=known.outputs != "plain")
        except OSError as error:
            self._writer.trouble(error)
        except Exception as error:  # noqa: BLE001 - of a transformer of anybody
            self.event("unwritable", row.path, text=_told(error))
        else:
            row.outputs, row.data = made.hash, made.inline
            if made.contents or made.inline is None:
                self._writer.data(made)


def new_run_id(at: float) -> str:
    """Return an id that no other run has, and that sorts by time: ``20261126-135501-7f3a9c``, in UTC.

    The last part tells the moment within the second, to 15 us, and has two digits by chance.
    """
    whole, part = divmod(at, 1)
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(whole))}-{int(part * 65536):04x}{os.urandom(1).hex()}"


def _told(error: BaseException) -> str:
    """Return type, message and notes of an error, without secrets."""
    notes = [str(note) for note in getattr(error, "__notes__", ())]
    text = text_of(error)
    head = f"{type(error).__qualname__}: {text}" if text else type(error).__qualname__
    return redact("\n".join([head, *notes]))


def _is_stop(error: BaseException) -> bool:
    from asyncio import CancelledError

    from fletching.errors import RunCancelledError

    return isinstance(error, (KeyboardInterrupt, RunCancelledError, CancelledError))
