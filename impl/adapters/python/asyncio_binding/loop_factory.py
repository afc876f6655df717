"""The loop under test: `--loop module:factory`."""

import importlib
import os
import sys
from typing import Any, Callable, NamedTuple

DEFAULT_LOOP = "asyncio:new_event_loop"

# What every operation rests on: a factory that returns something without these returns no event loop.
_METHODS = ("run_forever", "run_until_complete", "call_soon", "call_soon_threadsafe", "stop", "close", "time")


class BadLoop(Exception):
    """The loop cannot be used; the message says why and what to do, on one line."""


class LoopFactory(NamedTuple):
    name: str
    module: Any
    make: Callable[[], Any]


def load_loop_factory(text: str) -> LoopFactory:
    """Imports the module (the working directory and PYTHONPATH are searched) and makes one loop, to see that it can."""
    module_name, colon, factory_name = text.partition(":")
    if not (module_name and colon and factory_name):
        raise BadLoop("write it as module:factory, for instance %s" % DEFAULT_LOOP)
    sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise BadLoop("%s; install it, or put its folder on PYTHONPATH" % error) from None
    except Exception as error:
        raise BadLoop("importing %s failed with %r; repair the module first" % (module_name, error)) from None
    make: Any = module
    for name in factory_name.split("."):
        make = getattr(make, name, None)
    if not callable(make):
        known = sorted(name for name in vars(module) if "loop" in name.lower() and not name.startswith("_"))
        raise BadLoop("%s has no function %s; it has %s" % (module_name, factory_name, ", ".join(known) or "no loop"))
    _try_loop(text, make)
    return LoopFactory(text, module, make)


def _try_loop(text: str, make: Callable[[], Any]) -> None:
    try:
        loop = make()
    except Exception as error:
        raise BadLoop("calling it failed with %r; it must return a new event loop when called without arguments" % error)
    missing = [name for name in _METHODS if not callable(getattr(loop, name, None))]
    if missing:
        raise BadLoop("it returned %r, which lacks %s; name a function that returns a new event loop"
                      % (loop, ", ".join(missing)))  # fmt: skip
    loop.close()
