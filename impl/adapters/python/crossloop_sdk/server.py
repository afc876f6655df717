"""The adapter process: the main thread performs programs, a control thread answers while it cannot.

    control thread   hello ─ run ─ ping ─ ping ─ abort                 reads stdin, never touches a loop
    main thread             started  (main, the loop)  events, done    performs; sends nothing while a program runs
"""

import gc
import os
import queue
import signal
import sys
import threading
import traceback
import warnings
from typing import Any, Dict, Optional, Tuple

from . import answers
from .adapter import Adapter
from .arguments import Rejected
from .calibration import calibrate
from .channel import BadLine, Channel
from .compiler import compile_program
from .limits import COMMANDS_WAITING_MAX, PROGRAMS_PER_COLLECTION
from .program import Program
from .run import Options, Run


def serve(adapter: Adapter, channel: Channel) -> None:
    """Serves crossloop until it says stop or its input ends; both leave by os._exit(0), whatever else still runs.

    To be called on the process's main thread. SIGTERM and SIGINT end the process at once, also when the interpreter is
    stuck in native code.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # An operation that is refused leaves its coroutine unstarted: that is recorded, and no mistake of the program.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    gc.collect()
    gc.freeze()
    server = _Server(adapter, channel)
    threading.Thread(target=server.control, name="crossloop-control", daemon=True).start()
    server.perform_commands()


class _Server:
    def __init__(self, adapter: Adapter, channel: Channel) -> None:
        self._adapter = adapter
        self._channel = channel
        self._commands: "queue.SimpleQueue[Dict[str, Any]]" = queue.SimpleQueue()
        self._current: Optional[Run] = None
        self._is_aborted = False
        self._programs = 0
        self._switch_interval_s = sys.getswitchinterval()

    # The control thread

    def control(self) -> None:
        try:
            while True:
                try:
                    message = self._channel.receive()
                except BadLine as bad:
                    self._channel.send(answers.error(None, bad.code, True, str(bad)))
                    continue
                if message is None:
                    os._exit(0)
                self._dispatch(message)
        except BaseException:
            # Without control nobody could end this process but by force.
            traceback.print_exc()
            os._exit(1)

    def _dispatch(self, message: Dict[str, Any]) -> None:
        kind, re = message.get("type"), message.get("id")
        if kind == "stop":
            os._exit(0)
        elif kind == "ping":
            self._channel.send({"type": "pong", "re": re, "progress": self._progress()})
        elif self._is_aborted:
            self._fail(re, "aborted", True, "after an abort only ping and stop are served")
        elif kind == "hello":
            self._greet(message)
        elif kind == "abort":
            self._abort(message.get("run"))
        elif kind in ("run", "calibrate"):
            # Only this thread puts, so the queue cannot grow between the look and the put.
            if self._commands.qsize() < COMMANDS_WAITING_MAX:
                self._commands.put(message)
            else:
                self._fail(re, "busy", True, "more than %d messages wait" % COMMANDS_WAITING_MAX)
        else:
            self._fail(re, "unknown-message", True, "unknown message type %r" % (kind,))

    def _greet(self, message: Dict[str, Any]) -> None:
        asked = message.get("protocol")
        try:
            fits = int(asked["min"]) <= answers.PROTOCOL <= int(asked["max"])
        except (TypeError, KeyError, ValueError):
            self._fail(message.get("id"), "bad-message", True, "hello says protocol: {min, max}")
            return
        if fits:
            self._channel.send(answers.ready(message.get("id"), self._adapter))
        else:
            reason = "this adapter speaks version %d of the protocol" % answers.PROTOCOL
            self._fail(message.get("id"), "protocol-version", True, reason)

    def _progress(self) -> int:
        run = self._current
        return 0 if run is None else run.recorder.count()

    def _abort(self, run_id: Any) -> None:
        """Reports the run as it stands, from outside: nothing here wakes, interrupts or waits for its threads."""
        run = self._current
        if run is None or run.id != run_id or not run.claim():
            return
        self._is_aborted = True
        records = run.records if run.records is not None else run.recorder.snapshot()
        self._channel.send(answers.dump(run, len(records)))
        self._report(run, "deadline", records, None)

    def _fail(self, re: Any, code: str, definite: bool, message: str, failure: Optional[BaseException] = None) -> None:
        self._channel.send(answers.error(re, code, definite, message, failure))

    # The main thread

    def perform_commands(self) -> None:
        while True:
            message = self._commands.get()
            re = message.get("id")
            try:
                if message["type"] == "calibrate":
                    self._calibrate(message)
                else:
                    self._perform(message)
            except Exception as failure:
                self._current = None
                self._fail(re, "internal", False, "the adapter failed: %r" % failure, failure)

    def _calibrate(self, message: Dict[str, Any]) -> None:
        samples = calibrate(self._adapter, _number(message.get("count"), 100))
        self._channel.send({"type": "calibrated", "re": message.get("id"), "samples": samples})

    def _perform(self, message: Dict[str, Any]) -> None:
        re = message.get("id")
        try:
            program = compile_program(message.get("program"), self._adapter)
        except Rejected as refusal:
            self._channel.send(answers.rejected(re, refusal.operation, refusal.reason))
            return
        options, switch_interval_s = self._read_options(message)
        self._collect_garbage(program)
        sys.setswitchinterval(switch_interval_s)
        run = Run(re, program, self._adapter, options)
        self._current = run
        self._channel.send({"type": "started", "re": re})
        run.perform()
        tasks = self._adapter.finish(run)
        if not run.claim():
            # It was aborted meanwhile and has been reported. This thread has nothing more to do.
            threading.Event().wait()
        self._report(run, "done", run.records or [], tasks)
        self._current = None

    def _read_options(self, message: Dict[str, Any]) -> Tuple[Options, float]:
        source = message.get("options")
        source = source if isinstance(source, dict) else {}
        noise = _number(source.get("noise"), 0.0)
        options = Options(bool(source.get("debug", False)), noise, message.get("seed", 0))
        interval_s = _number(source.get("switchIntervalUs"), 0) / 1e6
        return options, interval_s if interval_s > 0 else self._switch_interval_s

    def _collect_garbage(self, program: Program) -> None:
        self._programs += 1
        if program.needs_collection or self._programs % PROGRAMS_PER_COLLECTION == 0:
            gc.collect()

    def _report(self, run: Run, outcome: str, records: Any, tasks: Optional[int]) -> None:
        if run.recorder.overflowed:
            self._fail(run.id, "too-many-events", False, "the program made more records than this adapter keeps")
            return
        lines = answers.events(run.id, records, run.recorder.started_ns)
        if lines is None:
            self._fail(run.id, "event-too-long", False, "a record does not fit on a line of the protocol")
            return
        for line in lines:
            self._channel.send_text(line)
        self._channel.send(answers.done(run, outcome, len(records), tasks))


def _number(value: Any, default: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else default
