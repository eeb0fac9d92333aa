"""The kinds of value that a request's fields hold: how each is found in its class, read from a word and written back.

Pure. A value that starts with "-" is never accepted, so nobody's value can become an option of anything.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, assert_never, cast, get_args, get_origin, get_type_hints

from bot.domain.command import (
    PREVIOUS,
    Arg,
    CommandLine,
    Day,
    Digits,
    Environment,
    EventRef,
    IncidentRef,
    Moment,
    PersonRef,
    Release,
    RunRef,
    Service,
    Since,
    Until,
    Words,
)
from bot.domain.words import code, listed, quoted

LONGEST_SINCE = timedelta(days=30)
LONGEST_UNTIL = timedelta(days=30)
LONGEST_WORDS = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The time to read a line with when only its command and place matter: no instant in it is judged by it."""


class Kind(StrEnum):
    """What a field holds; the value is how a missing one is named to people."""

    SERVICE = "service"
    ENVIRONMENT = "environment"
    WORD = "word"
    PERSON = "person"
    EVENT = "event"
    DIGITS = "digits"
    RELEASE = "release"
    SINCE = "time"
    UNTIL = "end"
    RUN = "run"
    INCIDENT = "incident"
    NUMBER = "number"
    TEXT = "value"
    LINE = "command"
    FLAG = "flag"
    WORDS = "sentence"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request class. option: "" when its value stands free in the line."""

    name: str
    kind: Kind
    option: str
    help: str
    words: tuple[str, ...]
    placeholder: str
    required: bool
    optional: bool  # None is a value
    many: bool
    default: object

    @property
    def label(self) -> str:
        return self.option or self.name.replace("_", " ")


class Unfit(ValueError):
    """The word is no value of that kind; says what is wanted."""


_KINDS: dict[object, Kind] = {
    Service: Kind.SERVICE,
    Environment: Kind.ENVIRONMENT,
    Release: Kind.RELEASE,
    EventRef: Kind.EVENT,
    Digits: Kind.DIGITS,
    CommandLine: Kind.LINE,
    RunRef: Kind.RUN,
    IncidentRef: Kind.INCIDENT,
    PersonRef: Kind.PERSON,
    Since: Kind.SINCE,
    Until: Kind.UNTIL,
    Words: Kind.WORDS,
    Moment: Kind.MOMENT,
    Day: Kind.DAY,
    bool: Kind.FLAG,
    int: Kind.NUMBER,
    str: Kind.TEXT,
}


# --- from a request class --------------------------------------------------------------------------------


def fields_of(request: type[Any]) -> tuple[Field, ...]:
    """The fields of a request class in their order. TypeError for a type that no kind stands for."""
    return _fields_of(cast("Hashable", request))


@cache
def _fields_of(request: Any) -> tuple[Field, ...]:
    hints = get_type_hints(request, include_extras=True)
    return tuple(_field(item.name, hints[item.name], item.default) for item in fields(request))


def _field(name: str, hint: object, default: object) -> Field:
    inner, arg, optional, many = _unwrap(hint, Arg())
    literal = tuple(map(str, get_args(inner))) if get_origin(inner) is Literal else ()
    words = literal or arg.words
    kind = Kind.WORD if words else _kind(inner, name)
    option = arg.option or (f"--{name.replace('_', '-')}" if kind is Kind.FLAG else "")
    required = default is MISSING and not many
    start = () if many and default is MISSING else None if default is MISSING else default
    return Field(name, kind, option, arg.help, words, arg.placeholder, required, optional, many, start)


def _unwrap(hint: object, arg: Arg) -> tuple[object, Arg, bool, bool]:
    """The type inside Annotated, `| None` and `tuple[…, ...]`, with what they say."""
    if get_origin(hint) is Annotated:
        inner, *extras = get_args(hint)
        return _unwrap(inner, next((extra for extra in extras if isinstance(extra, Arg)), arg))
    if get_origin(hint) in (Union, UnionType):
        rest = [part for part in get_args(hint) if part is not NoneType]
        inner, arg, _, many = _unwrap(rest[0], arg)
        return inner, arg, True, many
    if get_origin(hint) is tuple:
        inner, arg, optional, _ = _unwrap(get_args(hint)[0], arg)
        return inner, arg, optional, True
    return hint, arg, False, False


def _kind(inner: object, name: str) -> Kind:
    if inner in _KINDS:
        return _KINDS[inner]
    base = getattr(inner, "__supertype__", None)
    if base in _KINDS:
        return _KINDS[base]
    raise TypeError(f"field {name!r} has a type that no kind stands for: {inner!r}")


# --- from a word ------------------------------------------------------------------------------------------

_SHAPES: dict[Kind, tuple[str, str]] = {
    Kind.PERSON: (r"<@([UW][A-Z0-9]+)>", "a person, picked from Slack's list after @"),
    Kind.EVENT: (r"(evt_[A-Za-z0-9_]+)", "an event of the payment provider, like evt_1QX2ab"),
    Kind.DIGITS: (r"([0-9a-f]{6,64})", "the first 6 digits on the plan, like 7c01e9"),
    Kind.RELEASE: (rf"({PREVIOUS}|[0-9a-f]{{7,40}})", f"{PREVIOUS} or at least 7 digits of a commit, like 4c1d2a7"),
    Kind.RUN: (r"(?:r-?)?([1-9][0-9]{0,17})", "a run, like R-42"),
    Kind.INCIDENT: (r"inc-?([1-9][0-9]{0,17})", "an incident, like INC-7"),
    Kind.NUMBER: (r"([0-9]{1,6})", "a number, like 20"),
    Kind.MOMENT: (
        r"((?:\d{4}-\d\d-\d\d[t ]\d\d:\d\d|\d{1,2}:\d\d)(?::\d\d)?z?)",
        "a time of your own day like 14:02 or 2026-11-20T14:02, or of UTC like 14:02Z",
    ),
    Kind.DAY: (r"(\d{4}-\d\d-\d\d)", "a day, like 2026-12-01"),
    Kind.SINCE: (
        r"([1-9][0-9]{0,4}[mhd]|\d{4}-\d\d-\d\dT[\d:]{5,8}Z)",
        "how far back, like 30m, 2h or 3d (30d at most)",
    ),
    Kind.UNTIL: (
        r"([1-9][0-9]{0,4}[mhd]|[0-2]?\d:[0-5]\dz?|\d{4}-\d\d-\d\dT\d\d:[\d:]{2,5}Z)",
        "a time of day like 18:00, a time from now like 2h or 3d, or 2026-12-24T18:00Z (30d ahead at most)",
    ),
}
_LOWER = frozenset({Kind.DIGITS, Kind.RELEASE, Kind.RUN, Kind.INCIDENT, Kind.SINCE, Kind.UNTIL, Kind.MOMENT})
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def wants(field: Field) -> str:
    """What the field takes, for people."""
    if field.kind is Kind.WORD:
        return listed([code(word) for word in field.words])
    article = "an" if field.kind is Kind.ENVIRONMENT else "a"
    return _SHAPES[field.kind][1] if field.kind in _SHAPES else f"{article} {field.kind.value}"


def read(field: Field, text: str, now: datetime) -> object:
    """The value that a word stands for. Raises Unfit; names of the catalog are looked up elsewhere."""
    if field.kind is Kind.WORDS:
        return _sentence(text)
    if text.startswith(("-", "—", "–")) or not text:
        raise Unfit(f"{quoted(text, 40)} looks like an option" if text else "an empty value stands for nothing")
    match field.kind:
        case Kind.WORD:
            return _word(field, text)
        case Kind.TEXT:
            if len(text) > 200:
                raise Unfit(f"{field.label} is longer than 200 characters")
            return text
        case Kind.RUN | Kind.INCIDENT | Kind.NUMBER:
            return int(_shaped(field, text))
        case Kind.MOMENT | Kind.DAY | Kind.SINCE | Kind.UNTIL:
            return _time(field.kind, _shaped(field, text), now)
        case Kind.PERSON | Kind.EVENT | Kind.DIGITS | Kind.RELEASE:
            return _shaped(field, text)
        case Kind.SERVICE | Kind.ENVIRONMENT | Kind.LINE | Kind.FLAG:
            raise Unfit(f"{quoted(text, 40)} is not {wants(field)}")
        case _:
            assert_never(field.kind)


def _shaped(field: Field, text: str) -> str:
    shape, wanted = _SHAPES[field.kind]
    flags = re.ASCII | (re.IGNORECASE if field.kind in _LOWER else 0)
    found = re.fullmatch(shape, text, flags)
    if not found:
        raise Unfit(f"{quoted(text, 40)} is not {wanted}")
    return found[1].lower() if field.kind in _LOWER else found[1]


def _instant(text: str, now: datetime) -> datetime:
    """`2h` becomes the instant it meant; an instant as `line_of` writes it stays what it is."""
    at = _calendar(text) if text.endswith("z") else now.astimezone(UTC).replace(microsecond=0) - _length(text)
    if now != EPOCH and at > now:
        raise Unfit(f"{quoted(text, 40)} lies in the future")
    if now != EPOCH and now - at > LONGEST_SINCE + timedelta(seconds=1):
        raise Unfit(f"{quoted(text, 40)} is further back than 30 days")
    return at


def _word(field: Field, text: str) -> str:
    if text.lower() not in field.words:
        raise Unfit(f"{quoted(text, 40)} is not {wants(field)}")
    return text.lower()


def _sentence(text: str) -> str:
    if len(text) > LONGEST_WORDS:
        raise Unfit(f"this is longer than {LONGEST_WORDS} characters")
    return text


def _time(kind: Kind, text: str, now: datetime) -> object:
    if kind is Kind.DAY:
        return _day(text)
    return {Kind.MOMENT: _moment, Kind.UNTIL: _end}.get(kind, _instant)(text, now)


def _moment(text: str, now: datetime) -> datetime:
    """14:02 is the last such time before now, in the zone of `now`; with its date that one, unless it is to come."""
    zone, said = UTC if text.endswith("z") else now.tzinfo, text.removesuffix("z")
    if "-" in said:
        at = _calendar(f"{said.replace(' ', 'T')}z").replace(tzinfo=zone).astimezone(UTC)
    else:
        try:
            clock = time.fromisoformat(said.zfill(5) if len(said) < 6 else said.zfill(8))
        except ValueError:
            raise Unfit(f"{quoted(text, 40)} is no time of the day") from None
        at = _last_clock(clock, now, zone)
    if now != EPOCH and at > now:
        raise Unfit(f"{quoted(text, 40)} lies in the future")
    return at


def _last_clock(clock: time, now: datetime, zone: tzinfo | None) -> datetime:
    today = now.astimezone(zone).date()
    at = datetime.combine(today, clock, zone)
    return (at if at <= now else datetime.combine(today - timedelta(days=1), clock, zone)).astimezone(UTC)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Unfit(f"{quoted(text, 40)} is no day of the calendar") from None


def _end(text: str, now: datetime) -> datetime:
    """`2h` and `18:00` become the instant they mean; a time of day is the next one in the zone of `now`."""
    if "t" in text:
        at = _calendar(text)
    elif ":" in text:
        at = _next_clock(text, now)
    else:
        at = now.astimezone(UTC).replace(microsecond=0) + _length(text)
    if now != EPOCH and at <= now:
        raise Unfit(f"{quoted(text, 40)} is over already")
    if now != EPOCH and at - now > LONGEST_UNTIL:
        raise Unfit(f"{quoted(text, 40)} is further ahead than 30 days")
    return at


def _next_clock(text: str, now: datetime) -> datetime:
    zone = UTC if text.endswith("z") else now.tzinfo
    hour, minute = map(int, text.removesuffix("z").split(":"))
    if hour > 23:
        raise Unfit(f"{quoted(text, 40)} is no time of day")
    day, clock = now.astimezone(zone).date(), time(hour, minute)
    shown = ((day, clock), (day, clock.replace(fold=1)), (day + timedelta(days=1), clock))  # an hour may come twice
    return next(at for one in shown if (at := datetime.combine(*one, zone).astimezone(UTC)) > now)


def _length(text: str) -> timedelta:
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _calendar(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text[:-1].upper()).replace(tzinfo=UTC)
    except ValueError:
        raise Unfit(f"{quoted(text, 40)} is no time of the calendar") from None


# --- back to a word ---------------------------------------------------------------------------------------


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_WRITE: dict[Kind, Callable[[Any], str]] = {
    Kind.PERSON: lambda value: f"<@{value}>",
    Kind.RUN: lambda value: f"R-{value}",
    Kind.INCIDENT: lambda value: f"INC-{value}",
    Kind.SINCE: _zulu,
    Kind.UNTIL: _zulu,
    Kind.MOMENT: _zulu,
    Kind.TEXT: lambda value: in_quotes(value) if re.search(r"[\s\"'\\]", value) else value,
}


def written(field: Field, value: object) -> str:
    """One value as it is typed."""
    return _WRITE.get(field.kind, str)(value)


def in_quotes(text: str) -> str:
    """A value as one quoted word; where it holds both quotes, the double ones give way."""
    return f'"{text}"' if '"' not in text else f"'{text}'" if "'" not in text else '"' + text.replace('"', "'") + '"'
