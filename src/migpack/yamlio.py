"""YAML text in, models out, with a place for every mistake. The only module that knows YAML.

Scalars are taken as text (`18:30`, `no` and `0163` stay what was written) and the model gives them their type. Empty
values count as not written. Duplicate keys, anchors, aliases and tags are refused. Paths of places are keys joined by dots;
a path that ends in '#' is the place of the key itself.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from migpack.problems import Mistakes, Place, Problem, did_you_mean, mistake

MAX_BYTES = 1_000_000
_Model = TypeVar("_Model", bound=BaseModel)


_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 50  # levels of parts in parts
_QUOTE = 'put the text in "quotation marks"'


class Node(typing.NamedTuple):
    """A part of a YAML file with its place: a text, a list or a mapping (of key place and node)."""

    place: Place
    text: str | None = None
    items: tuple[Node, ...] | None = None
    keys: Mapping[str, tuple[Place, Node]] | None = None


class Places(Mapping[str, Place]):
    """The place of every part of some files, by its path; worked out when first asked for, since it is mistakes that ask."""

    def __init__(self, files: Mapping[str, Node]) -> None:
        """Take each file by what its paths start with."""
        self._files = files

    def __getitem__(self, path: str) -> Place:
        return self._found[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @cached_property
    def _found(self) -> dict[str, Place]:
        places: dict[str, Place] = {}
        for start, node in self._files.items():
            _note_places(node, start, places)
        return places


def decode(data: bytes, file: str, most: int = MAX_BYTES) -> str:
    """Return the text of a file, which has to be UTF-8 and of a sensible size: at most so many bytes."""
    if len(data) > most:
        raise mistake(Place(file), f"the file is {len(data) / 1e6:.0f} MB, far more than such a file holds", "name the right file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise mistake(Place(file, line, column), "this character is not UTF-8", "save the file again with the encoding UTF-8") from None
    if not text.strip():
        raise mistake(Place(file), "the file is empty", "write at least practice:, systems: and dates:, or start with 'migpack new FOLDER'")
    return text


def read_node(text: str, file: str) -> Node:
    """Read YAML text into nodes.

    Raises:
        Mistakes: it is not YAML, a key stands twice, or it uses anchors or tags.
    """
    try:
        reading = _Reading(text, file)
        node = reading.whole()
    except yaml.YAMLError as error:
        raise Mistakes([_syntax_problem(error, file, text)]) from None
    if node is None:
        raise mistake(Place(file), "there is nothing in the file but comments", "write at least practice:, systems: and dates:")
    if reading.problems:
        raise Mistakes(reading.problems)
    return node


class _Reading:
    """Makes nodes of the events of one file, and gathers what no file may hold."""

    def __init__(self, text: str, file: str) -> None:
        self._file, self._next = file, _Parser(text).get_event
        self.problems: list[Problem] = []

    def whole(self) -> Node | None:
        """Return what the file holds; None for nothing."""
        self._next()  # the start of the stream
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        node = self._node(self._next(), 0)
        self._next()  # the end of the document
        if not isinstance(after := self._next(), yaml.StreamEndEvent):
            raise Mistakes([Problem(self._place(after), "a second document starts here", "write all of it as one, without this line")])
        return node

    def _node(self, event: Any, depth: int) -> Node:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag:
            write = f"{_QUOTE}; write out what stands in two places"
            self._refuse(place, "a text that starts with & * or ! means something else here", write)
        if isinstance(event, yaml.ScalarEvent):
            empty = not event.style and event.value in ("", "~", "null")
            return Node(place, text=None if empty or not event.value.strip() else event.value)
        if depth == _DEEPEST:
            raise mistake(place, f"more than {_DEEPEST} parts stand in one another here", "check the brackets and the indentation")
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(place, items=tuple(self._items(depth + 1)))
        return Node(place, keys=self._keys(depth + 1)) if isinstance(event, yaml.MappingStartEvent) else Node(place)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            yield self._node(event, depth)

    def _keys(self, depth: int) -> dict[str, tuple[Place, Node]]:
        keys: dict[str, tuple[Place, Node]] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key, value = self._node(event, depth), self._node(self._next(), depth)
            if isinstance(event, yaml.CollectionStartEvent):
                self._refuse(key.place, "a list or mapping stands where a key belongs", "write a plain word before the colon")
            elif isinstance(event, yaml.ScalarEvent) and event.value in keys:
                first = keys[event.value][0].line
                self._refuse(key.place, f"'{event.value}' stands here a second time (first in line {first})", "keep one of the two")
            elif isinstance(event, yaml.ScalarEvent):
                keys[event.value] = key.place, value
        return keys

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _refuse(self, place: Place, what: str, write: str) -> None:
        self.problems.append(Problem(place, what, write))


def _syntax_problem(error: yaml.YAMLError, file: str, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    says = str(getattr(error, "problem", None) or error)
    if isinstance(error, yaml.reader.ReaderError):
        # The C reader counts bytes of UTF-8.
        before = text.encode()[: error.position].decode(errors="ignore")
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return Problem(place, f"there is a hidden control character (U+{error.character:04X})", "type the line again without it")
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in says:
        return Problem(place, "there is a tab in the indentation", "use spaces: two for each step")
    if "mapping values are not allowed" in says:
        return Problem(place, "there is a second colon on this line", 'put the text after the key in "quotation marks"')
    if "cannot start any token" in says or ("unexpected" in says and line.lstrip().startswith(("*", "&", "@", "`", "%"))):
        return Problem(place, "a text starts with a character that means something else here", _QUOTE)
    return Problem(
        place, f"this cannot be read as YAML ({says})", "check the indentation, colons and quotation marks of this line and the one above"
    )


def overlay(base: Node, over: Node) -> Node:
    """Return `base` with `over` laid on top: mappings by key, lists of entries that have an id by id, the rest replaced."""
    if base.keys is not None and over.keys is not None:
        keys = dict(base.keys)
        for key, (place, node) in over.keys.items():
            keys[key] = (place, overlay(keys[key][1], node) if key in keys else node)
        return base._replace(keys=keys, place=over.place)
    if base.items is not None and over.items is not None and all(map(_id, base.items + over.items)):
        merged = {_id(item): item for item in base.items}
        for item in over.items:
            merged[_id(item)] = overlay(merged[_id(item)], item) if _id(item) in merged else item
        return base._replace(items=tuple(merged.values()))
    return over


def _id(node: Node) -> str:
    return (node.keys["id"][1].text or "") if node.keys and "id" in node.keys else ""


def to_model(node: Node, model: type[_Model]) -> tuple[_Model, Places]:
    """Return the model that a node holds and the place of every part of it.

    Raises:
        Mistakes: every mistake of the file, each with its place and what to write.
    """
    places = Places({"": node})
    problems = list(_empty_and_unknown(node, model, ()))
    try:
        value = model.model_validate(data_of(node))
    except ValidationError as error:
        problems += [_problem(found, places, model) for found in error.errors()]
    if problems:
        raise Mistakes(problems)
    return value, places


@dataclass(frozen=True)
class Fault:
    """What is wrong with one part of a file, said without its name: `loc` leads to it, `missing` says that it is not there."""

    loc: tuple[str, ...]
    what: str
    write: str
    missing: bool


def faults(node: Node, model: type[BaseModel]) -> tuple[Fault, ...]:
    """Return everything that keeps a node from being the model, for those who name its parts in their own way."""
    try:
        model.model_validate(data_of(node))
    except ValidationError as error:
        return tuple(_fault(found) for found in error.errors())
    return ()


def _fault(error: Any) -> Fault:
    loc, kind = _loc(error), error["type"]
    return Fault(loc, *(("is missing", "") if kind == "missing" else _words(kind, error)), missing=kind == "missing")


def _empty_and_unknown(node: Node, model: type[BaseModel], loc: tuple[str, ...]) -> Iterator[Problem]:
    """Find keys without a value that nothing knows: they hold no data, so the model never sees them."""
    for key, (place, value) in (node.keys or {}).items():
        if _is_empty(value) and (known := _field_names(model, loc)) and key not in known:
            yield Problem(place, f"'{key}' is not a key that {spoken(loc) or 'the file'} knows", did_you_mean(key, known))
        if value.text is None:
            yield from _empty_and_unknown(value, model, (*loc, key))
    for number, item in enumerate(node.items or ()):
        if item.text is None:
            yield from _empty_and_unknown(item, model, (*loc, str(number)))


def _is_empty(node: Node) -> bool:
    return node.text is None and node.items is None and node.keys is None


def data_of(node: Node) -> Any:
    """Return what a node holds as plain data: texts, tuples and mappings; what is empty is left out."""
    if node.keys is not None:
        pairs = ((key, data_of(value)) for key, (_, value) in node.keys.items())
        return {key: value for key, value in pairs if value is not None}
    if node.items is not None:
        return tuple(value for value in map(data_of, node.items) if value is not None)
    return node.text


def _note_places(node: Node, path: str, places: dict[str, Place]) -> None:
    """Note the place of a part and of every part of it."""
    places[path] = node.place
    dot = path + "." if path else ""
    if node.keys is not None:
        for key, (place, value) in node.keys.items():
            places[f"{dot}{key}#"] = place
            _note_places(value, f"{dot}{key}", places)
    elif node.items is not None:
        # Empty list lines are dropped from the data, so they must not count here either.
        for number, item in enumerate(item for item in node.items if not _is_empty(item)):
            _note_places(item, f"{dot}{number}", places)


def _problem(error: Any, places: Mapping[str, Place], model: type[BaseModel]) -> Problem:
    loc, kind = _loc(error), error["type"]
    path, said = ".".join(loc), spoken(loc)
    key, parent = (loc[-1], ".".join(loc[:-1])) if loc else ("", "")
    place = _nearest(places, loc)
    if kind == "missing":
        above = places.get(f"{parent}#") or _nearest(places, loc[:-1])
        hint = _described(model, loc)
        return Problem(above, f"{said} is missing", f"write '{key}: …'" + (f" \N{EN DASH} {hint}" if hint else ""))
    if kind == "extra_forbidden":
        return Problem(
            places.get(f"{path}#", place),
            f"'{key}' is not a key that {spoken(loc[:-1]) or 'the file'} knows",
            did_you_mean(key, _field_names(model, loc[:-1])),
        )
    what, write = _words(kind, error)
    unnamed = not said and kind in ("value_error", "assertion_error")
    return Problem(place, what if unnamed else f"{said or 'the file'}: {what}", write)


def _loc(error: Any) -> tuple[str, ...]:
    return tuple(str(part) for part in error["loc"] if part != "[key]")


def _words(kind: str, error: Any) -> tuple[str, str]:
    """Return what is wrong with a value, and what to write."""
    given, context = error.get("input"), error.get("ctx", {})
    if kind in ("literal_error", "enum"):
        known = [word.strip(" '") for word in str(context["expected"]).replace(" or ", ",").split(",")]
        return f"'{given}' is not known here", did_you_mean(str(given), known)
    if kind in ("value_error", "assertion_error"):
        what, dash, write = str(context["error"]).partition(" \N{EM DASH} ")
        if not dash:
            what, _, write = str(context["error"]).partition(": ")
        return what, write or "write it as the README shows"
    return _type_words(kind, given, context)


def spoken(loc: tuple[str, ...]) -> str:
    """Return a path as people say it: 'third_parties (entry 2) off'."""
    words = ""
    for part in loc:
        words += (
            f" (entry {int(part) + 1})" if part.isdigit() else ("." if words and not words.endswith(")") else " " if words else "") + part
        )
    return words


def _type_words(kind: str, given: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    what = "a list" if isinstance(given, tuple) else "a group of keys" if isinstance(given, dict) else f"'{given}'"
    if kind == "string_type":
        return f"{what} stands where a text belongs", "write one text after the colon"
    if kind in ("tuple_type", "list_type"):
        return f"{what} stands where a list belongs", "write each entry on a line of its own that starts with '- '"
    if kind in ("model_type", "dict_type", "model_attributes_type", "mapping_type"):
        return f"{what} stands where a group of keys belongs", "write the keys on the lines below, indented by two spaces"
    if kind.startswith("int_"):
        return f"'{given}' is not a whole number", "write digits only"
    if kind.startswith("float_"):
        return f"'{given}' is not a number", "write digits, such as 2.4"
    if kind.startswith("bool_"):
        return f"'{given}' is neither yes nor no", "write yes or no"
    if kind == "string_too_long":
        return f"this text has {len(str(given))} characters", f"write at most {context['max_length']}"
    if kind == "string_pattern_mismatch":
        if "https" in str(context["pattern"]):
            return f"'{given}' is not a web address", "write it in full, starting with https://"
        return f"'{given}' is not an id", "use small letters, digits and _, starting with a letter"
    bounds = {"greater_than": "more than", "greater_than_equal": "at least", "less_than": "less than", "less_than_equal": "at most"}
    if kind in bounds:
        limit = context.get("gt", context.get("ge", context.get("lt", context.get("le"))))
        return f"{given} cannot be right", f"write a number of {bounds[kind]} {limit}"
    return f"'{given}' cannot be read here ({kind})", "see the key in the starter file that 'migpack new' writes"


def _nearest(places: Mapping[str, Place], loc: tuple[str, ...]) -> Place:
    for end in range(len(loc), -1, -1):
        if found := places.get(".".join(loc[:end])):
            return found
    raise KeyError(loc)


def type_at(annotation: Any, loc: tuple[str, ...]) -> Any:
    """Follow a path of keys through annotations to the type that stands there; None where the path leads nowhere."""
    for part in loc:
        annotation = _bare(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found = annotation.model_fields.get(part)
            annotation = found.annotation if found else None
        else:
            arguments = typing.get_args(annotation)
            annotation = arguments[1] if typing.get_origin(annotation) is dict else (arguments or (None,))[0]
    return _bare(annotation)


def _bare(annotation: Any) -> Any:
    while typing.get_origin(annotation) in (typing.Annotated, typing.Union, types.UnionType):
        annotation = next(arg for arg in typing.get_args(annotation) if arg is not types.NoneType)
    return annotation


def _field_names(model: type[BaseModel], loc: tuple[str, ...]) -> list[str]:
    found = type_at(model, loc)
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _described(model: type[BaseModel], loc: tuple[str, ...]) -> str:
    parent = type_at(model, loc[:-1])
    known = parent.model_fields.get(loc[-1]) if isinstance(parent, type) and issubclass(parent, BaseModel) else None
    return (known.description or "") if known else ""


def quoted(text: str) -> str:
    """Return a text as one safe YAML scalar."""
    import json

    return json.dumps(text, ensure_ascii=False)


def written(data: Mapping[str, Any], head: str) -> str:
    """Return plain data as YAML text below some lines of comment; what `read_node` reads back is the same."""
    text: str = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=140)
    return "".join(f"# {line}\n" for line in head.splitlines()) + text


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes scalars plainly, since they are read as text: quoted only where their letters ask for it."""

    yaml_implicit_resolvers: typing.ClassVar[dict[str, Any]] = {}


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else "'" if text in ("~", "null") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(bool, lambda dumper, value: _represent_text(dumper, "yes" if value else "no"))
