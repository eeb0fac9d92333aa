"""A line whose rest is a sentence: `/incident checkout answers 500 --severity sev1`. Pure.

Nobody quotes in a crisis: apostrophes, dashes and numbers stay as they are; only options that the verb has are taken
out, wherever they stand, and what the verb wants first (an incident, a person, a word).
"""

import re
from collections.abc import Iterator

from bot.domain.command import Command, Verb
from bot.domain.errors import BadRequest
from bot.domain.fields import Field, Kind, Unfit, fields_of, read
from bot.domain.fill import Filling
from bot.domain.names import environments_of
from bot.domain.nearest import nearest
from bot.domain.words import code, listed, quoted

_TOKEN = re.compile(r'"[^"]*"(?=\s|$)|\S+')
_OPTION = re.compile(r"(?:--|[—–]+|-[—–])([A-Za-z][A-Za-z-]*)(?:=(.*))?")
_PUNCTUATION = ".,:;!?()[]“”\"'"


def prose_verb(command: Command, line: str) -> tuple[Verb, str] | None:
    """The verb whose request ends in words, and what follows its own word; None where a line is an ordinary one."""
    first, _, rest = line.partition(" ")
    by_word = {verb.word: verb for verb in command.verbs}
    verb, said = (by_word[first.lower()], rest) if first.lower() in by_word else (by_word.get(""), line)
    if verb is None or words_of(verb) is None:
        return None
    return verb, said.strip()


def said_to(verb: Verb, line: str) -> str:
    """What follows the verb's own word, where it stands."""
    first, _, rest = line.partition(" ")
    return (rest if verb.word and first.lower() == verb.word else line).strip()


def words_of(verb: Verb) -> Field | None:
    return next((field for field in fields_of(verb.request) if field.kind is Kind.WORDS), None)


def read_prose(filling: Filling, said: str) -> None:
    """Fill the verb's fields from what was said. Raises BadRequest for an option that is unknown, half or wrong."""
    field = words_of(filling.verb)
    assert field is not None  # noqa: S101  (`prose_verb` has asked)
    tokens = _after_refs(filling, list(_without_options(filling, said)))
    text = " ".join(tokens)
    if len(tokens) == 1:
        text = _bare(tokens[0])
    if text:
        try:
            filling.put(field, read(field, text, filling.now), text)
        except Unfit as error:
            raise BadRequest(f"{error}.", "Say it shorter.") from None
        _name_places(filling, text)


def _without_options(filling: Filling, said: str) -> Iterator[str]:
    """The words that are no option; options go into their fields."""
    options = {field.option: field for field in fields_of(filling.verb.request) if field.option}
    tokens = _TOKEN.finditer(said)
    for token in tokens:
        found = _OPTION.fullmatch(token[0])
        name = f"--{found[1].lower()}" if found else ""
        if not found or (name not in options and not token[0].startswith("--")):
            yield token[0]
        elif name not in options:
            raise _unknown(filling, name, list(options))
        elif options[name].kind is Kind.FLAG:
            filling.option(name, "")
        else:
            following = None if found[2] else next(tokens, None)
            value = found[2] or (following[0] if following else "")
            if not value:
                raise BadRequest(f"{code(name)} needs a value after it.", "", filling.verb.example)
            filling.option(name, _bare(value))


def _unknown(filling: Filling, name: str, options: list[str]) -> BadRequest:
    near = nearest(name, options)
    has = f"It has {listed([code(option) for option in options], 'and')}." if options else "Leave it out."
    what = f"{quoted(name, 40)} is not an option of {filling.said}."
    return BadRequest(what, f"Did you mean {code(near)}?" if near else has)


def _after_refs(filling: Filling, tokens: list[str]) -> list[str]:
    """What is left once the first words have gone to the fields that take one: INC-7, @ana, a word."""
    fields = [item for item in filling.fields if not item.option and item.kind is not Kind.WORDS]
    for at, token in enumerate(tokens):
        taker = next(
            (item for item in fields if item.name not in filling.values and _takes(item, token, filling)), None
        )
        if taker is None:
            return tokens[at:]
        filling.put(taker, read(taker, token, filling.now), token)
    return []


def _takes(item: Field, token: str, filling: Filling) -> bool:
    try:
        read(item, token, filling.now)
    except Unfit:
        return False
    return True


def _name_places(filling: Filling, text: str) -> None:
    """A service that the sentence names, and then an environment of it; two services name none."""
    service, environment = filling.of(Kind.SERVICE), filling.of(Kind.ENVIRONMENT)
    if service is None or service.name in filling.values:
        return
    said = [word.strip(_PUNCTUATION).lower() for word in text.split()]
    named = {filling.services[word] for word in said if word in filling.services}
    if len(named) != 1:
        return
    filling.values[service.name] = one = named.pop()
    own = environments_of(filling.catalog.services[one])
    if environment is not None and environment.name not in filling.values:
        places = {own[word] for word in said if word in own}
        if len(places) == 1:
            filling.values[environment.name] = places.pop()


def _bare(token: str) -> str:
    return token[1:-1] if len(token) > 1 and token[0] == token[-1] == '"' else token
