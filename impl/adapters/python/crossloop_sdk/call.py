"""One operation being performed: what an adapter's functions are given."""

from typing import Any, Dict, Optional

from .errors import make_error
from .program import Step


class Call:
    """The arguments of one operation, resolved. `of` and `executor` are objects; `loop` is the loop to use.

    `id` is the operation's id and the instance of the body it schedules. `done` is written by an operation whose failing
    `ret` must say whether the object was done.
    """

    __slots__ = ("run", "step", "inst", "id", "of", "of_ref", "executor", "loop", "loop_ref", "done")

    def __init__(self, run: Any, step: Step, inst: Any) -> None:
        self.run = run
        self.step = step
        self.inst = inst
        self.id = 0
        self.of: Any = None
        self.of_ref: Optional[int] = None
        self.executor: Any = None
        self.loop: Any = None
        self.loop_ref: Optional[int] = None
        self.done: Optional[bool] = None

    def resolve_slots(self, refs: Dict[str, Any]) -> bool:
        """Reads the slots and writes their refs; false if one of them is empty."""
        complete = True
        slots = self.run.slots
        for name, slot in self.step.slots:
            if type(slot) is list:
                held = [slots.get(item) for item in slot]
                refs[name] = [{"ref": None if item is None else item[1]} for item in held]
                complete = complete and None not in held
                self.of = [None if item is None else item[0] for item in held]
                continue
            item = slots.get(slot)
            refs[name] = {"ref": None if item is None else item[1]}
            if item is None:
                complete = False
            elif name == "of":
                self.of, self.of_ref = item
            else:
                self.executor = item[0]
        return complete

    def resolve_loop(self) -> bool:
        """Finds the loop: the one in the slot that `loop` names, else the newest; false if there is none."""
        run = self.run
        if self.step.loop is not None:
            held = run.slots.get(self.step.loop)
        else:
            held = run.loops[-1] if run.loops else None
        if held is None:
            return False
        self.loop, self.loop_ref = held
        return True

    def argument(self, name: str, default: Any = None) -> Any:
        return self.step.arguments.get(name, default)

    def seconds(self, name: str) -> Optional[float]:
        """A time argument in seconds; None for null, absent and "none"."""
        time_us = self.step.arguments.get(name)
        return None if time_us is None or time_us == "none" else time_us / 1e6

    def keep(self, thing: Any) -> None:
        """Puts the object into the slot that `to` names, for operations that must do so before they return."""
        if self.step.to is not None:
            self.run.slots[self.step.to] = (thing, self.of_ref if thing is self.of else self.id)

    def error(self) -> BaseException:
        """A new exception of the kind that `error` names."""
        return make_error(self.step.error, self.run.adapter.make_error)

    def function(self) -> Any:
        """The body as a plain function, or as the coroutine function that it is."""
        return self.run.make_function(self.step.body, self.id, "args" in self.step.arguments)

    def passed(self) -> Any:
        """The body as what its kind is: a task is a coroutine object, everything else, and `as: function`, a function."""
        function = self.function()
        if self.step.body is not None and self.step.body.is_task and self.argument("as") != "function":
            return function()
        return function

    def subject(self) -> Any:
        """What to wait for: the object in the slot, else the body."""
        return self.passed() if self.step.body is not None else self.of
