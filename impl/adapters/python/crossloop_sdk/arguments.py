"""Checks of a step's arguments, so that a malformed program is told from a failing implementation."""

from typing import Any, Dict, List, Optional

from .errors import FAMILIES, UNSET, parse_error
from .grammar import Operation

class Rejected(Exception):
    """The program cannot be performed."""

    def __init__(self, operation: Optional[str], reason: str) -> None:
        super().__init__(reason)
        self.operation = operation
        self.reason = reason


def check(op: str, operation: Operation, source: Dict[str, Any], gates: List[str]) -> None:
    """Raises `Rejected` unless the arguments are there and of the right types. Unknown ones are ignored."""
    for names in operation.required:
        if source.get(names) is None and all(source.get(name) is None for name in names.split("|")):
            raise Rejected(op, "%s lacks %s" % (op, names.replace("|", " or ")))
    for name, value in source.items():
        is_right = _TYPES.get(name)
        if is_right is not None and value is not None and not is_right(value):
            raise Rejected(op, "%s has a %s that cannot be used: %r" % (op, name, value))
    if source.get("delayUs") == "none" and op not in ("callLater", "callAt"):
        raise Rejected(op, "%s needs a delayUs" % op)
    if isinstance(source.get("of"), list) != (op == "gather") and source.get("of") is not None:
        raise Rejected(op, "`of` is a list of slots for gather, one slot for every other operation")
    if "gate" in source and source["gate"] not in gates:
        raise Rejected(op, "unknown gate %r" % (source["gate"],))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_slots(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and all(_is_text(item) for item in value))


def _is_pattern(value: Any) -> bool:
    return value in FAMILIES or value in ("ANY", UNSET) or parse_error(value) is not None


_TYPES = {
    "to": _is_text,
    "of": _is_slots,
    "executor": _is_text,
    "loop": _is_text,
    "gate": _is_text,
    "tag": _is_text,
    "count": _is_integer,
    "timeoutUs": _is_integer,
    "delayUs": lambda value: _is_integer(value) or value == "none",
    "error": lambda value: parse_error(value) is not None,
    "on": _is_pattern,
    "context": lambda value: isinstance(value, dict),
    "args": lambda value: isinstance(value, list),
    "steps": lambda value: isinstance(value, list),
    "then": lambda value: isinstance(value, list),
    "finally": lambda value: isinstance(value, list),
    "call": lambda value: isinstance(value, dict),
}
