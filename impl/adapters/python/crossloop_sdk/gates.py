"""Gates: rendezvous between the threads of a program, out of the reach of any loop."""

import threading


class Gate:
    """A gate of one program. It uses a lock and nothing of the implementation, and never wakes a loop.

    Waits are unbounded here; the driver's deadline bounds them, and after its abort the process serves no program.
    """

    def __init__(self) -> None:
        # With its re-entrant lock: a handler that the collector calls in the middle of this may signal the same gate.
        self._changed = threading.Condition()
        self._open = False
        self._arrived = 0

    def signal(self) -> None:
        """Opens the gate for good."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def wait(self) -> None:
        """Blocks the calling thread until the gate is open."""
        with self._changed:
            while not self._open:
                self._changed.wait()

    def meet(self, count: int) -> None:
        """Blocks until `count` meets of this gate have arrived, this one included; later ones pass at once."""
        with self._changed:
            self._arrived += 1
            if self._arrived >= count:
                self._changed.notify_all()
            while self._arrived < count:
                self._changed.wait()
