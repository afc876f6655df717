"""The recorder: stamped records in one append-only buffer a thread."""

import itertools
import sys
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple

from .limits import RECORDS_MAX

Record = Tuple[Any, ...]


def has_gil() -> bool:
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def make_stamp() -> Callable[[], int]:
    """A process-wide counter from 1 on: atomic under the GIL, where `next` of a count is one C call; else locked."""
    count = itertools.count(1).__next__
    if has_gil():
        return count
    # Re-entrant: the collector may call an exception handler, which records, while its thread is in here.
    lock = threading.RLock()

    def stamp() -> int:
        with lock:
            return count()

    return stamp


class ThreadState:
    """What the recorder knows of one operating-system thread. Only that thread writes to it."""

    __slots__ = ("label", "ident", "records", "progress")

    def __init__(self, label: str) -> None:
        self.label = label
        self.ident = threading.get_ident()
        self.records: List[Record] = []
        # run and resm records: what quiesce watches.
        self.progress = 0


class Recorder:
    """Records one run. A new one is made for every run, so that what an earlier program left behind cannot record into it.

    The stamp is taken by the thread that records, the time is read after it. Threads are told apart by thread-local
    state, never by their idents, which the system uses again: a label never stands for two threads.
    """

    def __init__(self, clock_ns: Callable[[], int], started_ns: int) -> None:
        self._clock_ns = clock_ns
        self._stamp = make_stamp()
        self._local = threading.local()
        self._number_worker = make_stamp()
        self.started_ns = started_ns
        self.states: List[ThreadState] = []
        self.overflowed = False

    def state(self) -> ThreadState:
        """The state of the calling thread; a thread unknown so far becomes the next W."""
        try:
            return self._local.state
        except AttributeError:
            return self.register("W%d" % self._number_worker())

    def register(self, label: str) -> ThreadState:
        """Names the calling thread, before its first record."""
        state = self._local.state = ThreadState(label)
        self.states.append(state)
        return state

    def _add(self, *fields: Any) -> int:
        state = self.state()
        stamp = self._stamp()
        if stamp > RECORDS_MAX:
            self.overflowed = True
        else:
            state.records.append((stamp, self._clock_ns(), state.label) + fields)
        return stamp

    def invoke(self, inst: Any, step: Any, rounds: Tuple[int, ...], refs: Optional[Dict[str, Any]], loop: Any) -> int:
        """inv; its stamp is the id of the operation."""
        return self._add("inv", inst, step, rounds, refs, loop)

    def returned(self, op_id: int, value: Any) -> None:
        self._add("ret", op_id, value, None, None)

    def failed(self, op_id: int, kind: str, done: Optional[bool] = None) -> None:
        self._add("ret", op_id, None, kind, done)

    def run(self, inst: Any, body: Any, args: Optional[List[Any]]) -> None:
        self._add("run", inst, body, args)
        self.state().progress += 1

    def end(self, inst: Any, value: Any, kind: Optional[str] = None) -> None:
        self._add("end", inst, value, kind)

    def suspend(self, inst: Any, op_id: int, on: Any) -> None:
        self._add("susp", inst, op_id, on)

    def resume(self, inst: Any, op_id: int, value: Any, kind: Optional[str] = None) -> None:
        self._add("resm", inst, op_id, value, kind)
        self.state().progress += 1

    def handler(self, src: Any, kind: str) -> None:
        self._add("hnd", src, kind)

    def loop(self, state: str, kind: Optional[str] = None) -> None:
        self._add("loop", state, kind)

    def mark(self, inst: Any, step: Any, rounds: Tuple[int, ...], label: str, data: Any) -> None:
        self._add("mark", inst, step, rounds, label, data)

    def count(self) -> int:
        """Records made so far; may be called by any thread."""
        return sum(len(state.records) for state in list(self.states))

    def snapshot(self) -> List[Record]:
        """Every thread's records so far, by stamp; may be called by any thread, while others go on recording."""
        records: List[Record] = []
        for state in list(self.states):
            records.extend(list(state.records))
        records.sort(key=lambda record: record[0])
        return records

    def open_workers(self) -> int:
        """Threads that are neither the main thread nor spawned and are inside a body."""
        count = 0
        for state in list(self.states):
            if state.label[0] == "W":
                events = [record[3] for record in list(state.records)]
                count += events.count("run") > events.count("end")
        return count
