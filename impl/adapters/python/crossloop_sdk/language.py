"""Operations that need no implementation: threads, gates, cells, context variables, marks."""

import gc
import threading
import time
from typing import Any, Callable, Dict, Tuple

from .noise import spin


def _signal(call: Any) -> None:
    call.run.gates[call.argument("gate")].signal()


def _wait_gate(call: Any) -> None:
    call.run.gates[call.argument("gate")].wait()


def _meet(call: Any) -> None:
    call.run.gates[call.argument("gate")].meet(call.argument("count", 2))


def _spawn(call: Any) -> threading.Thread:
    """Starts a foreign thread, labelled F by the order of spawns. What escapes its body is noted as stray."""
    run = call.run
    label = "F%d" % (len(run.threads) + 1)
    function = call.function()

    def perform() -> None:
        run.recorder.register(label)
        try:
            function()
        except BaseException as error:
            run.stray.append({"th": label, "err": run.kind_of(error)})

    thread = threading.Thread(target=perform, name=label, daemon=True)
    run.threads.append(thread)
    thread.start()
    return thread


def _join(call: Any) -> None:
    for thread in [call.of] if call.of is not None else list(call.run.threads):
        thread.join()


def _sleep(call: Any) -> None:
    time.sleep(max(0.0, call.seconds("delayUs")))


def _spin(call: Any) -> None:
    spin(call.argument("delayUs") * 1000)


def _cell_write(call: Any) -> None:
    call.run.cells[call.argument("tag")] = call.argument("value")


def _cell_read(call: Any) -> Tuple[str, Any]:
    tag = call.argument("tag")
    return "cellRead", {"tag": tag, "v": call.run.cells.get(tag)}


def _context_set(call: Any) -> None:
    call.run.variable(call.argument("tag")).set(call.argument("value"))


def _context_get(call: Any) -> Tuple[str, Any]:
    tag = call.argument("tag")
    return "contextGet", {"tag": tag, "v": call.run.variable(tag).get()}


def _mark(call: Any) -> Tuple[str, Any]:
    return call.argument("tag"), call.argument("value")


def _cpu_time(call: Any) -> Tuple[str, Any]:
    return "cpuTime", {"tag": None, "v": call.run.main_cpu_ns()}


def _drop(call: Any) -> None:
    # The last reference goes here, between inv and ret.
    call.of = None
    call.run.slots.pop(call.argument("of"), None)


def _collect_garbage(call: Any) -> None:
    gc.collect()


FUNCTIONS: Dict[str, Callable[[Any], Any]] = {
    "signal": _signal,
    "waitGate": _wait_gate,
    "meet": _meet,
    "spawn": _spawn,
    "join": _join,
    "sleep": _sleep,
    "spin": _spin,
    "cellWrite": _cell_write,
    "cellRead": _cell_read,
    "contextSet": _context_set,
    "contextGet": _context_get,
    "mark": _mark,
    "cpuTime": _cpu_time,
    "drop": _drop,
    "collectGarbage": _collect_garbage,
}
