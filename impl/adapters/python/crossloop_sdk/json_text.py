"""Compact JSON text."""

import json
from typing import Any

_encode_text = json.encoder.encode_basestring_ascii
_encode_any = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def encode(value: Any) -> str:
    """JSON without spaces, in ASCII. The plainest values, which most are, do not go through the general encoder."""
    kind = type(value)
    if kind is str:
        return _encode_text(value)
    if kind is int:
        return str(value)
    if value is None:
        return "null"
    if kind is dict:
        if not value:
            return "{}"
        if len(value) == 1:
            for name, item in value.items():
                return "{%s:%s}" % (_encode_text(name), encode(item))
    return _encode_any(value)
