"""Compiled programs: bodies and steps, ready to be performed many times."""

from typing import Any, Callable, Dict, List, Optional, Tuple

from .grammar import HIDDEN_ARGUMENTS
from .json_text import encode


class Step:
    """One step of a body. Compiled once a program, so that performing it costs a call and two tuples."""

    __slots__ = (
        "op", "path", "arguments", "shown", "is_raw", "slots", "to", "loop", "uses_loop", "makes",
        "function", "perform", "is_async", "body", "steps", "then", "finally_steps", "error", "returned",
    )  # fmt: skip

    def __init__(self, op: str, path: str, arguments: Dict[str, Any]) -> None:
        self.op = op
        # A template: one %d for every repeat around the step.
        self.path = path
        self.arguments = arguments
        self.shown = {name: value for name, value in arguments.items() if name not in HIDDEN_ARGUMENTS}
        self.is_raw = False
        # (argument, slot or list of slots) for every argument that names slots.
        self.slots: Tuple[Tuple[str, Any], ...] = ()
        self.to: Optional[str] = arguments.get("to")
        self.loop: Optional[str] = arguments.get("loop")
        self.uses_loop = False
        self.makes = False
        self.function: Optional[Callable[..., Any]] = None
        self.perform: Callable[..., Any] = _unperformable
        self.is_async = False
        self.body: Optional["Body"] = None
        self.steps: List["Step"] = []
        self.then: List["Step"] = []
        self.finally_steps: List["Step"] = []
        self.error: Any = None
        # What a `return` step gives its block: a tuple, so that a returned null is told from no return.
        self.returned: Optional[Tuple[Any]] = None

    def show(self, refs: Dict[str, Any]) -> Dict[str, Any]:
        """`args` with the slots resolved."""
        if self.is_raw:
            return {**self.shown, "call": {**self.shown["call"], **refs}}
        return {**self.shown, **refs}


class Body:
    """A named list of steps. `is_task`: it is performed as a coroutine."""

    __slots__ = ("name", "name_text", "kind", "is_task", "steps")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.name_text = encode(name)
        self.kind = kind
        self.is_task = kind == "task"
        self.steps: List[Step] = []


class Program:
    """A compiled program. `has_two_loops`: every inv that uses a loop says which. `needs_collection`: see the protocol."""

    __slots__ = ("name", "gates", "bodies", "main", "has_two_loops", "needs_collection")

    def __init__(self, name: str, gates: List[str]) -> None:
        self.name = name
        self.gates = gates
        self.bodies: Dict[str, Body] = {}
        self.main: List[Step] = []
        self.has_two_loops = False
        self.needs_collection = False


def _unperformable(*_: Any) -> None:
    raise AssertionError("crossloop bug: a step without a performer")
