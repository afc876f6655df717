"""Bodies as callables: what an implementation is given to run."""

from typing import Any, Callable

from .errors import mark_left
from .interpreter import perform_block
from .program import Body
from .task_interpreter import perform_block as perform_task_block


def make_function(run: Any, body: Body, inst: Any, shows_args: bool = False) -> Callable[..., Any]:
    """The body as a function (of a task: a coroutine function) that records `run` first and `end` last.

    Arguments that the implementation passes are ignored, unless the operation had `args`: then they are recorded as they
    arrive. A suspended coroutine that is destroyed records nothing more.
    """
    recorder = run.recorder

    def perform(*received: Any) -> Any:
        recorder.run(inst, body, run.as_json(received) if shows_args else None)
        try:
            outcome = perform_block(run, inst, body.steps, ())
        except BaseException as error:
            mark_left(error, inst)
            recorder.end(inst, None, run.kind_of(error))
            raise
        value = None if outcome is None else outcome[0]
        recorder.end(inst, run.as_json(value))
        return value

    async def perform_task(*received: Any) -> Any:
        recorder.run(inst, body, run.as_json(received) if shows_args else None)
        try:
            outcome = await perform_task_block(run, inst, body.steps, ())
        except GeneratorExit:
            raise
        except BaseException as error:
            mark_left(error, inst)
            recorder.end(inst, None, run.kind_of(error))
            raise
        value = None if outcome is None else outcome[0]
        recorder.end(inst, run.as_json(value))
        return value

    return perform_task if body.is_task else perform


class DoneCallback:
    """A done callback. All callbacks of one body are equal, whatever their instances, so that one removal finds all."""

    __slots__ = ("_run", "_body", "_function", "__weakref__")

    def __init__(self, run: Any, body: Body, inst: Any) -> None:
        self._run = run
        self._body = body
        self._function = make_function(run, body, inst)

    def __call__(self, *received: Any) -> None:
        self._function(*received)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DoneCallback) and self._run is other._run and self._body is other._body

    def __hash__(self) -> int:
        return hash(self._body.name)


def perform_handler(run: Any, body: Body, inst: Any) -> None:
    """Performs the body of an exception handler: without run and end, its errors raised."""
    perform_block(run, inst, body.steps, ())
