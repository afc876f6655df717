"""A correct loop that says on stdout whenever its selector returns: what wakes it becomes visible."""

import asyncio
import selectors
from typing import Any, List, Optional

WOKEN = "the selector returned"


class _WatchedSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    def select(self, timeout: Optional[float] = None) -> List[Any]:
        ready = super().select(timeout)
        print(WOKEN, flush=True)
        return list(ready)


def watched_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(_WatchedSelector())
