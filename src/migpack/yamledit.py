"""YAML text and changes in, the same text with those changes out: every other line stays as it is, comments and all.

A path is keys and numbers from 0 of list entries; entries that hold nothing do not count, as nowhere in migpack. Values are texts,
tuples and mappings of them; new ones are written so that `yamlio` reads them back as they are. Never lays out a line anew that no
change concerns.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

Path = tuple[str | int, ...]
Value = str | Sequence["Value"] | Mapping[str, "Value"]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WIDTH = 110  # of a line of a long text
_STEP = 2  # of indentation
_ESCAPED = str.maketrans({code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)})  # YAML refuses


def edited(text: str, changes: Mapping[Path, Value | None]) -> str:
    """Return a YAML text with its changes.

    A new key goes to the end of its mapping, a new entry (numbered as the next one) to the end of its list. None takes a key or entry
    out, and with the last of them what held it. Numbers are those of the text as it was given.

    Raises:
        KeyError: a path leads through a text, or to an entry of a list that is not there.
    """
    ends = "\r\n" if "\r\n" in text else "\n"
    for path, value in changes.items():
        if value is not None:
            text = _with(text, path, value, ends)
    for path in sorted((path for path, value in changes.items() if value is None), key=_order, reverse=True):
        text = _without(text, path)
    return text


def block(data: Mapping[str, Value], indent: int = 0) -> str:
    """Return a mapping as YAML lines."""
    return "".join(f"{line}\n" for key, value in data.items() for line in _entry(f"{_scalar(key, indent, flow=True)}:", value, indent))


def _order(path: Path) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(part, int), part if isinstance(part, int) else 0, str(part)) for part in path)


class _At:
    """Where a path leads in a text: the nodes on the way, as far as they are there, and the keys that are not."""

    def __init__(self, text: str, path: Path) -> None:
        self.nodes: list[Any] = [yaml.compose(text, Loader=_Loader)]
        self.keys: list[Any] = [None]
        rest = list(path)
        while rest:
            found = _child(self.nodes[-1], rest[0])
            if found is None:
                break
            self.keys.append(found[0])
            self.nodes.append(found[1])
            rest.pop(0)
        self.rest = rest


def _child(node: Any, part: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        held = [item for item in node.value if not _is_empty(item)]
        return (None, held[part]) if part < len(held) else None
    return None


def _is_empty(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value.strip() in ("", "~", "null")


def _with(text: str, path: Path, value: Value, ends: str) -> str:
    at = _At(text, path)
    node = at.nodes[-1]
    if not at.rest:
        return _replaced(text, at, value, ends)
    for part in reversed(at.rest[1:]):
        value = {str(part): value} if isinstance(part, str) else (value,)
    new = at.rest[0]
    if isinstance(node, yaml.MappingNode) and isinstance(new, str):
        return _added(text, node, f"{_scalar(new, 0, flow=True)}:", value, ends, root=len(at.nodes) == 1)
    if isinstance(node, yaml.SequenceNode) and isinstance(new, int):
        return _added(text, node, "-", value, ends)
    if _is_empty(node):
        return _filled(text, at, {new: value} if isinstance(new, str) else (value,), ends)
    raise KeyError(path)


def _replaced(text: str, at: _At, value: Value, ends: str) -> str:
    """Put a value in the place of another."""
    node = at.nodes[-1]
    if _is_empty(node) and _start(node) == _end(node, text):
        return _filled(text, at, value, ends)
    start, end = _start(node), _end(node, text)
    commented = bool(text[end : _line_end(text, end)].strip())  # words of a block would run on into the comment
    new = _after_colon(value, _indent(at), flow=_in_flow(at.nodes[:-1]), one_line=commented).replace("\n", ends)
    if at.keys[-1] is not None:
        colon = text.index(":", int(at.keys[-1].end_mark.index)) + 1
        if "\n" in text[colon:start] and not text[colon:start].strip():  # what stood on lines of its own makes way
            return f"{text[:colon]} {new}{text[end:]}"
    return text[:start] + new + text[end:]


def _filled(text: str, at: _At, value: Value, ends: str) -> str:
    """Give a key that has no value one."""
    place = _start(at.nodes[-1])
    after = _line_end(text, place)
    if isinstance(value, str) or _in_flow(at.nodes[:-1]):
        flow = _in_flow(at.nodes[:-1]) or bool(text[place:after].strip())
        return text[:place] + " " + _after_colon(value, _indent(at), flow=flow).replace("\n", ends) + text[place:]
    lines = _entry("", value, _indent(at))[1:]
    return text[:after] + "".join(ends + line for line in lines) + text[after:]


def _added(text: str, node: Any, head: str, value: Value, ends: str, *, root: bool = False) -> str:
    """Put a new key or entry at the end of a mapping or list."""
    last = node.value[-1] if node.value else None
    last_end = _end(last[1] if isinstance(last, tuple) else last, text) if last is not None else _start(node) + 1
    if node.flow_style:
        said = f"{'' if head == '-' else head + ' '}{_flow(value)}"
        return text[:last_end] + (", " if last is not None else "") + said + text[last_end:]
    first = node.value[0][0] if head != "-" else node
    indent = first.start_mark.column
    if root:  # below whatever comments stand at the end of the file
        text = text.rstrip() + ends
        return text + "".join(line + ends for line in ["", *_entry(head, value, indent)])
    after = _line_end(text, last_end)
    return text[:after] + "".join(ends + line for line in _entry(head, value, indent)) + text[after:]


def _without(text: str, path: Path) -> str:
    """Take out a key or an entry; what it leaves empty goes too."""
    at = _At(text, path)
    if at.rest:
        return text
    while len(at.nodes) > 2 and len(at.nodes[-2].value) == 1:
        at.nodes.pop()
        at.keys.pop()
    holder, node, key = at.nodes[-2], at.nodes[-1], at.keys[-1]
    firsts = [pair[0] if isinstance(pair, tuple) else pair for pair in holder.value]
    lasts = [pair[1] if isinstance(pair, tuple) else pair for pair in holder.value]
    number = next(n for n, last in enumerate(lasts) if last is node)
    start, end = _start(firsts[number]), _end(node, text)
    if holder.flow_style:
        if number:
            return text[: _end(lasts[number - 1], text)] + text[end:]
        following = _start(firsts[1]) if len(firsts) > 1 else end
        return text[:start] + text[following:]
    line = text.rfind("\n", 0, start) + 1
    if key is None:
        start = text.rfind("-", 0, start)
        line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():  # the first key of an entry: its dash stays
        return text[:start] + text[_start(firsts[number + 1]) :]
    after = _line_end(text, end)
    after += 2 if text.startswith("\r\n", after) else 1
    return text[:line] + text[after:]


def _start(node: Any) -> int:
    return int(node.start_mark.index)


def _end(node: Any, text: str) -> int:
    """Return where the last letter of a node ends; the engine counts blank lines and comments behind a block as part of it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        start = _start(node)
        return start + len(text[start : int(node.end_mark.index)].rstrip())
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last, text)


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    end = len(text) if found < 0 else found
    return end - 1 if text[:end].endswith("\r") else end


def _in_flow(nodes: Sequence[Any]) -> bool:
    return any(node.flow_style for node in nodes)


def _indent(at: _At) -> int:
    """Return the indentation of the key or entry that a path leads to."""
    if at.keys[-1] is not None:
        return int(at.keys[-1].start_mark.column)
    return int(at.nodes[-2].start_mark.column)


def _entry(head: str, value: Value, indent: int) -> list[str]:
    """Return the lines of a key or a list entry with its value."""
    pad, inner = " " * indent, indent + _STEP
    if isinstance(value, str):
        return [f"{pad}{head} {line}" if n == 0 else line for n, line in enumerate(_after_colon(value, indent, flow=False).split("\n"))]
    if isinstance(value, Mapping):
        lines = [line for key, part in value.items() for line in _entry(f"{_scalar(key, inner, flow=True)}:", part, inner)]
    else:
        lines = [line for part in value for line in _entry("-", part, inner)]
    if head == "-" and isinstance(value, Mapping):
        return [f"{pad}- {lines[0].lstrip()}", *lines[1:]]
    return [pad + head, *lines]


def _after_colon(value: Value, indent: int, *, flow: bool, one_line: bool = False) -> str:
    return _scalar(value, indent, flow=flow, one_line=one_line) if isinstance(value, str) else _flow(value)


def _flow(value: Value) -> str:
    if isinstance(value, str):
        return _scalar(value, 0, flow=True)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key, 0, flow=True)}: {_flow(part)}" for key, part in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]"


def _scalar(text: str, indent: int, *, flow: bool, one_line: bool = False) -> str:
    """Return a text as YAML writes it: the plainest way that is read back as it is."""
    ways = (written for written in _ways(text, indent, flow) if not (one_line and "\n" in written))
    return next(written for written in ways if _reads_as(written, text, indent, flow))


def _ways(text: str, indent: int, flow: bool) -> Iterator[str]:
    long = len(text) > _WIDTH or "\n" in text
    if not (flow and re.search(r"[,\[\]{}:]", text)) and not long:
        yield text
    if long and not flow:
        pad = " " * (indent + _STEP)
        words = "".join(part + "\n" if part.startswith("\n") else _wrapped(part) for part in re.split("(\n+)", text))
        yield ">-\n" + "\n".join(pad + line if line else "" for line in words.split("\n"))
    yield json.dumps(text, ensure_ascii=False).translate(_ESCAPED)


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False))


def _reads_as(written: str, text: str, indent: int, flow: bool) -> bool:
    pad, comment = " " * indent, "" if written.startswith(">") else " # c"
    try:
        node = yaml.compose(f"{{k: {written}, z: z}}" if flow else f"{pad}k: {written}{comment}\n{pad}z: z\n", Loader=_Loader)
    except yaml.YAMLError:
        return False
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 2:
        return False
    value = node.value[0][1]
    return isinstance(value, yaml.ScalarNode) and value.value == text and not _is_empty(value)
