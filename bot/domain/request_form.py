"""A verb's request as a form, and a filled-in form as a request: by the same readers as typed words. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.domain.catalog import Catalog, Place
from bot.domain.command import Command, Verb
from bot.domain.errors import BadRequest
from bot.domain.fields import Field, Kind, fields_of, wants, written
from bot.domain.fill import Filling
from bot.domain.form import Choice, Form, Input
from bot.domain.names import EVERY, environments_of
from bot.domain.normalise import LONGEST, normalise
from bot.domain.parse import Parsed, parse_line, parsed_of
from bot.domain.split import LONGEST_REASON, Line, take_reason
from bot.domain.words import code, plain

PLACE, VERB, BECAUSE, DRY_RUN = "@place", "@verb", "@because", "@dry-run"
"""Names of inputs that stand for no one field of a request."""

YES = "yes"
MOST_CHOICES = 100
LONGEST_TEXT = 200


# --- to be filled in --------------------------------------------------------------------------------------


def verb_form(command: Command, verbs: Sequence[Verb], says: str, target: str) -> Form:
    """What is to be done, before it is known what else that needs."""
    choices = tuple(Choice(verb.word, verb.word, help=plain(verb.help)) for verb in verbs[:MOST_CHOICES])
    return Form(command.name, says, (Input(VERB, "What to do", "choice", choices=choices),), "Next", target)


def request_form(filling: Filling, line: Line, places: Sequence[Place], says: str, target: str) -> Form:
    """Everything that the verb can be told, with what is known filled in. places: those that are to choose from."""
    verb = filling.verb
    inputs = [*_where(filling, places), *(_input(item, filling) for item in _others(verb))]
    if verb.plan is not None:
        dry = YES if line.dry_run else ""
        inputs.append(Input(DRY_RUN, "Dry run", "check", "Show the plan only, run nothing", dry, optional=True))
    why = Input(BECAUSE, "Because", "text", "Why, in a few words.", line.reason, (), True, "", LONGEST_REASON)
    name = f"{filling.command.name} {verb.word}".strip()
    return Form(name, says, (*inputs, why), _submit(verb), target)


def _submit(verb: Verb) -> str:
    return "Show the plan" if verb.plan is not None else "Do it"


def _others(verb: Verb) -> list[Field]:
    """All but the place, what must be said first."""
    placed = _placed(verb)
    return sorted(
        (item for item in fields_of(verb.request) if item not in placed), key=lambda item: not item.required
    )


def _placed(verb: Verb) -> list[Field]:
    """The fields that one choice of a place fills in."""
    found = [item for item in fields_of(verb.request) if item.kind in (Kind.SERVICE, Kind.ENVIRONMENT)]
    return found if found and found[0].kind is Kind.SERVICE and not any(item.many for item in found) else []


def _where(filling: Filling, places: Sequence[Place]) -> Iterable[Input]:
    fields = _placed(filling.verb)
    if not fields:
        return
    optional = not any(item.required for item in fields)
    hint = "Left empty: what this channel stands for, else everything." if optional else ""
    everything = (Choice(EVERY, "everything", "everything"),) if fields[0].optional and len(places) > 1 else ()
    choices = (*everything, *_choices(fields, places))
    known = " ".join(str(filling.values[item.name]) for item in fields if filling.values.get(item.name))
    values = [choice.value for choice in choices]
    value = known if known in values else values[0] if len(values) == 1 and not optional else ""
    if len({choice.group for choice in choices}) > MOST_CHOICES:
        yield Input(PLACE, "Where", "text", "Service and environment, like shop production.", value, (), optional)
    else:
        yield Input(PLACE, "Where", "choice", hint, value, choices, optional)


def _choices(fields: Sequence[Field], places: Sequence[Place]) -> Iterable[Choice]:
    """Each place once; the service alone where an environment may be left out."""
    whole = len(fields) == 1 or not any(item.required for item in fields)
    for service in dict.fromkeys(place.service for place in places):
        if whole:
            yield Choice(service, service, service)
        if len(fields) > 1:
            own = [str(place) for place in places if place.service == service]
            yield from (Choice(place, place, service) for place in own[: MOST_CHOICES - whole])


def _input(item: Field, filling: Filling) -> Input:
    label = item.label.removeprefix("--").replace("-", " ").capitalize()
    hint = plain(item.help if item.kind is Kind.FLAG else item.help or wants(item))
    hint = hint[:1].upper() + hint[1:]
    text, optional = filling.texts.get(item.name, ""), not item.required
    match item.kind:
        case Kind.FLAG:
            return Input(item.name, label, "check", hint, YES if text else "", optional=True)
        case Kind.WORD if not item.many:
            choices = tuple(Choice(word, word) for word in item.words[:MOST_CHOICES])
            chosen = filling.values.get(item.name, item.default)
            return Input(item.name, label, "choice", hint, str(chosen) if chosen else "", choices, optional)
        case Kind.PERSON if not item.many:
            return Input(item.name, label, "person", hint, text, optional=optional)
        case kind:
            longest = LONGEST if item.many or kind in (Kind.LINE, Kind.WORDS) else LONGEST_TEXT
            return Input(item.name, label, "text", hint, text, (), optional, _placeholder(item), longest)


def _placeholder(item: Field) -> str:
    usual = item.default is not None and not item.required and not item.many
    return item.placeholder or (written(item, item.default) if usual else "")


def candidates(filling: Filling, catalog: Catalog) -> list[Place]:
    """The places that the typed words leave open; those of the channel's own service first."""
    service, environment = filling.of(Kind.SERVICE), filling.of(Kind.ENVIRONMENT)
    here = filling.values.get(service.name) if service else None
    wanted = here if service and service.name in filling.texts else None
    typed = filling.texts.get(environment.name) if environment else None
    return sorted(
        (place for place in catalog.places() if wanted in (None, place.service) and _named(place, typed, catalog)),
        key=lambda place: place.service != here,
    )


def _named(place: Place, typed: str | None, catalog: Catalog) -> bool:
    own = environments_of(catalog.services[place.service])
    return typed is None or own.get(typed.lower()) == place.environment


# --- filled in ----------------------------------------------------------------------------------------------


def read_form(
    command: Command, verb: Verb, catalog: Catalog, values: Mapping[str, str], *, channel: str, now: datetime
) -> Parsed | dict[str, str]:
    """The request, or what is wrong under each input; under "" what belongs to none of them."""
    filling, line, wrong = Filling(command, verb, catalog, now), Line(), dict[str, str]()
    line.dry_run = bool(values.get(DRY_RUN)) and verb.plan is not None
    for item, text in _said(verb, values):
        try:
            filling.give(item, _bounded(text))
        except BadRequest as error:
            wrong.setdefault(_input_of(verb, item.name), told(error))
    try:
        if reason := normalise(values.get(BECAUSE, "")):
            take_reason(line, reason)
    except BadRequest as error:
        wrong[BECAUSE] = told(error)
    try:
        read = parsed_of(filling, channel, line.reason, line.dry_run)
    except BadRequest as error:
        return wrong or {_input_of(verb, error.field): told(error)}
    if not wrong and not _is_its_line(read, command, catalog, channel, now):
        wrong[_others(verb)[0].name] = (
            f"{plain(command.name)} takes the first word for something else. Begin with another."
        )
    return wrong or read


def _is_its_line(read: Parsed, command: Command, catalog: Catalog, channel: str, now: datetime) -> bool:
    """Whether its line, as all are shown it and may ask it again, means the same when it is typed."""
    try:
        typed = parse_line({command.name: command}, catalog, read.line, channel=channel, now=now)
    except BadRequest:
        return False
    return isinstance(typed, Parsed) and (typed.verb, typed.request) == (read.verb, read.request)


def told(error: BadRequest) -> str:
    return plain(f"{error.what} {error.next_step}".strip())


def _said(verb: Verb, values: Mapping[str, str]) -> Iterable[tuple[Field, str]]:
    """Each field that was filled in, with each of its values."""
    placed = _placed(verb)
    yield from zip(placed, normalise(values.get(PLACE, "")).split(maxsplit=max(len(placed) - 1, 0)), strict=False)
    for item in _others(verb):
        text = normalise(values.get(item.name, ""))
        yield from ((item, one) for one in (text.split() if item.many else [text]) if one)


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise BadRequest(f"That is longer than {LONGEST:,} characters.", "Say it shorter.")
    return text


def _input_of(verb: Verb, field: str) -> str:
    return PLACE if field in (item.name for item in _placed(verb)) else field


def asked_of(command: Command) -> str:
    """What stands above the choice of a verb."""
    return f"{code(command.name)} can do several things. Nothing was changed yet."
