"""Performs programs inside the test's process, on its main thread."""

import json
import logging
import warnings
from typing import Any, Dict, List, Tuple

from asyncio_binding.binding import make_adapter
from asyncio_binding.loop_factory import DEFAULT_LOOP, load_loop_factory
from crossloop_sdk import answers
from crossloop_sdk.compiler import compile_program
from crossloop_sdk.run import Options, Run

# Programs fail on purpose here, and asyncio logs it.
logging.disable(logging.CRITICAL)
# For what is collected after the tests, when unittest's own filters are gone.
warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)

ADAPTER = make_adapter(load_loop_factory(DEFAULT_LOOP), "threadsafe")

Event = Dict[str, Any]


def perform(program: Dict[str, Any], **options: Any) -> List[Event]:
    """The events of a program, by stamp."""
    return perform_run(program, **options)[0]


def perform_run(program: Dict[str, Any], **options: Any) -> Tuple[List[Event], Dict[str, Any]]:
    """The events, and what `done` says."""
    run = Run(1, compile_program(program, ADAPTER), ADAPTER, Options(**options))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        run.perform()
    tasks = ADAPTER.finish(run)
    records = run.records or []
    events: List[Event] = []
    for line in answers.events(1, records, run.recorder.started_ns) or ():
        events.extend(json.loads(line)["events"])
    return events, answers.done(run, "done", len(records), tasks)


def of_kind(events: List[Event], ev: str, **fields: Any) -> List[Event]:
    """The events of a kind that have these fields."""
    return [event for event in events if event["ev"] == ev and fields.items() <= event.items()]


def returns_of(events: List[Event], op: str) -> List[Event]:
    """The ret records of an operation, in the order of their inv."""
    ids = [event["id"] for event in of_kind(events, "inv", op=op)]
    by_id = {event["id"]: event for event in of_kind(events, "ret")}
    return [by_id[op_id] for op_id in ids if op_id in by_id]


def kinds_of(events: List[Event]) -> List[str]:
    return [event["ev"] for event in events]
