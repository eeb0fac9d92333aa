"""Every verb of every installed command, each of its fields, with words that a shell, a path or a program's options
would take for something else: refused, or a value that can be nothing but a value."""

import re
from collections.abc import Iterator

import pytest

import commands
from bot.domain.command import Command, Verb
from bot.domain.errors import BadRequest
from bot.domain.fields import Field, Kind, fields_of
from bot.domain.parse import Parsed, parse_line
from tests.domain.test_parse import CATALOG, NOW

NASTY = (
    *("--force", "-rf", "--upload-pack=id", "--output=/etc/passwd", "-oProxyCommand=id", "--", "-"),
    *("$(id)", "`id`", ";id", "|id", "&&id", "a;b", "$HOME", "${IFS}id", "'", '"', "*", "~root", "\\", "!!"),
    *("../../etc/passwd", "/etc/passwd", "..", "%00", "%2e%2e%2f", "a\0b", "a\nid", "a\rid", "\u202eid", "\u2028id"),
    *(
        "HEAD",
        "main",
        "origin/main",
        "@{-1}",
        ":/fix",
        "HEAD..main",
        "^main",
        "refs/heads/x",
        "4c1d2a7;id",
        "x" * 900,
    ),
    *(
        "'; DROP TABLE runs; --",
        "1 OR 1=1",
        "evt_$(id)",
        "evt_../x",
        "R-1;id",
        "B-1/../x",
        "<!channel>",
        "<@U0BEN|x>",
    ),
)
FREE = {Kind.WORDS, Kind.LINE}
"""What is kept as it was said, for people to read, or is itself read as a command; neither reaches a program."""
SOUGHT = {"kind"}
"""Compared with what there is, and shown as it was typed where there is none."""
PLAIN = re.compile(r"[\w@:/+][\w@:/+.-]*", re.ASCII)
INSTALLED = commands.find()
VERBS = [(command, verb) for command in INSTALLED.values() for verb in command.verbs]


def lines(command: Command, verb: Verb, field: Field, value: str) -> Iterator[str]:
    head = " ".join(part for part in (command.name, verb.word, "shop production") if part)
    for told in (value, f'"{value}"'):
        if field.option:
            yield f"{head} {field.option} {told} because x"
            yield f"{head} {field.option}={told} because x"
        else:
            yield f"{head} {told} because x"
            yield f"{command.name} {verb.word} {told}"


def read(line: str) -> Parsed | None:
    try:
        found = parse_line(INSTALLED, CATALOG, line, channel="", now=NOW)
    except BadRequest:
        return None
    return found if isinstance(found, Parsed) else None


def reaches(field: Field) -> bool:
    return field.kind not in FREE and field.name not in SOUGHT


def values(request: object, field: Field) -> list[str]:
    """Those of this field that are text."""
    found = getattr(request, field.name)
    return [one for one in (found if isinstance(found, tuple) else (found,)) if isinstance(one, str) and one]


@pytest.mark.parametrize(
    ("command", "verb"), VERBS, ids=[f"{command.name} {verb.word}".strip() for command, verb in VERBS]
)
def test_a_value_is_never_an_option_a_path_or_a_shell_word(command: Command, verb: Verb) -> None:
    for asked in fields_of(verb.request):
        for nasty in NASTY:
            for line in lines(command, verb, asked, nasty):
                parsed = read(line)
                for field in fields_of(type(parsed.request)) if parsed else ():
                    assert parsed is not None
                    for value in values(parsed.request, field) if reaches(field) else ():
                        assert PLAIN.fullmatch(value), (line, field.name, value)
                        assert ".." not in value, (line, field.name, value)
                        assert not value.startswith("/"), (line, field.name, value)
