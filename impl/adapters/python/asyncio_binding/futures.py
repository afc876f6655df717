"""Callbacks, timers and futures on the loop."""

import asyncio
from typing import Any, Callable, Dict, Tuple

from crossloop_sdk.bodies import DoneCallback


def _call_soon(call: Any) -> Any:
    return call.loop.call_soon(call.passed(), **_context(call))


def _call_later(call: Any) -> Any:
    return call.loop.call_later(call.seconds("delayUs"), call.passed(), **_context(call))


def _call_at(call: Any) -> Any:
    delay_s = call.seconds("delayUs")
    when = None if delay_s is None else call.loop.time() + delay_s
    return call.loop.call_at(when, call.passed(), **_context(call))


def _context(call: Any) -> Dict[str, Any]:
    values = call.argument("context")
    return {} if values is None else {"context": call.run.context(values)}


def _cancel_handle(call: Any) -> None:
    call.of.cancel()


def _time(call: Any) -> Tuple[str, Any]:
    """The loop's clock in nanoseconds since `main` began: small numbers, and never decreasing where the clock is not."""
    v = None if call.loop is None else int(call.loop.time() * 1e9) - call.run.recorder.started_ns
    return "time", {"tag": None, "v": v}


def _create_future(call: Any) -> Any:
    return call.loop.create_future()


def _set_result(call: Any) -> None:
    call.of.set_result(call.argument("value"))


def _set_exception(call: Any) -> None:
    """With a value instead of an error: what is no exception must be refused."""
    call.of.set_exception(call.argument("value") if call.step.error is None else call.error())


def _cancel_future(call: Any) -> Any:
    return call.of.cancel()


def _add_done_callback(call: Any) -> None:
    call.of.add_done_callback(DoneCallback(call.run, call.step.body, call.id))


def _remove_done_callback(call: Any) -> Any:
    return call.of.remove_done_callback(DoneCallback(call.run, call.step.body, call.id))


def _query(call: Any) -> Dict[str, Any]:
    state = {"done": call.of.done(), "cancelled": call.of.cancelled()}
    if hasattr(call.of, "cancelling"):
        state["cancelling"] = call.of.cancelling()
    return state


def _result(call: Any) -> Any:
    return call.of.result()


def _exception(call: Any) -> Any:
    error = call.of.exception()
    return None if error is None else call.run.kind_of(error)


def settle(future: Any, call: Any) -> None:
    """Gives a future what the operation says: a value or an error."""
    if call.step.error is None:
        future.set_result(call.argument("value"))
    else:
        future.set_exception(call.error())


def _settle_pending(future: Any, call: Any) -> None:
    if not future.done():
        settle(future, call)


def _complete_threadsafe(call: Any) -> None:
    """As asyncio prescribes: the loop's own thread sets the future, unless it is done by then."""
    future_loop(call.of).call_soon_threadsafe(_settle_pending, call.of, call)


def _complete_direct(call: Any) -> None:
    """The defect this project began with: the foreign thread sets the future itself, and nothing wakes the loop."""
    _settle_pending(call.of, call)


def future_loop(future: Any) -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop = future.get_loop()
    return loop


COMPLETIONS: Dict[str, Callable[[Any], None]] = {"threadsafe": _complete_threadsafe, "direct": _complete_direct}

OPERATIONS: Dict[str, Callable[..., Any]] = {
    "callSoon": _call_soon,
    "callLater": _call_later,
    "callAt": _call_at,
    "cancelHandle": _cancel_handle,
    "time": _time,
    "createFuture": _create_future,
    "setResult": _set_result,
    "setException": _set_exception,
    "cancelFuture": _cancel_future,
    "addDoneCallback": _add_done_callback,
    "removeDoneCallback": _remove_done_callback,
    "query": _query,
    "result": _result,
    "exception": _exception,
}
