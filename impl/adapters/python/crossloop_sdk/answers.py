"""The messages of an adapter, as the protocol spells them."""

import time
import traceback
from typing import Any, Dict, Iterator, List, Optional

from .adapter import Adapter
from .dump import dump_threads
from .history import write_batches, write_events
from .limits import LINE_BYTES_MAX, RECORDS_MAX
from .recorder import Record, has_gil

PROTOCOL = 1
# What an events message needs beside its events.
_ENVELOPE_BYTES = 200


def ready(re: Any, adapter: Adapter) -> Dict[str, Any]:
    resolution_ns = max(1, round(time.get_clock_info("monotonic").resolution * 1e9))
    return {
        "type": "ready",
        "re": re,
        "protocol": PROTOCOL,
        "adapter": {"name": adapter.name, "version": adapter.version, "language": "python"},
        "implementation": adapter.implementation,
        "capabilities": adapter.capabilities,
        "parameters": adapter.parameters,
        "limits": {"events": RECORDS_MAX, "threads": None},
        "clock": {"stamp": "atomic" if has_gil() else "locked", "resolutionNs": resolution_ns},
    }


def error(re: Any, code: str, definite: bool, message: str, failure: Optional[BaseException] = None) -> Dict[str, Any]:
    """`definite`: what was asked for did not and will not happen."""
    trace = None
    if failure is not None:
        trace = "".join(traceback.format_exception(type(failure), failure, failure.__traceback__))
    return {"type": "error", "re": re, "code": code, "definite": definite, "message": message, "traceback": trace}


def rejected(re: Any, operation: Optional[str], reason: str) -> Dict[str, Any]:
    return {"type": "rejected", "re": re, "operation": operation or "", "reason": reason}


def events(re: Any, records: List[Record], started_ns: int) -> Optional[Iterator[str]]:
    """Lines that carry the records, in batches; None if one record does not fit on a line."""
    texts = write_events(records, started_ns)
    if texts and max(map(len, texts)) > LINE_BYTES_MAX - _ENVELOPE_BYTES:
        return None
    return _events_lines(re, texts)


def _events_lines(re: Any, texts: List[str]) -> Iterator[str]:
    first = 0
    for batch in write_batches(texts):
        yield '{"type":"events","re":%s,"first":%d,"events":[%s]}' % (_json_id(re), first, ",".join(batch))
        first += len(batch)


def done(run: Any, outcome: str, count: int, tasks: Optional[int]) -> Dict[str, Any]:
    ended_ns = run.ended_ns if run.ended_ns is not None else run.adapter.clock_ns()
    return {
        "type": "done",
        "re": run.id,
        "t": max(0, ended_ns - run.recorder.started_ns),
        "outcome": outcome,
        "events": count,
        "leaked": {"threads": run.leaked_threads(), "tasks": tasks, "handles": None},
        "stray": list(run.stray),
    }


def dump(run: Any, progress: int) -> Dict[str, Any]:
    threads = dump_threads(run.recorder)
    return {"type": "dump", "re": run.id, "threads": threads, "queues": {}, "progress": progress}


def _json_id(re: Any) -> str:
    return str(re) if type(re) is int else '"%s"' % re
