"""Shapes of answers as the client documents them: one tree for each method and status."""

import inspect
import re
from dataclasses import dataclass, field

LINE = re.compile(
    r'^(?:"(?P<key>[^"]+)":\s*)?(?P<value>\{\}|\[\]|\{|\[|"[^"]*"|bool|True|False|-?\d+(?:\.\d+)?|None)(?P<comma>,?)\s*(?:#(?P<comment>.*))?$'
)
CLOSE = re.compile(r"^[}\]],?\s*(?:#.*)?$")
STATUS = re.compile(r"^# response body for status code\(s\): ([\d, ]+)$")


@dataclass
class Shape:
    """What one value must be."""

    value: str
    comment: str = ""
    fields: dict = field(default_factory=dict)
    item: "Shape | None" = None

    @property
    def required(self):
        return "Required." in self.comment and "required to view" not in self.comment


def shapes(method):
    """The documented answers of a client's method, by status."""
    found, statuses, stack, last = {}, [], [], None
    for line in map(str.strip, inspect.getdoc(method).splitlines()):
        if status := STATUS.match(line):
            statuses, stack, last = [int(code) for code in status[1].split(",")], [], None
        elif statuses and line.startswith("response == "):
            root = Shape(line.removeprefix("response == ").strip())
            for status in statuses:
                found.setdefault(status, []).append(root)
            stack, last = [root], root
        elif stack and CLOSE.match(line):
            stack.pop()
        elif stack and (entry := LINE.match(line)):
            last = Shape(entry["value"], entry["comment"] or "")
            if entry["key"]:
                stack[-1].fields[entry["key"]] = last
            else:
                stack[-1].item = last
            if last.value in "{[":
                stack.append(last)
        elif last:
            last.comment += " " + line
    return found


def differences(shape, body, where=""):
    """What is not as documented, a line each."""
    if body is None:
        return [f"{where}: null"] if shape.required else []
    if shape.value == "{" and not isinstance(body, dict) or shape.value == "[" and not isinstance(body, list):
        return [f"{where}: {body!r} instead of {shape.value}"]
    if shape.value == "{":
        lacking = [f"{where}.{key}: missing" for key, of in shape.fields.items() if of.required and key not in body]
        known = [key for key in shape.fields if key in body]
        return lacking + [line for key in known for line in differences(shape.fields[key], body[key], f"{where}.{key}")]
    if shape.value == "[":
        return [line for n, item in enumerate(body) if shape.item for line in differences(shape.item, item, f"{where}[{n}]")]
    kinds = {"bool": bool, "True": bool, "False": bool, "0": int, "0.0": (int, float)}
    kind = kinds.get(shape.value, str if shape.value.startswith('"') else object)
    if not isinstance(body, kind) or (kind is int and isinstance(body, bool)):
        return [f"{where}: {body!r} instead of {shape.value}"]
    return []


def check(method, status, body):
    """Fails unless the answer is one that the client documents for this status."""
    documented = shapes(method).get(status, [])
    if not documented:
        return
    found = [differences(shape, body) for shape in documented]
    assert [] in found, f"{method.__qualname__} {status}: {min(found, key=len)}"
