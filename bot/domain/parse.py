"""A typed line becomes a request: one command, one verb, its fields; order is free. Pure.

It never guesses: what is unknown, repeated, unclosed or left over is refused with the nearest right word.
Permissions are decided on what comes out of here, never on the text that went in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.card import Card
from bot.domain.catalog import Catalog, Place
from bot.domain.command import Command, Verb
from bot.domain.errors import BadRequest, Missing
from bot.domain.fields import EPOCH, Field, Kind, fields_of
from bot.domain.fill import Filling
from bot.domain.help import command_help, menu_help
from bot.domain.names import all_environments, services_of
from bot.domain.nearest import nearest
from bot.domain.normalise import LONGEST, normalise
from bot.domain.prose import prose_verb, read_prose, said_to, words_of
from bot.domain.request import from_json, line_of, to_json
from bot.domain.split import DRY_RUN, Line, split
from bot.domain.words import code, listed, quoted

__all__ = ["EPOCH", "UMBRELLA", "Help", "Parsed", "from_json", "line_of", "parse", "parse_line", "to_json"]

UMBRELLA = "/ops"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a line asks for. `line` is its canonical form without the reason."""

    command: Command
    verb: Verb
    request: object
    line: str
    place: Place | None
    reason: str
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Help:
    """The line asked how it is done."""

    card: Card


def parse(
    commands: Mapping[str, Command], catalog: Catalog, command: str, text: str, *, channel: str, now: datetime
) -> Parsed | Help:
    """Raises BadRequest and nothing else: what was wrong, the nearest right word, an example."""
    line = normalise(text[: LONGEST + 1])
    if len(text) > LONGEST:
        raise BadRequest(f"That line is longer than {LONGEST:,} characters.", "Say it shorter.")
    record, rest = _record(commands, command, line)
    if isinstance(record, Help):
        return record
    try:
        return _read(record, catalog, rest, channel, now)
    except BadRequest as error:
        error.example = error.example or record.verbs[0].example
        if isinstance(error, Missing):
            error.command, error.text = record.name, rest
        raise


def parse_line(
    commands: Mapping[str, Command], catalog: Catalog, line: str, *, channel: str, now: datetime
) -> Parsed | Help:
    """A whole line as a button, the terminal or `/can` holds it: `/rollback shop production`, slash or not."""
    first, _, rest = line.strip().partition(" ")
    return parse(commands, catalog, first, rest, channel=channel, now=now)


# --- which command -----------------------------------------------------------------------------------------


def _record(commands: Mapping[str, Command], name: str, line: str) -> tuple[Command | Help, str]:
    record = _find(commands, name)
    if record is None:
        raise _unknown_command(commands, name)
    if record.name != UMBRELLA or not line:
        return record, line
    first, _, rest = line.partition(" ")
    if first.lower() in ("help", "--help"):
        inner = _find(commands, rest) if rest else None
        return Help(command_help(inner) if inner else menu_help(commands.values())), ""
    if first.lower() in {verb.word for verb in record.verbs}:
        return record, line
    inner = _find(commands, first)
    if inner is None and not first.startswith("-") and first.lower() != "because":
        raise _unknown_command(commands, first)
    return (inner, rest) if inner else (record, line)


def _find(commands: Mapping[str, Command], name: str) -> Command | None:
    return commands.get(f"/{name.removeprefix('/').lower()}")


def _unknown_command(commands: Mapping[str, Command], name: str) -> BadRequest:
    near = nearest(name.removeprefix("/"), [command.word for command in commands.values()])
    what = f"{quoted(name, 40)} is not a command here."
    if near:
        return BadRequest(what, f"Did you mean {code('/' + near)}?", commands[f"/{near}"].verbs[0].example)
    return BadRequest(what, f"There are {listed([code(name) for name in sorted(commands)], 'and')}.")


# --- one line ----------------------------------------------------------------------------------------------


def _read(command: Command, catalog: Catalog, text: str, channel: str, now: datetime) -> Parsed | Help:
    line_field = _line_field(command)
    if line_field:
        return _read_line(command, line_field, catalog, text, channel, now)
    if (prose := prose_verb(command, text or command.bare)) is not None:
        return _read_prose(command, *prose, catalog, channel, now)
    line = split(text or command.bare, command.name, _options(command))
    if line.help:
        return Help(command_help(command))
    verb = _choose(command, line, catalog)
    try:
        return _filled(Filling(command, verb, catalog, now), line, channel)
    except BadRequest as error:
        error.example = error.example or verb.example
        if isinstance(error, Missing):
            error.verb = verb.word
        raise


def _read_prose(
    command: Command, verb: Verb, said: str, catalog: Catalog, channel: str, now: datetime
) -> Parsed | Help:
    if said.lower() in ("help", "--help"):
        return Help(command_help(command))
    filling = Filling(command, verb, catalog, now)
    try:
        read_prose(filling, said)
        return parsed_of(filling, channel, "", dry_run=False)
    except BadRequest as error:
        error.example = error.example or verb.example
        if isinstance(error, Missing):
            error.verb = verb.word
        raise


def _filled(filling: Filling, line: Line, channel: str) -> Parsed:
    _fill(filling, line)
    return parsed_of(filling, channel, line.reason, line.dry_run)


def _fill(filling: Filling, line: Line) -> None:
    for name, value in line.options:
        filling.option(name, value)
    for word in line.free:
        filling.word(word.text)
    if line.dry_run and filling.verb.plan is None:
        raise BadRequest(f"{filling.said} makes no plan, so {code(DRY_RUN)} has nothing to show.", "Leave it out.")


def _options(command: Command) -> dict[str, Field]:
    return {item.option: item for verb in command.verbs for item in fields_of(verb.request) if item.option}


def parsed_of(filling: Filling, channel: str, reason: str, dry_run: bool) -> Parsed:
    request = filling.request(channel)
    line = line_of(filling.command, filling.verb, request)
    return Parsed(filling.command, filling.verb, request, line, _place(filling, request), reason, dry_run)


def _place(filling: Filling, request: object) -> Place | None:
    service, environment = filling.of(Kind.SERVICE), filling.of(Kind.ENVIRONMENT)
    if service is None or environment is None:
        return None
    names = getattr(request, service.name), getattr(request, environment.name)
    return Place(*names) if all(names) else None


# --- what is known so far, for a form ------------------------------------------------------------------------


def begun(
    command: Command, verb: Verb, catalog: Catalog, text: str, *, channel: str, now: datetime
) -> tuple[Filling, Line]:
    """One verb's request as far as the line says it. BadRequest when a word of it does not fit that verb."""
    filling, line_field = Filling(command, verb, catalog, now), _line_field(command)
    if line_field:
        _fill_line(filling, line_field, text)
        return filling, Line()
    if words_of(verb) is not None:
        read_prose(filling, said_to(verb, text))
        filling.place(channel)
        return filling, Line()
    line = split(text, command.name, _options(command))
    line.free = [word for word in line.free if word.quoted or not verb.word or word.text.lower() != verb.word]
    _fill(filling, line)
    filling.place(channel)
    return filling, line


# --- a command whose value is itself a command: /can <@U1> rollback shop production --to previous ------------


def _line_field(command: Command) -> Field | None:
    if len(command.verbs) != 1:
        return None
    return next((item for item in fields_of(command.verbs[0].request) if item.kind is Kind.LINE), None)


def _read_line(
    command: Command, field: Field, catalog: Catalog, text: str, channel: str, now: datetime
) -> Parsed | Help:
    if text.lower() in ("help", "--help"):
        return Help(command_help(command))
    filling = Filling(command, command.verbs[0], catalog, now)
    _fill_line(filling, field, text)
    return parsed_of(filling, channel, "", dry_run=False)


def _fill_line(filling: Filling, field: Field, text: str) -> None:
    while mention := re.match(r"(<@[A-Z0-9]+>)(?: |$)", text):
        filling.word(mention[1])
        text = text[mention.end() :]
    rest = text.lstrip("/ ")
    if rest.startswith(("-", "—", "–")):
        raise BadRequest(f"{quoted(rest, 40)} is not a command.", "Name the command first.")
    if rest:
        filling.put(field, rest, rest)


# --- which verb --------------------------------------------------------------------------------------------


def _choose(command: Command, line: Line, catalog: Catalog) -> Verb:
    by_word = {verb.word: verb for verb in command.verbs}
    said = [word for word in line.free if not word.quoted and word.text.lower() in by_word]
    if said:  # `/incident role commander`: what the first one takes as a value is no second verb
        values = {value for item in fields_of(by_word[said[0].text.lower()].request) for value in item.words}
        said = [said[0], *(word for word in said[1:] if word.text.lower() not in values)]
    if len(said) > 1:
        both = listed([code(word.text.lower()) for word in said], "and")
        raise BadRequest(f"{both} are too much for one line.", "Ask for one at a time.")
    if said:
        line.free.remove(said[0])
        return by_word[said[0].text.lower()]
    if "" not in by_word:
        raise _which(command, line, by_word, {**services_of(catalog), **all_environments(catalog)})
    return by_word[""]


def _which(command: Command, line: Line, by_word: Mapping[str, Verb], names: Mapping[str, str]) -> BadRequest:
    for word in line.free:
        near = None if word.text.lower() in names else nearest(word.text, by_word)
        if near:
            what = f"{quoted(word.text, 40)} is nothing that {code(command.name)} does."
            return BadRequest(what, f"Did you mean {code(near)}?", by_word[near].example)
    choices = listed([code(word) for word in by_word])
    return Missing(f"{code(command.name)} needs to know what to do.", f"Say {choices}.")
