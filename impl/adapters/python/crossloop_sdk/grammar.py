"""The operations of the Program language: the shape of each, and the arguments it cannot do without."""

from typing import Dict, NamedTuple, Tuple

# What an operation records and how it is performed.
CALL = "call"  # inv, the call, ret
MOMENT = "moment"  # one mark
AWAIT = "await"  # inv susp resm ret, in task bodies only
SCOPE = "scope"  # inv, its steps inside a scope of the implementation, ret; in task bodies only
DRIVE = "drive"  # as a call, and loop start and stop around it when M performs it
CLOSE = "close"  # as a call, and loop closed after it when M succeeded
CONTROL = "control"  # no record: return, raise, try, repeat


class Operation(NamedTuple):
    shape: str
    required: Tuple[str, ...] = ()
    # It makes an object: `v` of its ret is a ref, and `to` may name the slot that receives the object.
    makes: bool = False
    uses_loop: bool = False


def _loop_call(*required: str, makes: bool = False) -> Operation:
    return Operation(CALL, required, makes, uses_loop=True)


OPERATIONS: Dict[str, Operation] = {
    # Control and moments
    "return": Operation(CONTROL),
    "raise": Operation(CONTROL, ("error",)),
    "try": Operation(CONTROL, ("steps",)),
    "repeat": Operation(CONTROL, ("count", "steps")),
    "mark": Operation(MOMENT, ("tag",)),
    "cellRead": Operation(MOMENT, ("tag",)),
    "contextGet": Operation(MOMENT, ("tag",)),
    "time": Operation(MOMENT, uses_loop=True),
    "cpuTime": Operation(MOMENT),
    # Callbacks and timers
    "callSoon": _loop_call("body", makes=True),
    "callSoonThreadsafe": _loop_call("body", makes=True),
    "callLater": _loop_call("body", "delayUs", makes=True),
    "callAt": _loop_call("body", "delayUs", makes=True),
    "cancelHandle": Operation(CALL, ("of",)),
    # Futures and tasks
    "createTask": _loop_call("body", makes=True),
    "ensureFuture": _loop_call("body|of", makes=True),
    "createFuture": _loop_call(makes=True),
    "setResult": Operation(CALL, ("of",)),
    "setException": Operation(CALL, ("of",)),
    "complete": _loop_call("of"),
    "cancelFuture": Operation(CALL, ("of",)),
    "cancelTask": Operation(CALL),
    "uncancel": Operation(CALL),
    "addDoneCallback": Operation(CALL, ("of", "body")),
    "removeDoneCallback": Operation(CALL, ("of", "body")),
    "query": Operation(CALL, ("of",)),
    "result": Operation(CALL, ("of",)),
    "exception": Operation(CALL, ("of",)),
    # Waiting on the loop
    "await": Operation(AWAIT, ("body|of",)),
    "shield": Operation(AWAIT, ("body|of",)),
    "waitFor": Operation(AWAIT, ("body|of",)),
    "gather": Operation(AWAIT, ("of",)),
    "toThread": Operation(AWAIT, ("body",)),
    "shutdownDefaultExecutor": Operation(AWAIT),
    "sleep": Operation(AWAIT, ("delayUs",)),
    "yield": Operation(AWAIT),
    "timeout": Operation(SCOPE, ("steps",)),
    # Executors
    "runInExecutor": _loop_call("body", makes=True),
    "makeExecutor": Operation(CALL, ("count",), makes=True),
    "shutdownExecutor": Operation(CALL, ("of",)),
    # From other threads
    "runCoroutineThreadsafe": _loop_call("body", makes=True),
    "createConcurrent": Operation(CALL, makes=True),
    "concurrentSet": Operation(CALL, ("of",)),
    "concurrentCancel": Operation(CALL, ("of",)),
    "concurrentQuery": Operation(CALL, ("of",)),
    "concurrentResult": Operation(CALL, ("of",)),
    "concurrentException": Operation(CALL, ("of",)),
    "concurrentAddDoneCallback": Operation(CALL, ("of", "body")),
    # Lifecycle
    "newLoop": Operation(CALL, makes=True),
    "runForever": Operation(DRIVE, uses_loop=True),
    "runUntil": Operation(DRIVE, ("body|of",), uses_loop=True),
    "quiesce": Operation(DRIVE, uses_loop=True),
    "runner": Operation(DRIVE, ("body",)),
    "stop": _loop_call(),
    "close": Operation(CLOSE, uses_loop=True),
    "setExceptionHandler": _loop_call(),
    "setDebug": _loop_call("value"),
    # The language's own
    "spawn": Operation(CALL, ("body",), makes=True),
    "join": Operation(CALL),
    "spin": Operation(CALL, ("delayUs",)),
    "signal": Operation(CALL, ("gate",)),
    "waitGate": Operation(CALL, ("gate",)),
    "meet": Operation(CALL, ("gate",)),
    "cellWrite": Operation(CALL, ("tag",)),
    "contextSet": Operation(CALL, ("tag",)),
    "drop": Operation(CALL, ("of",)),
    "collectGarbage": Operation(CALL),
    "rawCall": Operation(CALL, ("call",)),
}

# Performed by the interpreter, whatever the implementation.
LANGUAGE_OPERATIONS = frozenset(
    ["return", "raise", "try", "repeat", "mark", "cellRead", "contextGet", "cpuTime", "spawn", "join", "spin", "signal"]
    + ["waitGate", "meet", "cellWrite", "contextSet", "drop", "collectGarbage", "rawCall"]
)

BODY_KINDS = frozenset(["callback", "task", "worker", "thread"])

# Performed by calling the body with no implementation in between, or compared by equality: a coroutine makes no sense.
PLAIN_BODY_OPERATIONS = frozenset(
    ["spawn", "addDoneCallback", "removeDoneCallback", "concurrentAddDoneCallback", "setExceptionHandler"]
)

# Arguments that name a slot, and arguments that are not shown in `args`.
SLOT_ARGUMENTS = ("of", "executor")
HIDDEN_ARGUMENTS = frozenset(["op", "to", "loop", "steps", "then", "finally"])
