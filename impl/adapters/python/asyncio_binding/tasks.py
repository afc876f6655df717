"""Tasks, and the operations that wait in them."""

import asyncio
from typing import Any, Awaitable, Callable, Dict


def _create_task(call: Any) -> Any:
    coroutine = call.passed()
    if call.argument("eager"):
        return asyncio.eager_task_factory(call.loop, coroutine)
    if call.argument("implicit"):
        return asyncio.create_task(coroutine)
    return call.loop.create_task(coroutine)


def _ensure_future(call: Any) -> Any:
    if call.argument("implicit"):
        return asyncio.ensure_future(call.subject())
    return asyncio.ensure_future(call.subject(), loop=call.loop)


def _cancel_task(call: Any) -> Any:
    return _task_of(call).cancel()


def _uncancel(call: Any) -> Any:
    return _task_of(call).uncancel()


def _task_of(call: Any) -> Any:
    return asyncio.current_task() if call.of is None else call.of


def _await(call: Any) -> Any:
    return call.subject()


def _shield(call: Any) -> Any:
    return asyncio.shield(call.subject())


def _wait_for(call: Any) -> Awaitable[Any]:
    return asyncio.wait_for(call.subject(), call.seconds("timeoutUs"))


def _gather(call: Any) -> Any:
    return asyncio.gather(*call.of)


def _sleep(call: Any) -> Awaitable[Any]:
    return asyncio.sleep(call.seconds("delayUs"))


def _yield(call: Any) -> Awaitable[Any]:
    return asyncio.sleep(0)


def _to_thread(call: Any) -> Awaitable[Any]:
    return asyncio.to_thread(call.passed())


async def _timeout(call: Any, block: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(call.seconds("timeoutUs")):
        return await block()


OPERATIONS: Dict[str, Callable[..., Any]] = {
    "createTask": _create_task,
    "ensureFuture": _ensure_future,
    "cancelTask": _cancel_task,
    "await": _await,
    "shield": _shield,
    "waitFor": _wait_for,
    "gather": _gather,
    "sleep": _sleep,
    "yield": _yield,
}
# Since 3.9, and since 3.11.
if hasattr(asyncio, "to_thread"):
    OPERATIONS["toThread"] = _to_thread
if hasattr(asyncio, "timeout"):
    OPERATIONS["timeout"] = _timeout
if hasattr(asyncio.Task, "uncancel"):
    OPERATIONS["uncancel"] = _uncancel
