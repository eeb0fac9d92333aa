"""The audit log: its last entries, and whether it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.domain.capability import ChainReport, Govern, Running
from bot.domain.card import Card, Table, Tone
from bot.domain.command import Arg, Command, RunRef, Verb
from bot.domain.event import Event
from bot.domain.plan import Plan
from bot.domain.words import bold, clean, code, some, when
from permissions.model import AUDIT_READ, Risk

MOST = 100


@dataclass(frozen=True, slots=True)
class Last:
    run: Annotated[RunRef | None, Arg(help="only what belongs to this run")] = None
    limit: Annotated[int, Arg(option="--limit", help=f"how many entries, {MOST} at most")] = 20


@dataclass(frozen=True, slots=True)
class Verify:
    """The whole log is read; there is nothing to choose."""


async def last(request: Last, _plan: Plan, running: Running) -> Card:
    """Of everything the newest first; of one run in the order of its life."""
    limit = max(1, min(request.limit, MOST))
    events = await running.govern.events(run=request.run, limit=limit)
    found = events[-limit:] if request.run else events[:limit]
    about = f"of R-{request.run}" if request.run else "of the audit log"
    if not found:
        return _note(f"There are no entries {about}.", f"See the last runs with {code('/runs all')}.")
    title = f"{'The last ' if not request.run else ''}{some(len(found), 'entry', 'entries')} {about}"
    order = "as they happened" if request.run else "newest first"
    return Card(
        Tone.INFO,
        title,
        f"{title}, {order}. Nothing was changed.",
        (_table(found, running.govern),),
        footer=f"Nothing was changed · {code('/audit verify')} tells whether the log is whole",
        private=True,
    )


def _table(events: Sequence[Event], govern: Govern) -> Table:
    return Table(("No.", "When", "What", "Who", "Where"), tuple(_row(event, govern) for event in events))


def _row(event: Event, govern: Govern) -> tuple[str, ...]:
    place = " ".join(part for part in (event.service, event.environment) if part)
    where = " · ".join(part for part in (f"R-{event.run}" if event.run else "", place) if part)
    what = event.kind.value.replace(".", " ").replace("_", " ") + (" (erased)" if event.erased else "")
    return (
        str(event.number or "unsealed"),
        when(event.at, "date"),
        what,
        clean(govern.name(event.actor)),
        where or "–",
    )


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
        (f"{bold('Checked')} {says}\n{erased}".strip(), f"{bold('Head')} {code(report.head[:16] or 'none yet')}"),
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


def _note(what: str, next_step: str) -> Card:
    return Card(Tone.INFO, what, f"{what} {next_step}", (next_step,), footer="Nothing was changed")


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
            help="The last entries, or those of one run",
            example="/audit R-42",
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
            example="/audit last --limit 50",
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
