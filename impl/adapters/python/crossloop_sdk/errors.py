"""Error kinds: the one string by which a History names an exception, and back."""

import builtins
import re
from typing import Callable, Dict, NamedTuple, Optional

# Kinds whose exceptions only an implementation can make.
IMPLEMENTATION_KINDS = frozenset(
    ["INVALID_STATE", "CANCELLED", "TIMEOUT", "CLOSED", "SHUTDOWN", "WRONG_THREAD", "NOT_RUNNING", "ALREADY_RUNNING"]
)
# Recorded, but never raised: an operation on an empty slot.
UNSET = "UNSET"
FAMILIES = frozenset(["USER", "OTHER", "FATAL"])

_TEXT = re.compile(r"([A-Z_]+)(?:\((.*)\))?\Z", re.DOTALL)
_LEFT = "crossloop_first_left"


class UserError(Exception):
    """An exception of the program's own: USER(tag)."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.kind = "USER(%s)" % tag


class ErrorText(NamedTuple):
    """An error string of a program, taken apart: `OTHER(ValueError)` is family OTHER, name ValueError."""

    family: str
    name: Optional[str]


def parse_error(text: object) -> Optional[ErrorText]:
    """The parts of an error string that can be raised, or None if it cannot: unknown kinds, UNSET, no class name."""
    match = _TEXT.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    family, name = match.groups()
    if family in IMPLEMENTATION_KINDS or family == "TYPE":
        return ErrorText(family, None) if name is None else None
    if family == "FATAL":
        return ErrorText(family, name or "KeyboardInterrupt") if name in (None, *_FATAL) else None
    if family in ("USER", "OTHER") and name:
        return ErrorText(family, name)
    return None


def make_error(error: ErrorText, make_of_implementation: Callable[[str], BaseException]) -> BaseException:
    """A new exception of the kind. A class name that Python does not know becomes a class of that name."""
    if error.family in IMPLEMENTATION_KINDS:
        return make_of_implementation(error.family)
    if error.family == "TYPE":
        return TypeError("raised by the program")
    if error.family == "USER":
        return UserError(error.name or "")
    if error.family == "FATAL":
        return _FATAL[error.name or "KeyboardInterrupt"]("raised by the program")
    return _class_named(error.name or "Exception")("raised by the program")


def kind_of(error: BaseException, kind_of_implementation: Callable[[BaseException], Optional[str]]) -> str:
    """The error string of an exception; the implementation is asked first, since it knows its own texts."""
    if type(error) is UserError:
        return error.kind
    kind = kind_of_implementation(error)
    if kind is not None:
        return kind
    if isinstance(error, TypeError):
        return "TYPE"
    if isinstance(error, tuple(_FATAL.values())):
        return "FATAL(%s)" % type(error).__name__
    return "OTHER(%s)" % type(error).__name__


def catches(pattern: Optional[str], kind: str) -> bool:
    """Whether `on` of a try catches an error kind: itself, its whole family, or ANY."""
    if pattern is None:
        return False
    return pattern == "ANY" or pattern == kind or (pattern in FAMILIES and kind.startswith(pattern + "("))


def mark_left(error: BaseException, inst: object) -> None:
    """Attaches the instance that the exception leaves, unless it left another before."""
    marks = error.__dict__
    if _LEFT not in marks:
        marks[_LEFT] = inst


def first_left(error: Optional[BaseException]) -> object:
    """The instance the exception first left, or None."""
    return None if error is None else error.__dict__.get(_LEFT)


_FATAL: Dict[str, type] = {"KeyboardInterrupt": KeyboardInterrupt, "SystemExit": SystemExit}
_made_classes: Dict[str, type] = {}


def _class_named(name: str) -> type:
    known = getattr(builtins, name, None)
    # GeneratorExit and the fatal ones mean something else to a coroutine than an error of the program. UnicodeError's
    # subclasses and the like cannot be made from one text.
    if isinstance(known, type) and issubclass(known, Exception):
        try:
            known("probe")
            return known
        except TypeError:
            pass
    return _made_classes.setdefault(name, type(name, (Exception,), {}))
