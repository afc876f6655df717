"""The adapter for asyncio: its operations, errors, clock and what it says of itself, as one value."""

import os
import platform
import time
from typing import Any, Callable, Dict, Tuple

from crossloop_sdk.adapter import Adapter

from . import futures, lifecycle, tasks, threads
from .capabilities import find_capabilities, find_parameters
from .errors import kind_of_error, make_error
from .loop_factory import DEFAULT_LOOP, LoopFactory

ADAPTER_VERSION = "0.1.0"


def make_adapter(factory: LoopFactory, complete: str) -> Adapter:
    """An adapter that performs programs on loops of the factory. `complete`: see `futures.COMPLETIONS`."""

    def open_clock() -> Tuple[Callable[[], float], Callable[[], None]]:
        loop = factory.make()
        return loop.time, loop.close

    loop = factory.make()
    parameters = find_parameters(loop)
    loop.close()
    return Adapter(
        name="crossloop-asyncio",
        version=ADAPTER_VERSION,
        implementation=_describe(factory),
        capabilities=find_capabilities(),
        parameters=parameters,
        operations={
            **futures.OPERATIONS,
            **tasks.OPERATIONS,
            **threads.OPERATIONS,
            **lifecycle.make_operations(factory.make),
            "complete": futures.COMPLETIONS[complete],
        },
        kind_of_error=kind_of_error,
        make_error=make_error,
        # asyncio's timers use time.monotonic, and libuv's the same clock of the system.
        clock_ns=time.monotonic_ns,
        open_clock=open_clock,
        finish=lifecycle.finish,
    )


def _describe(factory: LoopFactory) -> Dict[str, Any]:
    runtime = platform.python_version()
    described: Dict[str, Any] = {
        "language": "python",
        "runtimeVersion": "%s %s" % (platform.python_implementation(), runtime),
        "os": "%s %s" % (platform.system().lower() or os.name, platform.machine()),
    }
    if factory.name == DEFAULT_LOOP:
        described["name"] = "asyncio"
        described["version"] = runtime
        described["homepage"] = "https://docs.python.org/3/library/asyncio.html"
        described["issues"] = "https://github.com/python/cpython/issues"
    else:
        described["name"] = factory.module.__name__
        described["version"] = str(getattr(factory.module, "__version__", "unknown"))
    return described
