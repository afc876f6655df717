"""Making, running, stopping and closing loops."""

import asyncio
import concurrent.futures
import sys
from typing import Any, Callable, Dict, Optional


def make_operations(make_loop: Callable[[], asyncio.AbstractEventLoop]) -> Dict[str, Callable[..., Any]]:
    """The operations that need the loop factory, and the others of a loop's life."""

    def open_loop(call: Any) -> asyncio.AbstractEventLoop:
        """A new loop that reports to the recorder; it becomes the newest of the run, and nobody's current loop."""
        loop = make_loop()
        loop.set_exception_handler(_reporting_to(call.run))
        loop.set_debug(call.run.debug)
        call.run.loops.append((loop, call.id))
        return loop

    def run_runner(call: Any) -> Any:
        with asyncio.Runner(debug=call.run.debug, loop_factory=lambda: open_loop(call)) as runner:
            return runner.run(call.passed())

    operations = dict(_OPERATIONS, newLoop=open_loop)
    # Since 3.11; asyncio.run before it cannot be given the loop.
    if hasattr(asyncio, "Runner"):
        operations["runner"] = run_runner
    return operations


def finish(run: Any) -> Optional[int]:
    """Closes the loops that a program left open and lets its executors go; the number of its unfinished tasks.

    Called after the last record, so whatever this sets free is seen by nobody.
    """
    tasks = 0
    for loop, _ in run.loops:
        try:
            tasks += len(asyncio.all_tasks(loop))
            if not loop.is_closed():
                loop.close()
        except Exception as error:
            # It is running in another thread, or broken. The process may go on: the next program gets a new loop.
            print("a loop could not be closed after its program: %r" % error, file=sys.stderr)
    for thing, _ in list(run.slots.values()):
        if isinstance(thing, concurrent.futures.Executor):
            thing.shutdown(wait=False)
    return tasks


def _reporting_to(run: Any) -> Callable[[Any, Dict[str, Any]], None]:
    def handle(loop: Any, context: Dict[str, Any]) -> None:
        run.handled(context.get("exception"))

    return handle


def _set_exception_handler(call: Any) -> None:
    run, body, inst = call.run, call.step.body, call.id
    report = _reporting_to(run)

    def handle(loop: Any, context: Dict[str, Any]) -> None:
        report(loop, context)
        if body is not None:
            run.perform_handler(body, inst)

    call.loop.set_exception_handler(handle)


def _set_debug(call: Any) -> None:
    call.loop.set_debug(call.argument("value"))


def _run_forever(call: Any) -> None:
    call.loop.run_forever()


def _run_until(call: Any) -> Any:
    subject = call.subject()
    if call.step.to is not None and call.of is None and not call.loop.is_running():
        # The slot must hold the task before the loop runs. On a running loop the call is refused, and must schedule
        # nothing.
        subject = call.loop.create_task(subject)
    call.keep(subject)
    return call.loop.run_until_complete(subject)


def _quiesce(call: Any) -> int:
    def pass_once() -> None:
        call.loop.stop()
        call.loop.run_forever()

    passes: int = call.run.count_passes(pass_once)
    return passes


def _stop(call: Any) -> None:
    call.loop.stop()


def _close(call: Any) -> None:
    call.loop.close()


_OPERATIONS: Dict[str, Callable[..., Any]] = {
    "setExceptionHandler": _set_exception_handler,
    "setDebug": _set_debug,
    "runForever": _run_forever,
    "runUntil": _run_until,
    "quiesce": _quiesce,
    "stop": _stop,
    "close": _close,
}
