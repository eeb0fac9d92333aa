"""Runs, votes, rights and the audit log for the governing commands: everything is decided again for who asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot.db import approvals, audit_log, database, events, locks, overview, reviews, runs, seal
from bot.domain import parse, run_card
from bot.domain import plan as plans
from bot.domain.capability import ChainReport, LockInfo
from bot.domain.card import Card, Tone
from bot.domain.catalog import Place
from bot.domain.command import Verb
from bot.domain.errors import BadRequest
from bot.domain.event import Event, Kind, Wanted
from bot.domain.incident import OF_INCIDENTS
from bot.domain.menu import Entry, How, menu_card
from bot.domain.parse import Parsed
from bot.domain.review import Review
from bot.domain.run import BEFORE_RUNNING, FINAL, Run, RunId, State
from bot.domain.words import apart, bold, code, linked, listed
from bot.engine import endings, weekly
from bot.engine.freezes import EngineFreezes
from bot.engine.home.looking import Looking
from bot.engine.home.waiting import answerable
from bot.engine.installation import Installation
from bot.engine.knowing import is_admin
from bot.engine.reviews import Reviews
from bot.engine.short import note, recorded
from bot.engine.turns import EngineTurns
from bot.engine.unvoted import Unvoted
from bot.engine.votes import Votes
from permissions.decide import Allow, Deny, NeedsApproval
from permissions.model import AUDIT_READ, RUN_CANCEL, RUN_READ, RUN_SETTLE, Ask, Permission, Risk, Scope
from permissions.phrases import without_votes
from permissions.policy import roles_of

SHOWN_AS_LIST = 50


class EngineGovern:
    """`bot.domain.capability.Govern`."""

    def __init__(self, installation: Installation, votes: Votes) -> None:
        self._at = installation
        self._votes = votes
        self.freezes = EngineFreezes(installation)
        self.turns = EngineTurns(installation)
        self._unvoted = Unvoted(installation)
        self._reviews = Reviews(installation)

    # --- runs -----------------------------------------------------------------------------------------------

    async def vote(self, run: RunId, voter: str, yes: bool, digits: str, via: str, reason: str = "") -> Card:
        answer = await self._votes.vote(run, voter, yes=yes, digits=digits or None, via=via, reason=reason)
        if answer is not None:
            return answer
        return recorded(
            f"Your {'approval' if yes else 'denial'} of R-{run} is recorded.", "Its message tells the rest."
        )

    async def withdraw(self, run: RunId, by: str) -> Card:
        answer = await self._votes.withdraw(run, by)
        return answer or recorded(f"R-{run} is withdrawn.", "It had not started.")

    async def go_alone(self, run: RunId, by: str, because: str) -> Card:
        answer = await self._unvoted.go(run, by, "alone", because)
        return answer or recorded(
            f"You go on alone with R-{run}.", "Its message tells the rest; somebody else reviews it."
        )

    async def break_glass(self, run: RunId, by: str, because: str) -> Card:
        answer = await self._unvoted.go(run, by, "glass", because)
        return answer or recorded(
            f"You broke the glass for R-{run}.", "Its message tells the rest; somebody else reviews it."
        )

    async def review(self, run: RunId, by: str, verdict: Literal["fine", "talk"], says: str, via: str) -> Card:
        answer = await self._reviews.answer(run, by, verdict, says, via=via)
        return answer or recorded(f"Your review of R-{run} is recorded.", "Its message tells the rest.")

    async def reviews(self) -> Sequence[Review]:
        return await reviews.still_open(self._at.pool)

    async def cancel(self, run: RunId, by: str) -> Card:
        """Before the start it ends at once; while running it stops before its next step."""
        found = await runs.get(self._at.pool, run)
        if found is None:
            return note(f"There is no R-{run}.", "See the last ones with /runs.")
        if found.state in BEFORE_RUNNING and found.actor == by:
            return await self.withdraw(run, by)
        if (refusal := self._may(found, by, RUN_CANCEL)) is not None:
            return refusal
        async with self._at.pool.acquire() as connection, connection.transaction():
            says = f"Cancelled by {self._at.people.name(by)} before it started."
            ended = await endings.before_running(connection, run, State.CANCELLED, says=says, by=by)
            if ended is None:
                if not await runs.ask_cancel(connection, run, by):
                    return _not_cancelled(await runs.get(connection, run) or found)
                await events.record(connection, Kind.RUN_CANCEL_ASKED, run=found, actor=by)
        self._at.bell.ring("work", "outbox")
        if ended is not None:
            return recorded(f"{found.label} is cancelled.", "It had not started.", found)
        return recorded(f"{found.label} will stop before its next step.", "Steps that are done stay done.", found)

    async def settle(self, run: RunId, by: str, how: Literal["done", "not-done"], note_: str = "") -> Card:
        """A person says what is true after an unknown outcome; this frees the lock."""
        found = await runs.get(self._at.pool, run)
        if found is None:
            return note(f"There is no R-{run}.", "See the last ones with /runs.")
        if (refusal := self._may(found, by, RUN_SETTLE)) is not None:
            return refusal
        async with self._at.pool.acquire() as connection, connection.transaction():
            settled = await runs.settle(connection, run, by, "something" if how == "done" else "nothing")
            if settled is None:
                return note(f"{found.label} needs no settling: it is {found.state.value}.", "", found)
            body = {"how": how, "note": note_}
            await events.record(connection, Kind.RUN_SETTLED, run=settled, actor=by, body=dict(body))
            await locks.free(connection, settled)
        self._at.bell.ring("work", "outbox")
        word = "done" if how == "done" else "not done"
        free = "Its lock is free. " if found.lock else ""
        return recorded(f"{found.label} is settled as {word}.", f"{free}To do it again, ask again.", found)

    def _may(self, run: Run, by: str, permission: Permission, risk: Risk = Risk.RECORD) -> Card | None:
        """Whoever asked may look and cancel; others need the permission there. A refusal card, or None."""
        if run.actor == by and permission in (RUN_CANCEL, RUN_READ):
            return None
        scope = self._at.scope(run.service, run.environment, run.channel)
        verdict = self._at.decide(Ask(self._at.person(by, run.team), permission, risk, scope))
        if isinstance(verdict, Deny):
            return note(verdict.because.sentence, verdict.next_step, run, Tone.STOPPED)
        return None

    async def runs(self, *, place: Place | None = None, limit: int = 10) -> Sequence[Run]:
        service, environment = (place.service, place.environment) if place else (None, None)
        return await runs.listed(self._at.pool, service=service, environment=environment, limit=limit)

    async def waiting(self, by: str) -> Sequence[Run]:
        looking = Looking(self._at, self._at.person(by, self._at.team), self._at.clock())
        found = await overview.requests(self._at.pool, (await answerable(looking))[:SHOWN_AS_LIST])
        return [run for run, _ in found]

    async def find_run(self, run: RunId) -> Run | None:
        return await runs.get(self._at.pool, run)

    async def details(self, run: RunId, by: str) -> Card:
        """The run with its plan, votes and events, for one person who may look at runs there."""
        found = await runs.get(self._at.pool, run)
        if found is None:
            return note(f"There is no R-{run}.", "See the last ones with /runs.")
        if (refusal := self._may(found, by, RUN_READ, Risk.READ)) is not None:
            return refusal
        if found.command in OF_INCIDENTS and by != found.actor and not is_admin(self._at, by, found.team):
            return note(f"R-{run} belongs to an incident.", "Those in it read its timeline: /timeline show.")
        plan = plans.from_json(found.plan) if found.plan else None
        approval = await approvals.get(self._at.pool, run)
        history = await events.of_run(self._at.pool, run)
        now = await database.now(self._at.pool)
        return run_card.details_card(found, plan, approval, history, now)

    # --- the record -----------------------------------------------------------------------------------------

    async def events(self, wanted: Wanted, *, by: str, limit: int) -> Sequence[Event]:
        looking = Looking(self._at, self._at.person(by, self._at.team), self._at.clock())
        places = await audit_log.places(self._at.pool)
        seen = [place for place in places if looking.may(AUDIT_READ, *place)]
        reader = None if is_admin(self._at, by, self._at.team) else by
        found = await audit_log.found(self._at.pool, wanted, limit, None if seen == places else seen, reader)
        return found[::-1] if wanted.run else found

    async def week(self, since: datetime | None, by: str) -> Card:
        now = await database.now(self._at.pool)
        return await weekly.for_person(self._at, by, since or now - timedelta(days=7), now)

    async def locks(self) -> Sequence[LockInfo]:
        return await locks.listed(self._at.pool)

    async def verify_chain(self) -> ChainReport:
        return await seal.verify(self._at.pool)

    # --- rights ---------------------------------------------------------------------------------------------

    def name(self, person: str) -> str:
        return self._at.people.name(person)

    def may(self, person: str, line: str, channel: str) -> Card:
        """May this person do that command line, why, and who can help. Pure: asks nobody, does nothing."""
        try:
            parsed = self._parse(line, channel)
        except BadRequest as bad:
            return note(bad.what, bad.next_step or (f"For example: /can {bad.example.removeprefix('/')}"))
        match self._decide(person, parsed.verb, parsed.place, channel):
            case Allow() as allow:
                return _answer(Tone.OK, "Yes, at once", allow.because.sentence, allow.because.where, "")
            case NeedsApproval() as needs:
                return self._needs(needs)
            case Deny() as deny:
                what, why = apart(deny.because.sentence)
                return _answer(Tone.STOPPED, f"No: {what}", why, deny.because.where, deny.next_step)

    def _needs(self, needs: NeedsApproval) -> Card:
        rule = needs.rule
        if rule.need == 0:
            words = "The plan is shown first, to whoever asks; its button starts it."
            return _answer(Tone.OK, "Yes, after your own look at the plan", needs.because.sentence, rule.where, words)
        who = listed([self.name(one) for one in needs.approvers]) or "nobody at the moment"
        words = "\n".join([f"{bold('Can approve')} {who}", *without_votes(needs)])
        return _answer(Tone.OK, "Yes, once somebody else approves", needs.because.sentence, rule.where, words)

    def _parse(self, line: str, channel: str) -> Parsed:
        command, _, text = line.strip().removeprefix("/").partition(" ")
        now = parse.EPOCH
        parsed = parse.parse(self._at.commands, self._at.catalog_here, f"/{command}", text, channel=channel, now=now)
        if not isinstance(parsed, Parsed):
            raise BadRequest("Name a command with its service and environment.", "", "/rollback shop production")
        return parsed

    def _decide(self, person: str, verb: Verb, place: Place | None, channel: str) -> Allow | NeedsApproval | Deny:
        scope = (
            self._at.scope(place.service, place.environment, channel) if place else Scope(None, None, True, channel)
        )
        return self._at.decide(Ask(self._at.person(person, self._at.team), verb.permission, verb.risk, scope))

    def who_is(self, person: str, asked_by: str) -> Card:
        roles = listed(sorted(roles_of(self._at.policy, self._at.person(person, self._at.team))), "and")
        name = self._at.people.name(person)
        title = f"You are {name}" if person == asked_by else f"This is {name}"
        return Card(
            Tone.INFO,
            title,
            f"{title}: {roles or 'no role'}. Nothing was changed.",
            (
                f"{bold('Roles')} {roles or 'none: the policy allows nothing here'}",
                f"{code('/can rollback shop production')} tells whether it may be done, why, and who can help.",
            ),
            footer=f"Nothing was changed · Slack id {person} · policy {self._at.policy.digest[:6]}",
            private=True,
        )

    def menu(self, person: str, channel: str) -> Card:
        """What this person may do in this channel, with examples; what needs approval is marked."""
        service, environment = self._at.catalog_here.bound(channel)
        place = Place(service, environment) if service and environment else None
        entries = [
            Entry(command, {verb: self._how(person, verb, place, channel) for verb in command.verbs})
            for command in self._at.commands.values()
        ]
        example = place or next((one for one in self._at.catalog.places() if service in (None, one.service)), None)
        return menu_card(entries, str(place or service or "no one service"), example)

    def _how(self, person: str, verb: Verb, place: Place | None, channel: str) -> How:
        match self._decide(person, verb, place, channel):
            case Allow():
                return "at once"
            case NeedsApproval(rule=rule):
                return "needs approval" if rule.need else "shows a plan first"
            case Deny():
                return "no"


def _not_cancelled(run: Run) -> Card:
    if run.cancel_by and run.state not in FINAL:
        return note(f"{run.label} was told to stop already.", "It stops before its next step.", run)
    return note(f"{run.label} is {run.state.value}: there is nothing to cancel.", "", run)


def _answer(tone: Tone, title: str, sentence: str, where: str, more: str) -> Card:
    return Card(
        tone,
        title,
        f"{title}. {sentence} {more} Nothing was changed.",
        (f"{linked(sentence)}\n{more}".strip(),),
        footer=f"Decided by {where} · nothing was changed",
        private=True,
    )
