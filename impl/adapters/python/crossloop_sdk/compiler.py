"""From a Program in JSON to a compiled one. A program that cannot be performed is rejected whole, before it runs."""

from typing import Any, Callable, Dict, List, Optional

from . import arguments, interpreter, language, task_interpreter
from .adapter import Adapter
from .arguments import Rejected
from .errors import parse_error
from .grammar import (
    AWAIT,
    BODY_KINDS,
    CALL,
    CLOSE,
    CONTROL,
    DRIVE,
    LANGUAGE_OPERATIONS,
    MOMENT,
    OPERATIONS,
    PLAIN_BODY_OPERATIONS,
    SCOPE,
    SLOT_ARGUMENTS,
    Operation,
)
from .limits import STEP_DEPTH_MAX
from .program import Body, Program, Step

_PERFORMERS: Dict[str, Callable[..., Any]] = {
    CALL: interpreter.perform_call,
    CLOSE: interpreter.perform_close,
    MOMENT: interpreter.perform_moment,
    DRIVE: interpreter.perform_drive,
    AWAIT: task_interpreter.perform_await,
    SCOPE: task_interpreter.perform_scope,
}
_CONTROL = {
    "return": (interpreter.perform_return, None),
    "raise": (interpreter.perform_raise, None),
    "try": (interpreter.perform_try, task_interpreter.perform_try),
    "repeat": (interpreter.perform_repeat, task_interpreter.perform_repeat),
}


def compile_program(source: Any, adapter: Adapter) -> Program:
    """The compiled program, or `Rejected` with the operation at fault, if one is, and a reason."""
    if not isinstance(source, dict):
        raise Rejected(None, "a program is an object")
    if source.get("format") != 1:
        raise Rejected(None, "unknown format %r: this adapter knows format 1" % (source.get("format"),))
    gates = source.get("gates") or []
    bodies = source.get("bodies") or {}
    if not isinstance(gates, list) or not isinstance(bodies, dict):
        raise Rejected(None, "gates is a list of names, bodies an object")
    program = Program(str(source.get("name", "")), [str(gate) for gate in gates])
    for name, body in bodies.items():
        kind = body.get("kind") if isinstance(body, dict) else None
        if kind not in BODY_KINDS:
            raise Rejected(None, "body %s is of unknown kind %r" % (name, kind))
        program.bodies[name] = Body(name, kind)
    compiler = _Compiler(program, adapter)
    for name, body in bodies.items():
        is_task = program.bodies[name].is_task
        program.bodies[name].steps = compiler.block(body.get("steps") or [], "%s", is_task, 0)
    program.main = compiler.block(source.get("main") or [], "%s", False, 0)
    program.has_two_loops = compiler.loops > 1
    return program


class _Compiler:
    def __init__(self, program: Program, adapter: Adapter) -> None:
        self._program = program
        self._adapter = adapter
        self.loops = 0

    def block(self, sources: Any, path: str, is_task: bool, depth: int) -> List[Step]:
        """Steps whose paths are `path` with their index filled in for %s; other conversions are left for rounds."""
        if not isinstance(sources, list):
            raise Rejected(None, "steps is a list")
        steps = []
        for index, source in enumerate(sources):
            steps.append(self.step(source, path.replace("%s", str(index)), is_task, depth))
        return steps

    def step(self, source: Any, path: str, is_task: bool, depth: int) -> Step:
        op = source.get("op") if isinstance(source, dict) else None
        operation = OPERATIONS.get(op) if isinstance(op, str) else None
        if operation is None:
            raise Rejected(str(op), "unknown operation %r" % (op,))
        if depth > STEP_DEPTH_MAX:
            raise Rejected(op, "steps are nested more than %d deep" % STEP_DEPTH_MAX)
        if op == "sleep" and not is_task:
            # Outside a task it is a language's own blocking sleep.
            operation = Operation(CALL, operation.required)
        if operation.shape in (AWAIT, SCOPE) and not is_task:
            raise Rejected(op, "%s is an operation of tasks, in a body of another kind" % op)
        arguments.check(op, operation, source, self._program.gates)
        step = Step(op, path, source)
        step.uses_loop = operation.uses_loop
        step.makes = operation.makes
        step.slots = tuple((name, source[name]) for name in SLOT_ARGUMENTS if source.get(name) is not None)
        step.body = self._body(op, source.get("body"))
        step.error = parse_error(source.get("error"))
        step.function = self._function(op, operation, is_task)
        self.loops += op == "newLoop"
        self._program.needs_collection |= op in ("drop", "collectGarbage")
        if operation.shape == CONTROL or operation.shape == SCOPE:
            self._nest(step, source, path, is_task, depth)
        if operation.shape != CONTROL:
            step.perform = _PERFORMERS[operation.shape]
            step.is_async = operation.shape in (AWAIT, SCOPE)
        if op == "rawCall":
            self._alias(step, source["call"], path, is_task, depth)
        return step

    def _nest(self, step: Step, source: Dict[str, Any], path: str, is_task: bool, depth: int) -> None:
        inside = path + (".%s#%d" if step.op == "repeat" else ".%s")
        step.steps = self.block(source.get("steps") or [], inside, is_task, depth + 1)
        step.then = self.block(source.get("then") or [], path + ".then.%s", is_task, depth + 1)
        step.finally_steps = self.block(source.get("finally") or [], path + ".finally.%s", is_task, depth + 1)
        step.returned = (source.get("value"),)
        if step.op in _CONTROL:
            plain, waiting = _CONTROL[step.op]
            nested = step.steps + step.then + step.finally_steps
            step.is_async = waiting is not None and any(inner.is_async for inner in nested)
            step.perform = waiting if step.is_async else plain

    def _body(self, op: str, name: Any) -> Optional[Body]:
        if name is None:
            return None
        body = self._program.bodies.get(name) if isinstance(name, str) else None
        if body is None:
            raise Rejected(op, "unknown body %r" % (name,))
        if body.is_task and op in PLAIN_BODY_OPERATIONS:
            raise Rejected(op, "body %s is a task; %s calls its body" % (name, op))
        return body

    def _function(self, op: str, operation: Operation, is_task: bool) -> Optional[Callable[..., Any]]:
        if operation.shape == CONTROL or op == "rawCall":
            return None
        if op in LANGUAGE_OPERATIONS or (op == "sleep" and not is_task):
            return language.FUNCTIONS[op]
        function = self._adapter.operations.get(op)
        if function is None:
            raise Rejected(op, "this implementation, in this version, has no %s" % op)
        return function

    def _alias(self, step: Step, source: Any, path: str, is_task: bool, depth: int) -> None:
        """A raw call is the call it names, shown as a raw call: the calls here are raw ones anyway."""
        call = self.step(source, path, is_task, depth + 1)
        if OPERATIONS[call.op].shape not in (CALL, CLOSE, DRIVE) or call.is_async or call.is_raw:
            raise Rejected("rawCall", "%s cannot be called raw" % call.op)
        step.is_raw = True
        step.shown = {"call": {"op": call.op, **call.shown}}
        for name in ("arguments", "slots", "to", "loop", "uses_loop", "makes", "function", "perform", "body", "error"):
            setattr(step, name, getattr(call, name))
