"""Freezes as people read them: what is stopped, why, until when, who can lift it, and what goes on. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from bot.domain.card import Button, Card, Confirm, Table, Tone
from bot.domain.event import Event, Kind
from bot.domain.freeze import Freeze
from bot.domain.json import JsonObject
from bot.domain.run import RunId
from bot.domain.words import bold, clean, code, listed, quoted, some, when

Names = Callable[[str], str]

STOPPED = "deploys and everything destructive (a restore)"
GOES_ON = "rollback, restart and replay, backups and looking"


def refusal(freeze: Freeze, place: str, names: Names) -> str:
    """Shop production is frozen until 18:00: “release day”, R-41 by Ana (it covers everything)."""
    covers = "" if freeze.where == place else f", over {freeze.where}"
    by = clean(names(freeze.by))
    return (
        f"{_capital(place)} is frozen until {when(freeze.until, 'date')}: {quoted(freeze.reason)}, by {by}{covers}."
    )


def set_card(freeze: Freeze, held: Sequence[str], zone: tzinfo, *, said: bool) -> Card:
    """The answer to whoever set it."""
    lines = [_ends(freeze, zone), *_what(freeze), *_held(held, "Held now")]
    if not said:
        lines[0] += " (nobody said until when: that is 24 h)"
    return Card(
        Tone.OK,
        f"{_capital(freeze.where)}: frozen",
        f"{_capital(freeze.where)} is frozen until {when(freeze.until, 'date')}. Its channels are told.",
        ("\n".join(lines),),
        (lift_button(freeze),),
        footer=f"{freeze.label} · its channels are told now, 15 minutes before its end, and at its end",
        private=True,
    )


def lifted_card(lifted: Sequence[Freeze], left: Sequence[Freeze]) -> Card:
    if not lifted:
        return Card(
            Tone.INFO,
            "It was over already",
            "It was over already. Nothing was changed.",
            footer="Nothing was changed",
            unchanged=True,
        )
    places = listed([f"{freeze.where} ({freeze.label})" for freeze in lifted], "and")
    lines = [those(left)] if left else ["Requests that wait can be approved again."]
    return Card(
        Tone.WARN if left else Tone.OK,
        "Lifted; another freeze still stands" if left else "The freeze is lifted",
        f"Lifted: {places}. {lines[0]} Its channels are told.",
        (f"{bold('Lifted')} {places}", *lines),
        footer="Its channels are told",
        private=True,
    )


def those(standing: Sequence[Freeze]) -> str:
    """Which stand, in a sentence."""
    told = [f"{freeze.where} until {when(freeze.until, 'date')} ({freeze.label})" for freeze in standing]
    return f"Frozen: {listed(told, 'and')}." if told else "No freeze stands now."


def list_card(standing: Sequence[Freeze], names: Names) -> Card:
    if not standing:
        return Card(
            Tone.OK,
            "Nothing is frozen",
            "Nothing is frozen. Nothing was changed.",
            (f"{code('/freeze shop production --until 18:00 because release day')} would stop {STOPPED}.",),
            footer="Nothing was changed",
        )
    rows = tuple(
        (freeze.label, freeze.where, when(freeze.until, "date"), clean(names(freeze.by)), clean(freeze.reason, 200))
        for freeze in standing
    )
    return Card(
        Tone.INFO,
        f"{some(len(standing), 'freeze')}: {standing[0].where}{' and more' if len(standing) > 1 else ''}",
        f"{those(standing)} Nothing was changed.",
        (Table(("Freeze", "What", "Until", "Who", "Why"), rows), f"{bold('Goes on')} {GOES_ON}"),
        (lift_button(standing[0]),) if len(standing) == 1 else (),
        footer=f"Nothing was changed · {code(f'/freeze lift {standing[0].label}')} ends one early",
    )


# --- to the channels of the services -----------------------------------------------------------------------------


def told(event: Event, names: Names) -> Card | None:
    """An event of a freeze as its services' channels read it."""
    freeze = of(event.body)
    if freeze is None:
        return None
    held = [str(one) for one in held] if isinstance(held := event.body.get("held"), list) else []
    who = clean(names(freeze.by))
    match event.kind:
        case Kind.FREEZE_SET:
            lines = [f"{bold('Until')} {when(freeze.until, 'date')}", *_what(freeze), *_held(held, "Held now")]
            title, first = f"{_capital(freeze.where)} is frozen", f"by {who} until {when(freeze.until, 'date')}"
            return _card(Tone.STOPPED, title, first, freeze, lines, (lift_button(freeze),))
        case Kind.FREEZE_ENDING:
            title = f"The freeze of {freeze.where} ends soon"
            lines = [f"It ends {when(freeze.until)}. To go on, set a new one with {code('/freeze')}."]
            return _card(Tone.INFO, title, f"at {when(freeze.until)}", freeze, lines)
        case Kind.FREEZE_LIFTED:
            by = clean(names(event.actor))
            why = str(event.body.get("lifted_because") or "")
            lines = [f"{bold('Lifted by')} {by}{f': {quoted(why)}' if why else ''}", *_held(held, "Free again")]
            return _card(Tone.OK, f"The freeze of {freeze.where} is lifted", f"by {by}", freeze, lines)
        case Kind.FREEZE_ENDED:
            lines = ["Its time is over.", *_held(held, "Free again")]
            return _card(Tone.OK, f"The freeze of {freeze.where} is over", "", freeze, lines)
        case _:
            return None


def over_card(freeze: Freeze) -> Card:
    """What the first message becomes: nothing is left to lift."""
    line = f"It was frozen from {when(freeze.since, 'date')}: {quoted(freeze.reason)}"
    return _card(Tone.INFO, f"{_capital(freeze.where)} was frozen; it is over", "", freeze, [line])


def _card(
    tone: Tone, title: str, more: str, freeze: Freeze, lines: Sequence[str], buttons: tuple[Button, ...] = ()
) -> Card:
    return Card(
        tone, title, f"{title} {more}".strip() + f" ({freeze.label}).", ("\n".join(lines),), buttons, freeze.label
    )


def lift_button(freeze: Freeze) -> Button:
    sure = Confirm("Lift the freeze?", f"{_capital(freeze.where)} may be deployed to again at once.", "Lift it")
    return Button("Lift it", ask=f"/freeze lift {freeze.label}", confirm=sure)


def held_line(event: Event) -> str:
    """On the card of a request that waits."""
    freeze = of(event.body)
    if freeze is None:
        return ""
    return (
        f"{bold('Frozen')} until {when(freeze.until, 'date')}: {quoted(freeze.reason)}. "
        "Until then it can neither be approved nor start; denying and withdrawing go on."
    )


# --- as data -----------------------------------------------------------------------------------------------------


def body(freeze: Freeze) -> JsonObject:
    """What its events say."""
    return {
        "freeze": int(freeze.run),
        "service": freeze.service,
        "environment": freeze.environment,
        "by": freeze.by,
        "reason": freeze.reason,
        "since": freeze.since.isoformat(),
        "until": freeze.until.isoformat(),
    }


def of(body: JsonObject) -> Freeze | None:
    """The freeze of an event; None when retention has erased it."""
    if "freeze" not in body:
        return None
    service, environment = body["service"], body["environment"]
    return Freeze(
        RunId(int(str(body["freeze"]))),
        str(service) if service else None,
        str(environment) if environment else None,
        str(body["by"]),
        str(body["reason"]),
        datetime.fromisoformat(str(body["since"])),
        datetime.fromisoformat(str(body["until"])),
    )


def _ends(freeze: Freeze, zone: tzinfo) -> str:
    """In the reader's zone, and in the one that a typed time of day was read in."""
    local = freeze.until.astimezone(zone)
    return f"{bold('Until')} {when(freeze.until, 'date')}, that is {local:%a %H:%M} {zone}"


def _what(freeze: Freeze) -> list[str]:
    return [
        f"{bold('Why')} {quoted(freeze.reason, 500)}",
        f"{bold('Stops')} {STOPPED}",
        f"{bold('Goes on')} {GOES_ON}",
    ]


def _held(held: Sequence[str], word: str) -> list[str]:
    return [f"{bold(word)} {listed(list(held), 'and')}"] if held else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
