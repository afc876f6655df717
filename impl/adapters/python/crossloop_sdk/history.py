"""From records to the events of a History, as JSON text."""

import math
from typing import Any, Callable, Iterator, List, Optional

from .json_text import encode
from .limits import EVENTS_BATCH_BYTES, INTEGER_SAFE_MAX
from .recorder import Record


def as_json(value: Any, ref_of: Callable[[Any], Any]) -> Any:
    """A value of a program as JSON: objects of the implementation become `{ref}`, large integers decimal strings.

    Done when the record is made: a record must not keep an object alive that the program drops.
    """
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -INTEGER_SAFE_MAX <= value <= INTEGER_SAFE_MAX else str(value)
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if kind is list or kind is tuple:
        return [as_json(item, ref_of) for item in value]
    if kind is dict:
        return {str(key): as_json(item, ref_of) for key, item in value.items()}
    return {"ref": ref_of(value)}


def write_events(records: List[Record], started_ns: int) -> List[str]:
    """One JSON text per record. Written by hand where values are known: the general encoder takes several times longer."""
    events = []
    for record in records:
        stamp, time_ns, label, event = record[:4]
        # The id of an operation is the stamp of its inv.
        identity = '"id":%d,' % stamp if event == "inv" else ""
        fields = _WRITERS[event](*record[4:])
        t = max(0, time_ns - started_ns)
        events.append('{"seq":%d,"t":%d,"th":"%s","ev":"%s",%s%s}' % (stamp, t, label, event, identity, fields))
    return events


def write_batches(events: List[str]) -> Iterator[List[str]]:
    """The events in order, in lists that fit on a line. An event longer than a batch is a batch of its own."""
    batch: List[str] = []
    size = 0
    for event in events:
        if batch and size + len(event) > EVENTS_BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += len(event) + 1
    if batch:
        yield batch


def _id(inst: Any) -> str:
    return str(inst) if type(inst) is int else encode(inst)


def _outcome(value: Any, kind: Optional[str]) -> str:
    if kind is not None:
        return '"err":%s' % encode(kind)
    return '"v":null' if value is None else '"v":%s' % encode(value)


def _inv(inst: Any, step: Any, rounds: Any, refs: Any, loop: Any) -> str:
    path = step.path % rounds if rounds else step.path
    args = encode(step.shown if refs is None else step.show(refs))
    text = '"inst":%s,"step":"%s","op":"%s","args":%s' % (_id(inst), path, step.op, args)
    return text if loop is None else '%s,"loop":{"ref":%d}' % (text, loop)


def _ret(op_id: int, value: Any, kind: Optional[str], done: Optional[bool]) -> str:
    text = '"id":%d,%s' % (op_id, _outcome(value, kind))
    return text if done is None else '%s,"done":%s' % (text, encode(done))


def _run(inst: Any, body: Any, args: Any) -> str:
    text = '"inst":%s,"body":%s' % (_id(inst), body.name_text)
    return text if args is None else '%s,"args":%s' % (text, encode(args))


def _end(inst: Any, value: Any, kind: Optional[str]) -> str:
    return '"inst":%s,%s' % (_id(inst), _outcome(value, kind))


def _susp(inst: Any, op_id: int, on: Any) -> str:
    return '"inst":%s,"id":%d,"on":{"ref":%s}' % (_id(inst), op_id, _id(on))


def _resm(inst: Any, op_id: int, value: Any, kind: Optional[str]) -> str:
    return '"inst":%s,"id":%d,%s' % (_id(inst), op_id, _outcome(value, kind))


def _hnd(src: Any, kind: str) -> str:
    return '"src":%s,"err":%s' % (_id(src), encode(kind))


def _loop(state: str, kind: Optional[str]) -> str:
    return '"state":"%s"' % state if kind is None else '"state":"%s","err":%s' % (state, encode(kind))


def _mark(inst: Any, step: Any, rounds: Any, label: str, data: Any) -> str:
    path = step.path % rounds if rounds else step.path
    return '"inst":%s,"step":"%s","label":%s,"data":%s' % (_id(inst), path, encode(label), encode(data))


_WRITERS = {
    "inv": _inv,
    "ret": _ret,
    "run": _run,
    "end": _end,
    "susp": _susp,
    "resm": _resm,
    "hnd": _hnd,
    "loop": _loop,
    "mark": _mark,
}
