"""Event loops that break one promise each, on purpose: what a conformance suite must find.

Use: PYTHONPATH=impl/adapters/python/tests python3 impl/adapters/python/asyncio_adapter.py --loop wrong_loops:silent_loop
"""

import asyncio
import itertools
import os
import resource
import signal
from typing import Any

# lossy_loop: which callbacks of other threads are lost.
LOST_EVERY = 7
# crashing_loop: how many it takes before the process dies.
CRASHED_AFTER = 5
# early_timer_loop: how much too early.
EARLY_S = 0.005


class _SilentLoop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        self._check_closed()
        return self._call_soon(callback, args, context)


class _LifoThreadsafeLoop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.appendleft(handle)
        self._write_to_self()
        return handle


class _DoubleRunLoop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        super().call_soon_threadsafe(callback, *args, context=context)
        return super().call_soon_threadsafe(callback, *args, context=context)


class _LossyLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        if next(self._numbers) % LOST_EVERY == 0:
            self._check_closed()
            return asyncio.Handle(callback, args, self, context)
        return super().call_soon_threadsafe(callback, *args, context=context)


class _CrashingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        if next(self._numbers) > CRASHED_AFTER:
            # Without leaving a core file behind.
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().call_soon_threadsafe(callback, *args, context=context)


class _EarlyTimerLoop(asyncio.SelectorEventLoop):
    def call_at(self, when: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        return super().call_at(when - EARLY_S, callback, *args, context=context)


def silent_loop() -> asyncio.AbstractEventLoop:
    """call_soon_threadsafe queues the callback and does not wake the loop."""
    return _SilentLoop()


def lifo_threadsafe_loop() -> asyncio.AbstractEventLoop:
    """Callbacks of call_soon_threadsafe go to the front of the queue."""
    return _LifoThreadsafeLoop()


def double_run_loop() -> asyncio.AbstractEventLoop:
    """Callbacks of call_soon_threadsafe run twice."""
    return _DoubleRunLoop()


def lossy_loop() -> asyncio.AbstractEventLoop:
    """Every seventh callback of call_soon_threadsafe is accepted and never runs."""
    return _LossyLoop()


def crashing_loop() -> asyncio.AbstractEventLoop:
    """The sixth call_soon_threadsafe of a loop ends the process by SIGSEGV."""
    return _CrashingLoop()


def early_timer_loop() -> asyncio.AbstractEventLoop:
    """Timers run 5 ms before their deadline."""
    return _EarlyTimerLoop()
