"""Steps of tasks: coroutines that record around whatever may suspend them.

GeneratorExit is the destruction of a suspended coroutine, no resumption: it passes through all of these unrecorded and
without performing any step, `finally` included.
"""

from typing import Any, List

from .errors import catches
from .interpreter import Outcome, Rounds, begin
from .program import Step


async def perform_block(run: Any, inst: Any, steps: List[Step], rounds: Rounds) -> Outcome:
    for step in steps:
        outcome = step.perform(run, inst, step, rounds)
        if step.is_async:
            outcome = await outcome
        if outcome is not None:
            return outcome
    return None


async def perform_await(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    call, is_set = begin(run, inst, step, rounds)
    if not is_set:
        return None
    recorder = run.recorder
    op_id = call.id
    recorder.suspend(inst, op_id, op_id if call.of_ref is None else call.of_ref)
    try:
        value = await step.function(call)
    except GeneratorExit:
        raise
    except BaseException as error:
        kind = run.kind_of(error)
        recorder.resume(inst, op_id, None, kind)
        recorder.failed(op_id, kind)
        raise
    value = run.as_json(value)
    recorder.resume(inst, op_id, value)
    recorder.returned(op_id, value)
    return None


async def perform_scope(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    call, is_set = begin(run, inst, step, rounds)
    if not is_set:
        return None

    async def block() -> Outcome:
        return await perform_block(run, inst, step.steps, rounds)

    try:
        outcome = await step.function(call, block)
    except GeneratorExit:
        raise
    except BaseException as error:
        run.recorder.failed(call.id, run.kind_of(error))
        raise
    run.recorder.returned(call.id, None)
    return outcome


async def perform_repeat(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    for number in range(1, step.arguments["count"] + 1):
        outcome = await perform_block(run, inst, step.steps, rounds + (number,))
        if outcome is not None:
            return outcome
    return None


async def perform_try(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    try:
        outcome = await _perform_guarded(run, inst, step, rounds)
    except GeneratorExit:
        raise
    except BaseException:
        last = await perform_block(run, inst, step.finally_steps, rounds)
        if last is not None:
            return last
        raise
    last = await perform_block(run, inst, step.finally_steps, rounds)
    return outcome if last is None else last


async def _perform_guarded(run: Any, inst: Any, step: Step, rounds: Rounds) -> Outcome:
    try:
        return await perform_block(run, inst, step.steps, rounds)
    except GeneratorExit:
        raise
    except BaseException as error:
        if not catches(step.arguments.get("on"), run.kind_of(error)):
            raise
    return await perform_block(run, inst, step.then, rounds)
