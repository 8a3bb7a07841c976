"""Holds answers against the documented shapes in ../documented.json, which says how it reads."""

import ipaddress
import json
import re
import uuid
from datetime import datetime
from pathlib import Path

TABLE = json.loads(Path(__file__).parent.with_name("documented.json").read_text(encoding="utf-8"))
KINDS = {
    "any": lambda body: True,
    "integer": lambda body: isinstance(body, int) and not isinstance(body, bool),
    "number": lambda body: isinstance(body, (int, float)) and not isinstance(body, bool),
    "boolean": lambda body: isinstance(body, bool),
    "string": lambda body: isinstance(body, str),
    "time": lambda body: bool(datetime.fromisoformat(body)),
    "uuid": lambda body: bool(uuid.UUID(body)),
    "ipv4": lambda body: bool(ipaddress.IPv4Address(body)),
}
seen = set()


def pattern(method, path):
    """The documented call that a path is of, fixed segments before named ones."""
    calls = [call for call in TABLE["answers"] if call.startswith(f"{method} ")]
    fits = [call for call in calls if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", call), f"{method} {path}")]
    return min(fits, key=lambda call: call.count("{"), default=None)


def differences(shape, body, place=""):
    """What is not as documented, a line each."""
    if isinstance(shape, list) and isinstance(body, list):
        return [line for n, one in enumerate(body) for line in differences(shape[0] if shape else None, one, f"{place}[{n}]")]
    if isinstance(shape, dict) and isinstance(body, dict):
        if "*" in shape:
            return [line for key, one in body.items() for line in differences(shape["*"], one, f"{place}.{key}")]
        fields = {field.rstrip("!"): of for field, of in shape.items()}
        lacking = [f"{place}.{field} is missing" for field in shape if field.endswith("!") and field[:-1] not in body]
        more = [f"{place}.{key} is not documented" for key in body if key not in fields]
        return lacking + more + [d for key in body if key in fields for d in differences(fields[key], body[key], f"{place}.{key}")]
    if isinstance(shape, str):
        if shape.endswith("?"):
            return [] if body is None else differences(shape[:-1], body, place)
        if shape in TABLE["resource_types"]:
            return differences(TABLE["resource_types"][shape], body, place)
        try:
            fits = body in shape[1:].split("|") if shape.startswith("=") else KINDS[shape](body)
        except (TypeError, ValueError):
            fits = False
        return [] if fits else [f"{place}: {body!r} is not {shape}"]
    return [] if shape is None and body is None else [f"{place}: {body!r} is not {shape}"]


def check(request, status, body):
    """Fails unless the answer is one that is documented for the call."""
    call = pattern(request.method, re.sub(r"^https?://[^/]+|\?.*$", "", request.url))
    if status >= 400:
        found = differences("error", body)
    else:
        assert call, f"{request.method} {request.url} is not documented"
        assert str(status) in TABLE["answers"][call], f"{call} {status} is not documented"
        found = differences(TABLE["answers"][call][str(status)], body)
        seen.add(call)
    assert not found, f"{call} {status}: {found}"
