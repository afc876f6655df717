"""What an adapter gives to the SDK: values and functions about one implementation, no subclassing."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple


class Adapter(NamedTuple):
    """A mapping of the contract's operations onto the calls of one implementation.

    `operations` maps a name to a function of one `call.Call`. What it returns depends on the operation's shape
    (`grammar.py`): a value or object for a call, an awaitable for an awaiting operation; a scope (`timeout`) also gets
    the block to perform, a coroutine function. What it raises is recorded as the operation's error and raised in the
    body. An operation that is missing here is rejected with its program, before that runs.
    """

    name: str
    version: str
    # name, version, language, runtimeVersion, os and, where known, homepage and issues: sent in `ready` as they are.
    implementation: Dict[str, Any]
    capabilities: List[str]
    parameters: Dict[str, Any]
    operations: Dict[str, Callable[..., Any]]
    # The error kind of an exception of the implementation, or None for one it does not know.
    kind_of_error: Callable[[BaseException], Optional[str]]
    # Makes an exception of a kind that only the implementation knows (CANCELLED, CLOSED, ...).
    make_error: Callable[[str], BaseException]
    # The monotonic clock that the implementation's timers use, in nanoseconds.
    clock_ns: Callable[[], int]
    # Opens the implementation's own clock: a function that reads it in seconds, and one that releases it.
    open_clock: Callable[[], Tuple[Callable[[], float], Callable[[], None]]]
    # After a program: releases the loops and executors it left; the number of unfinished tasks, or None if unknown.
    finish: Callable[[Any], Optional[int]]
