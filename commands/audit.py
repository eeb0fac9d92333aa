"""The audit log: its last entries, and whether it is whole."""

from dataclasses import dataclass, replace
from typing import Annotated

from bot.domain.anchor import Anchor
from bot.domain.capability import ChainReport, Govern, Running
from bot.domain.card import Button, Card, Tone
from bot.domain.command import Arg, Command, Environment, PersonRef, RunRef, Service, Since, Verb
from bot.domain.event import SUBJECTS, Event, Wanted
from bot.domain.listing import listing, nothing
from bot.domain.plan import Plan
from bot.domain.request import line_of
from bot.domain.words import bold, clean, code, listed, quoted, some, when
from permissions.model import AUDIT_READ, Risk

MOST = 50
IN_A_TABLE = 20  # more of them are lines: a message holds no larger table
HEAD = ("No.", "When", "What", "Who", "Where", "Which")


@dataclass(frozen=True, slots=True)
class Last:
    service: Service | None = None
    environment: Environment | None = None
    run: Annotated[RunRef | None, Arg(help="only what belongs to this run, in the order of its life")] = None
    of: Annotated[RunRef | None, Arg(option="--run", help="the same, by name")] = None
    by: Annotated[PersonRef | None, Arg(option="--by", help="only what this person did")] = None
    kind: Annotated[str | None, Arg(option="--kind", placeholder="approval", help="only what is about this")] = None
    since: Annotated[Since | None, Arg(option="--since", placeholder="2h", help="how far back, 30d at most")] = None
    limit: Annotated[int, Arg(option="--last", help=f"how many entries, {MOST} at most")] = IN_A_TABLE
    before: Annotated[int | None, Arg(option="--before", help="only entries older than this number")] = None


@dataclass(frozen=True, slots=True)
class Verify:
    """The whole log is read; there is nothing to choose."""


# --- reading -----------------------------------------------------------------------------------------------


async def last(request: Last, _plan: Plan, running: Running) -> Card:
    """Of everything the newest first; of one run in the order of its life."""
    limit = max(1, min(request.limit, MOST))
    wanted = _wanted(request)
    if wanted.kind not in (None, *SUBJECTS):
        return nothing(
            f"No entries are about {quoted(wanted.kind or '', 40)}", f"There are {listed(list(SUBJECTS), 'and')}."
        )
    found = await running.govern.events(wanted, by=running.actor, limit=limit + 1)
    shown, more = (found[-limit:] if wanted.run else found[:limit]), len(found) > limit
    about = _about(wanted, running.govern)
    if not shown:
        every = f"{code('/audit all')} looks everywhere that you may read." if wanted.service else ""
        return nothing(f"There are no {'older ' if wanted.before else ''}entries {about}", every or "Look for less.")
    title = f"{some(len(shown), 'entry', 'entries')} {about}"
    order = "as they happened" if wanted.run else "newest first"
    in_table = len(shown) <= IN_A_TABLE
    return listing(
        title,
        f"{order}: {_what(shown[0])}",
        HEAD,
        (_row(event, running.govern) for event in shown) if in_table else (),
        more=() if in_table else ("\n".join(_line(event, running.govern) for event in shown),),
        buttons=(_older(request, shown[-1]),) if more and not wanted.run else (),
        footer=f"{code('/audit verify')} tells whether the log is whole",
        private=True,
    )


def _wanted(request: Last) -> Wanted:
    """Of a run wherever it was: the channel's place does not count."""
    run = request.run or request.of
    service, environment = (None, None) if run else (request.service, request.environment)
    return Wanted(
        service, environment, request.by, request.kind and request.kind.lower(), run, request.since, request.before
    )


def _about(wanted: Wanted, govern: Govern) -> str:
    parts = (
        f"of R-{wanted.run}" if wanted.run else "",
        f"of {' '.join(part for part in (wanted.service, wanted.environment) if part)}" if wanted.service else "",
        f"about {wanted.kind}" if wanted.kind else "",
        f"by {clean(govern.name(wanted.actor))}" if wanted.actor else "",
        f"since {when(wanted.since, 'date')}" if wanted.since else "",
        f"before No. {wanted.before}" if wanted.before else "",
    )
    return " ".join(part for part in parts if part) or "of the audit log"


def _older(request: Last, oldest: Event) -> Button:
    return Button("Older", ask=line_of(COMMAND, COMMAND.verbs[0], replace(request, before=oldest.number)))


def _row(event: Event, govern: Govern) -> tuple[str, ...]:
    number, at = str(event.number or "unsealed"), when(event.at, "date")
    return number, at, _what(event), clean(govern.name(event.actor)), _where(event) or "–", _which(event, 70) or "–"


def _line(event: Event, govern: Govern) -> str:
    facts = (_what(event), clean(govern.name(event.actor)), _where(event), _which(event, 40))
    return f"{event.number or 'unsealed'} {when(event.at, 'date')} {' · '.join(fact for fact in facts if fact)}"


def _what(event: Event) -> str:
    return event.kind.value.replace(".", " ").replace("_", " ") + (" (erased)" if event.erased else "")


def _where(event: Event) -> str:
    place = " ".join(part for part in (event.service, event.environment) if part)
    return " · ".join(part for part in (f"R-{event.run}" if event.run else "", place) if part)


def _which(event: Event, limit: int) -> str:
    """What tells it from others of its kind."""
    said = (event.body.get(key) for key in ("line", "says", "because", "step", "reason"))
    return clean(" ".join(str(next(filter(None, said), "")).split()), limit)


# --- proving -----------------------------------------------------------------------------------------------


async def verify(_request: Verify, _plan: Plan, running: Running) -> Card:
    report = await running.govern.verify_chain()
    return _whole(report) if report.whole else _broken(report)


def _whole(report: ChainReport) -> Card:
    says = f"{some(report.events, 'event')}, every one sealed and unchanged"
    erased = f"{some(report.erased, 'payload')} erased by retention: their seals still hold." if report.erased else ""
    return Card(
        Tone.OK,
        "The audit log is whole",
        f"The audit log is whole: {says}. {erased} Nothing was changed.".replace("  ", " "),
        (
            f"{bold('Checked')} {says}\n{erased}".strip(),
            f"{bold('Head')} {code(str(Anchor(report.events, report.head)) if report.events else 'none yet')}",
        ),
        footer="Nothing was changed · keep the head somewhere else to prove this log later",
    )


def _broken(report: ChainReport) -> Card:
    at = f"at event {report.first_bad}" if report.first_bad else "somewhere"
    says = clean(report.says) or "A seal does not fit what is stored."
    todo = "Leave the database as it is, compare with your last export or backup, and tell an admin now."
    return Card(
        Tone.FAIL,
        f"The audit log is broken {at}",
        f"The audit log is broken {at}: {says} {todo} This check changed nothing.",
        (f"{bold('Found')} {says}", f"{bold('Do now')} {todo}"),
        footer=f"{some(report.events, 'event')} read · this check changed nothing",
    )


COMMAND = Command(
    "/audit",
    "Read the audit log, and prove that nobody changed it",
    (
        Verb(
            "",
            Last,
            None,
            last,
            permission=AUDIT_READ,
            risk=Risk.READ,
            help="The last entries, of this channel's place; of everything with all",
            example="/audit shop production --kind approval --since 2h",
            answers="private",
        ),
        Verb(
            "last",
            Last,
            None,
            last,
            permission=AUDIT_READ,
            risk=Risk.READ,
            help="The same, by its name",
            example="/audit last --run R-42 --last 50",
            answers="private",
        ),
        Verb(
            "verify",
            Verify,
            None,
            verify,
            permission=AUDIT_READ,
            risk=Risk.READ,
            help="Reads every seal again and says whether the chain is whole",
            example="/audit verify",
        ),
    ),
)
