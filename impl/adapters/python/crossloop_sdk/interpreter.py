"""Steps of bodies that are functions, and the steps of tasks that do not wait.

A performer is called with (run, inst, step, rounds) and gives None, or the tuple of a `return` that ends the body.
`rounds` are the rounds of the repeats around the step, outermost first.
"""

from typing import Any, List, Optional, Tuple

from .call import Call
from .errors import UNSET, catches, make_error
from .program import Step

Outcome = Optional[Tuple[Any]]
Rounds = Tuple[int, ...]


def perform_block(run: Any, inst: Any, steps: List[Step], rounds: Rounds) -> Outcome:
    for step in steps:
        outcome = step.perform(run, inst, step, rounds)
        if outcome is not None:
            return outcome
    return None


def begin(run: Any, inst: Any, step: Step, rounds: Rounds) -> Tuple[Call, bool]:
    """Resolves the arguments and records `inv`; false if a slot was empty: then the operation is over, as UNSET."""
    if run.noise is not None:
        run.noise.disturb(run.recorder.state().label)
    call = Call(run, step, inst)
    refs = None
    is_set = True
    if step.slots:
        refs = {}
        is_set = call.resolve_slots(refs)
    if step.uses_loop or step.loop is not None:
        is_set = call.resolve_loop() and is_set
    loop = call.loop_ref if run.program.has_two_loops else None
    call.id = run.recorder.invoke(inst, step, rounds, refs, loop)
    if not is_set:
        run.recorder.failed(call.id, UNSET)
    return call, is_set


def conclude(run: Any, call: Call, value: Any) -> None:
    """Fills the slot that `to` names and records `ret`."""
    step = call.step
    if step.makes and value is not None:
        # An argument that is returned unchanged keeps its identity.
        ref = call.of_ref if value is call.of else call.id
        if step.to is not None:
            run.slots[step.to] = (value, ref)
        run.recorder.returned(call.id, {"ref": ref})
    else:
        run.recorder.returned(call.id, run.as_json(value))


def perform_call(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    call, is_set = begin(run, inst, step, rounds)
    if not is_set:
        return None
    try:
        value = step.function(call)
    except BaseException as error:
        run.recorder.failed(call.id, run.kind_of(error), call.done)
        raise
    conclude(run, call, value)
    return None


def perform_drive(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    """A run operation. Only M can drive the loop; to other threads, and to L, it is a call that must be refused."""
    recorder = run.recorder
    state = recorder.state()
    if state.label != "M":
        return perform_call(run, inst, step, rounds)
    call, is_set = begin(run, inst, step, rounds)
    if not is_set:
        return None
    recorder.loop("start")
    state.label = "L"
    try:
        value = step.function(call)
    except BaseException as error:
        state.label = "M"
        kind = run.kind_of(error)
        recorder.loop("stop", kind)
        recorder.failed(call.id, kind)
        raise
    state.label = "M"
    recorder.loop("stop")
    conclude(run, call, value)
    return None


def perform_close(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    """A close that succeeded; a failed one has raised. The record is the lifecycle owner's."""
    perform_call(run, inst, step, rounds)
    if run.recorder.state().label == "M":
        run.recorder.loop("closed")
    return None


def perform_moment(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    if run.noise is not None:
        run.noise.disturb(run.recorder.state().label)
    call = Call(run, step, inst)
    if step.uses_loop:
        call.resolve_loop()
    label, data = step.function(call)
    run.recorder.mark(inst, step, rounds, label, run.as_json(data))
    return None


def perform_return(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    return step.returned


def perform_raise(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    raise make_error(step.error, run.adapter.make_error)


def perform_repeat(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    for number in range(1, step.arguments["count"] + 1):
        outcome = perform_block(run, inst, step.steps, rounds + (number,))
        if outcome is not None:
            return outcome
    return None


def perform_try(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    try:
        outcome = _perform_guarded(run, inst, step, rounds)
    except BaseException:
        last = perform_block(run, inst, step.finally_steps, rounds)
        if last is not None:
            return last
        raise
    last = perform_block(run, inst, step.finally_steps, rounds)
    return outcome if last is None else last


def _perform_guarded(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    try:
        return perform_block(run, inst, step.steps, rounds)
    except BaseException as error:
        if not catches(step.arguments.get("on"), run.kind_of(error)):
            raise
    # Outside the handler, so that the exception is gone by now.
    return perform_block(run, inst, step.then, rounds)
