"""The one-line notation of events, for histories that all interpreters share."""

import json
import re
from typing import Any, Dict, List

_BARE = re.compile(r"[A-Za-z_][\w.()#-]*\Z")
_REFS = ("of", "on", "loop")


def write_history(events: List[Dict[str, Any]]) -> str:
    """One event a line, ids renumbered in the order of their inv, without stamps and times."""
    numbers: Dict[Any, Any] = {"main": "main", None: None}
    for event in events:
        if event["ev"] == "inv":
            numbers[event["id"]] = len(numbers) - 1
    return "".join(_write_event(_renumber(event, numbers)) + "\n" for event in events)


def _renumber(event: Dict[str, Any], numbers: Dict[Any, Any]) -> Dict[str, Any]:
    renumbered = {name: _renumber_refs(value, numbers) for name, value in event.items()}
    for name in ("id", "inst", "src"):
        if name in event:
            renumbered[name] = numbers[event[name]]
    return renumbered


def _renumber_refs(value: Any, numbers: Dict[Any, Any]) -> Any:
    if isinstance(value, list):
        return [_renumber_refs(item, numbers) for item in value]
    if isinstance(value, dict):
        if set(value) == {"ref"}:
            return {"ref": numbers[value["ref"]]}
        return {name: _renumber_refs(item, numbers) for name, item in value.items()}
    return value


# The fields that are written without their names, in order.
_WORDS = {"inv": ("id", "op"), "ret": ("id",), "run": ("inst", "body"), "hnd": ("src",), "loop": ("state",)}
_WORDS.update({"mark": ("label",), "end": ("inst",), "susp": ("inst",), "resm": ("inst",)})


def _write_event(event: Dict[str, Any]) -> str:
    words = _WORDS[event["ev"]]
    text = [event["th"], event["ev"]] + ["null" if event[word] is None else str(event[word]) for word in words]
    if "step" in event:
        text.append("step=%s" % event["step"])
    text.extend("%s=%s" % (name, _write_value(name, value)) for name, value in event.get("args", {}).items())
    left = ("seq", "t", "th", "ev", "step", "args") + words
    text.extend("%s=%s" % (name, _write_value(name, value)) for name, value in event.items() if name not in left)
    return " ".join(text)


def _write_value(name: str, value: Any) -> str:
    if name in _REFS:
        value = [item["ref"] for item in value] if isinstance(value, list) else value["ref"]
    if isinstance(value, str) and _BARE.match(value) and value not in ("true", "false", "null"):
        return value
    return json.dumps(value, separators=(",", ":"))
