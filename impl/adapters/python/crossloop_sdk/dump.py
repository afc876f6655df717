"""Where every thread of a run is: for a run that did not end."""

import sys
import threading
from typing import Any, Dict, List

from .limits import DUMP_THREADS_MAX, STACK_FRAMES_MAX


def dump_threads(recorder: Any) -> List[Dict[str, Any]]:
    """Label, name and stack (outermost first) of every thread but the caller, without touching any of them.

    A thread that never recorded, an idle worker for instance, has no label: null.
    """
    labels = {state.ident: state.label for state in list(recorder.states)}
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    threads = []
    for ident, frame in sys._current_frames().items():
        if ident == threading.get_ident() or len(threads) == DUMP_THREADS_MAX:
            continue
        name = names.get(ident, "unknown")
        threads.append({"th": labels.get(ident), "name": name, "stack": _stack_of(frame)})
    return threads


def _stack_of(frame: Any) -> List[str]:
    lines: List[str] = []
    while frame is not None and len(lines) < STACK_FRAMES_MAX:
        code = frame.f_code
        lines.append("%s:%s in %s" % (code.co_filename, frame.f_lineno, code.co_name))
        frame = frame.f_back
    return lines[::-1]
