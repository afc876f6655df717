"""One performance of one program: everything its threads share."""

import contextvars
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .adapter import Adapter
from .bodies import make_function, perform_handler
from .errors import first_left, kind_of
from .gates import Gate
from .history import as_json
from .limits import QUIESCE_IDLE_PASSES, QUIESCE_PASSES_MAX
from .noise import Noise
from .program import Body, Program
from .recorder import Record, Recorder


class Options(NamedTuple):
    debug: bool = False
    noise: float = 0.0
    seed: int = 0


class Run:
    """The state of a run: slots, gates, loops and recorder are its own. Nothing in it is seen by another run."""

    def __init__(self, run_id: Any, program: Program, adapter: Adapter, options: Options) -> None:
        self.id = run_id
        self.program = program
        self.adapter = adapter
        self.debug = options.debug
        self.noise = Noise(options.seed, options.noise) if options.noise > 0 else None
        self.recorder = Recorder(adapter.clock_ns, adapter.clock_ns())
        # name -> (object, id of the operation that made it)
        self.slots: Dict[str, Tuple[Any, int]] = {}
        # (loop, id of the operation that made it), the newest last
        self.loops: List[Tuple[Any, int]] = []
        self.gates = {name: Gate() for name in program.gates}
        self.cells: Dict[str, Any] = {}
        self.threads: List[threading.Thread] = []
        self.stray: List[Dict[str, str]] = []
        self.ended_ns: Optional[int] = None
        self.records: Optional[List[Record]] = None
        self._variables: Dict[str, "contextvars.ContextVar[Any]"] = {}
        self._claim = threading.Lock()
        self._main_ident = threading.get_ident()

    def perform(self) -> None:
        """Performs `main` on the calling thread, which must be the process's main thread.

        An error that reaches `main` is recorded by its operation, and the next step is performed. After this returns,
        what is still recorded belongs to no run.
        """
        self.recorder.register("M")
        self.recorder.started_ns = self.adapter.clock_ns()
        contextvars.copy_context().run(self._perform_main)
        self.ended_ns = self.adapter.clock_ns()
        self.records = self.recorder.snapshot()

    def _perform_main(self) -> None:
        for step in self.program.main:
            try:
                if step.perform(self, "main", step, ()) is not None:
                    return
            except BaseException:
                continue

    def claim(self) -> bool:
        """True for the first caller only, who then reports how the run ended: its main thread, or an abort."""
        return self._claim.acquire(False)

    def as_json(self, value: Any) -> Any:
        return value if value is None else as_json(value, self._ref_of)

    def _ref_of(self, thing: Any) -> Optional[int]:
        return next((ref for held, ref in list(self.slots.values()) if held is thing), None)

    def kind_of(self, error: BaseException) -> str:
        return kind_of(error, self.adapter.kind_of_error)

    def make_function(self, body: Body, inst: Any, shows_args: bool = False) -> Callable[..., Any]:
        return make_function(self, body, inst, shows_args)

    def variable(self, tag: str) -> "contextvars.ContextVar[Any]":
        """The context variable of a tag, the same one on every thread."""
        found = self._variables.get(tag)
        return found or self._variables.setdefault(tag, contextvars.ContextVar(tag, default=None))

    def context(self, values: Dict[str, Any]) -> contextvars.Context:
        """A context that holds these values and nothing else."""
        context = contextvars.Context()
        for tag, value in values.items():
            context.run(self.variable(tag).set, value)
        return context

    def handled(self, error: Optional[BaseException]) -> None:
        """Records that the exception handler was called."""
        kind = "OTHER(none)" if error is None else self.kind_of(error)
        self.recorder.handler(first_left(error), kind)

    def perform_handler(self, body: Body, inst: Any) -> None:
        perform_handler(self, body, inst)

    def count_passes(self, pass_once: Callable[[], None]) -> int:
        """quiesce: passes until three in a row record no run and no resm on this thread; how many there were."""
        state = self.recorder.state()
        idle = 0
        for passes in range(1, QUIESCE_PASSES_MAX + 1):
            before = state.progress
            pass_once()
            idle = idle + 1 if state.progress == before else 0
            if idle == QUIESCE_IDLE_PASSES:
                return passes
        return QUIESCE_PASSES_MAX

    def main_cpu_ns(self) -> Optional[int]:
        """CPU time of the loop's thread, from any thread; None where the system cannot tell."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return None
        return time.clock_gettime_ns(time.pthread_getcpuclockid(self._main_ident))

    def leaked_threads(self) -> int:
        return sum(thread.is_alive() for thread in self.threads) + self.recorder.open_workers()
