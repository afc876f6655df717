"""Executors, and everything other threads do with a loop."""

import asyncio
import concurrent.futures
from typing import Any, Awaitable, Callable, Dict

from crossloop_sdk.bodies import DoneCallback

from .futures import settle


def _run_in_executor(call: Any) -> Any:
    return call.loop.run_in_executor(call.executor, call.passed(), *call.argument("args", ()))


def _make_executor(call: Any) -> concurrent.futures.Executor:
    return concurrent.futures.ThreadPoolExecutor(max_workers=call.argument("count"))


def _shutdown_executor(call: Any) -> None:
    wait = call.argument("wait", True)
    if call.argument("cancelFutures", False):
        call.of.shutdown(wait=wait, cancel_futures=True)
    else:
        call.of.shutdown(wait=wait)


def _shutdown_default_executor(call: Any) -> Awaitable[Any]:
    return asyncio.get_running_loop().shutdown_default_executor()


def _call_soon_threadsafe(call: Any) -> Any:
    values = call.argument("context")
    if values is None:
        return call.loop.call_soon_threadsafe(call.passed())
    return call.loop.call_soon_threadsafe(call.passed(), context=call.run.context(values))


def _run_coroutine_threadsafe(call: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(call.passed(), call.loop)


def _create_concurrent(call: Any) -> Any:
    return concurrent.futures.Future()


def _concurrent_set(call: Any) -> None:
    settle(call.of, call)


def _concurrent_cancel(call: Any) -> Any:
    return call.of.cancel()


def _concurrent_query(call: Any) -> Dict[str, Any]:
    return {"done": call.of.done(), "cancelled": call.of.cancelled(), "running": call.of.running()}


def _concurrent_result(call: Any) -> Any:
    return _wait_concurrent(call, call.of.result)


def _concurrent_exception(call: Any) -> Any:
    error = _wait_concurrent(call, call.of.exception)
    return None if error is None else call.run.kind_of(error)


def _wait_concurrent(call: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(call.seconds("timeoutUs"))
    except BaseException as error:
        # A time-out of the wait and one that the work raised look alike; whether it is done by now tells more.
        if call.run.kind_of(error) == "TIMEOUT":
            call.done = call.of.done()
        raise


def _concurrent_add_done_callback(call: Any) -> None:
    call.of.add_done_callback(DoneCallback(call.run, call.step.body, call.id))


OPERATIONS: Dict[str, Callable[..., Any]] = {
    "runInExecutor": _run_in_executor,
    "makeExecutor": _make_executor,
    "shutdownExecutor": _shutdown_executor,
    "callSoonThreadsafe": _call_soon_threadsafe,
    "runCoroutineThreadsafe": _run_coroutine_threadsafe,
    "createConcurrent": _create_concurrent,
    "concurrentSet": _concurrent_set,
    "concurrentCancel": _concurrent_cancel,
    "concurrentQuery": _concurrent_query,
    "concurrentResult": _concurrent_result,
    "concurrentException": _concurrent_exception,
    "concurrentAddDoneCallback": _concurrent_add_done_callback,
}
# Since 3.9.
if hasattr(asyncio.AbstractEventLoop, "shutdown_default_executor"):
    OPERATIONS["shutdownDefaultExecutor"] = _shutdown_default_executor
