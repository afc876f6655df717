"""What asyncio can do in the running version of Python."""

import asyncio
import concurrent.futures
import inspect
import math
import sys
import time
from typing import Any, Dict, List

_ALWAYS = [
    "ON-LOOP",
    "OFFLOAD",
    "INBOUND",
    "LIFECYCLE",
    "call-at",
    "cancel-propagates",
    "concurrent-callbacks",
    "concurrent-direct",
    "concurrent-states",
    "context",
    "context-arg",
    "context-shared-await",
    "custom-executor",
    "debug-thread-check",
    "dynamic-args",
    "edge-cancel",
    "ensure-future",
    "executor-queue-cancel",
    "fatal",
    "fifo-tasks",
    "future-cancel",
    "gather",
    "global-fifo",
    "implicit-loop",
    "kwargs",
    "loop-control",
    "loop-restart",
    "misuse-tests",
    "multi-loop",
    "remove-done-callback",
    "self-await-check",
    "self-cancel",
    "shield",
    "strict-settle",
    "suppressible-cancel",
    "sync-await",
    "sync-query",
    "task-is-future",
    "threadsafe-handle",
    "threadsafe-shares-fifo",
    "unretrieved-report",
    "wait-for",
]


def find_capabilities() -> List[str]:
    """The names of what this Python's asyncio has, sorted. The API decides, not the loop: probes correct it downwards."""
    shutdown = inspect.signature(concurrent.futures.Executor.shutdown)
    by_feature = {
        "eager-tasks": hasattr(asyncio, "eager_task_factory"),
        "executor-cancel-futures": "cancel_futures" in shutdown.parameters,
        "executor-shutdown": hasattr(asyncio.AbstractEventLoop, "shutdown_default_executor"),
        # asyncio.run takes no loop factory before 3.12; the Runner of 3.11 does.
        "runner": hasattr(asyncio, "Runner"),
        # Handles of call_soon_threadsafe have a lock since 3.14.
        "threadsafe-handle-blocking": sys.version_info >= (3, 14),
        "timeout-scope": hasattr(asyncio, "timeout"),
        "to-thread": hasattr(asyncio, "to_thread"),
        "uncancel": hasattr(asyncio.Task, "uncancel"),
    }
    return sorted(_ALWAYS + [name for name, is_there in by_feature.items() if is_there])


def find_parameters(loop: Any) -> Dict[str, Any]:
    """The parameters of a loop. One that does not say how coarse its clock is gets no granularity declared."""
    parameters: Dict[str, Any] = {
        "executorCancel": "abandon",
        "executorContext": "none",
        "closePolicy": "discard",
        "weakTasks": True,
        "cpuClock": hasattr(time, "pthread_getcpuclockid"),
    }
    resolution_s = getattr(loop, "_clock_resolution", None)
    if isinstance(resolution_s, float) and resolution_s > 0:
        # asyncio runs timers that are due within one step of its clock.
        parameters["timerEarlyNs"] = math.ceil(resolution_s * 1e9)
        parameters["clockResolutionNs"] = math.ceil(resolution_s * 1e9)
    return parameters
