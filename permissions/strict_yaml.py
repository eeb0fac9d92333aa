"""YAML without its traps, each value with its line, for the files that people write. Pure: text in, data out.

Refused, each with its line and remedy: a key written twice (plain YAML silently keeps the last), `on`, `yes` and
the like (true), `14:02` (842), `0123456` (42798), tags, aliases, several documents. Dates stay text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from permissions.problem import Problem, in_order

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
Path: TypeAlias = tuple[str | int, ...]

DEEPEST = 40
LONGEST = 1_000_000
WRITE_OUT = "Write it out: this file is read by people."

_PREFIX = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FRACTION = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?")


class YamlProblems(Exception):
    """The file cannot be read as it stands."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True, slots=True)
class Located:
    """Plain data, and the line on which each part of it was written (a key's line for what stands under it)."""

    data: Plain
    file: str
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """The line of the path, or of the nearest part of it that was written; 0 in an empty file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def problem(self, path: Path, what: str, remedy: str = "") -> Problem:
        return Problem(self.file, self.line_of(path), what, remedy)


def load(text: str, file: str) -> Located:
    """The file's data, or YamlProblems with every trap in it."""
    located, problems = read(text, file)
    if problems:
        raise YamlProblems(problems)
    return located


def read(text: str, file: str) -> tuple[Located, tuple[Problem, ...]]:
    """Data and traps side by side, so that the caller can tell of its own findings in the same breath.

    Raises YamlProblems only where there is nothing to look at: what is no YAML, or uses more of YAML than we read.
    """
    stopping = in_order(_unreadable(text, file))
    if stopping:
        raise YamlProblems(stopping)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    builder = _Builder(file)
    data = None if node is None else builder.value(node, (), node.start_mark.line + 1)
    return Located(data, file, builder.lines), in_order(builder.problems)


def _unreadable(text: str, file: str) -> list[Problem]:
    if len(text) > LONGEST:
        return [Problem(file, 0, f"the file is longer than {LONGEST:,} characters.", "Is it the right file?")]
    try:
        return list(_beyond_us(text, file))
    except yaml.MarkedYAMLError as error:
        return [_syntax(error, file)]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return [Problem(file, line, "a control character stands here.", "Delete it and type the line again.")]


def _beyond_us(text: str, file: str) -> Iterator[Problem]:
    """One flat pass over the parser's events, so that neither depth nor a circle of aliases can exhaust us."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST:
            yield Problem(file, line, f"this is nested more than {DEEPEST} levels deep.", "Close some brackets.")
            return
        if isinstance(event, yaml.DocumentStartEvent) and documents == 2:
            yield Problem(file, line, "a second document starts here ('---').", "Keep one document a file.")
        elif isinstance(event, yaml.AliasEvent):
            yield Problem(file, line, f"'*{event.anchor}' repeats another part of the file.", WRITE_OUT)
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag not in (None, "!"):
            yield Problem(file, line, f"the tag '{event.tag}' is not read here.", "Leave it out, or use quotes.")


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    what = error.problem or "this is not YAML"
    if "\\t" in what:
        return Problem(file, line, "a tab stands at the start of the line.", "Indent with spaces.")
    began = f" (it began on line {error.context_mark.line + 1})" if error.context_mark else ""
    remedy = "Look for a missing quote, bracket, colon or indent here or just above."
    return Problem(file, line, f"this is not YAML: {what}{began}.", remedy)


class _Builder:
    """Turns nodes into plain data, gathering lines and traps on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: Path, line: int) -> Plain:
        self.lines[path] = line
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, at), item.start_mark.line + 1) for at, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = self._key(key)
            if name is None:
                continue
            if name in found:
                first = self.lines[(*path, name)]
                self._trap(line, f"'{name}' is written twice; the first is on line {first}.", "Keep one of them.")
                continue
            found[name] = self.value(value, (*path, name), line)
        return found

    def _key(self, node: yaml.Node) -> str | None:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            self._trap(line, "a list or a mapping stands where a name must be.", "Put the name before the colon.")
            return None
        kind, text = node.tag.removeprefix(_PREFIX), str(node.value)
        if kind == "merge":
            self._trap(line, "'<<' copies another part of the file.", WRITE_OUT)
            return None
        if kind not in ("str", "timestamp", "value"):
            self._trap(line, f"'{text}' as a name is read as {_read_as(kind, text)}.", f'Write "{text}" in quotes.')
        return text

    def _scalar(self, node: yaml.Node) -> Plain:
        kind, text = node.tag.removeprefix(_PREFIX), str(node.value)
        match kind:
            case "null":
                return None
            case "bool" if text in ("true", "false"):
                return text == "true"
            case "int" if _DECIMAL.fullmatch(text):
                return int(text)
            case "float" if _FRACTION.fullmatch(text):
                return float(text)
            case "bool":
                self._refuse(node, kind, f'Write true or false; if the word is meant, "{text}" in quotes.')
            case "int" | "float":
                self._refuse(node, kind, f'Write "{text}" in quotes.')
        return text

    def _refuse(self, node: yaml.Node, kind: str, remedy: str) -> None:
        text = str(node.value)
        self._trap(node.start_mark.line + 1, f"'{text}' is read as {_read_as(kind, text)}.", remedy)

    def _trap(self, line: int, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, line, what, remedy))


def _read_as(kind: str, text: str) -> str:
    """What plain YAML would have made of the word: the surprise itself explains the refusal."""
    try:
        value = yaml.safe_load(text)
    except ValueError:
        return "a number"
    return {"bool": str(value).lower(), "null": "nothing"}.get(kind, str(value)[:20])
