"""Error kinds of asyncio, of the loops that follow it, and of concurrent.futures."""

import asyncio
import concurrent.futures
from typing import Optional

# Before 3.11 these are three classes, and the two CancelledErrors have always been two.
_TIMEOUTS = (asyncio.TimeoutError, concurrent.futures.TimeoutError, TimeoutError)
_CANCELLATIONS = (asyncio.CancelledError, concurrent.futures.CancelledError)
_INVALID_STATES = (asyncio.InvalidStateError, concurrent.futures.InvalidStateError)

# A loop says these with RuntimeError; only the text tells them apart. uvloop's texts agree in these words.
_RUNTIME_TEXTS = (
    ("is closed", "CLOSED"),
    ("shutdown", "SHUTDOWN"),
    ("Non-thread-safe", "WRONG_THREAD"),
    ("no running event loop", "NOT_RUNNING"),
    ("already running", "ALREADY_RUNNING"),
    ("while another loop is running", "ALREADY_RUNNING"),
)


def kind_of_error(error: BaseException) -> Optional[str]:
    """The kind, or None for exceptions that mean nothing special in asyncio."""
    if isinstance(error, _CANCELLATIONS):
        return "CANCELLED"
    if isinstance(error, _TIMEOUTS):
        return "TIMEOUT"
    if isinstance(error, _INVALID_STATES):
        return "INVALID_STATE"
    if isinstance(error, RuntimeError):
        text = str(error)
        return next((kind for words, kind in _RUNTIME_TEXTS if words in text), None)
    return None


def make_error(kind: str) -> BaseException:
    """An exception such as asyncio raises for the kind."""
    if kind == "CANCELLED":
        return asyncio.CancelledError()
    if kind == "TIMEOUT":
        return asyncio.TimeoutError()
    if kind == "INVALID_STATE":
        return asyncio.InvalidStateError("raised by the program")
    words = next(words for words, named in _RUNTIME_TEXTS if named == kind)
    return RuntimeError("raised by the program: %s" % words)
