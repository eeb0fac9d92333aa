"""Asks somebody else to look at what ran without votes, daily until it is done, and takes the answer."""

from bot.db import database, events, reviews, runs
from bot.db.database import Connection
from bot.domain.card import Card
from bot.domain.event import Kind
from bot.domain.form import Form
from bot.domain.json import JsonObject
from bot.domain.review import LONGEST, SHORTEST, Review, Verdict, next_time, reason
from bot.domain.run import FINAL, Run, RunId
from bot.domain.unvoted import talk_form
from bot.domain.words import listed
from bot.engine import seats
from bot.engine.installation import Installation
from bot.engine.short import note
from permissions.oncall import asked_first, zone_of
from permissions.reviewers import reviewers


class Reviews:
    """A card is what the person sees alone; None when the messages tell it all."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def ask_again(self, connection: Connection, run_id: RunId) -> int:
        """In a transaction of its own, once its time has come: first who is on call, later everyone who may."""
        review, run = await reviews.lock(connection, run_id), await runs.get(connection, run_id)
        now = await database.now(connection)
        if review is None or run is None or review.reviewed_at is not None or review.next_at > now:
            return 0
        if run.started_at is None and run.state in FINAL:
            return await self._moot(connection, run)
        may = self._reviewers(run)
        first = asked_first(self._at.policy.oncall, now, may) if review.times == 0 else ()
        times = review.times + (run.started_at is not None)  # while it waits for its turn there is nothing to see
        await reviews.asked(
            connection, run_id, next_time(review.way, now, zone_of(self._at.policy.oncall)), times=times
        )
        if times > review.times:
            body: JsonObject = {"people": [*(first or may)], "times": times}
            await events.record(connection, Kind.REVIEW_ASKED, run=run, body=body)
        return 1

    async def _moot(self, connection: Connection, run: Run) -> int:
        await reviews.close(connection, run.id, "moot", by=events.BOT)
        await events.record(connection, Kind.REVIEW_DONE, run=run, body={"verdict": "moot"})
        return 1

    async def ask_why(self, run: Run, who: str) -> Card | Form:
        review = await reviews.get(self._at.pool, run.id)
        return self._refusal(run, review, who) or talk_form(run)

    async def answer(
        self, run_id: RunId, who: str, verdict: Verdict, says: str = "", *, via: str = "slack"
    ) -> Card | None:
        said = reason(says)
        if verdict == "talk" and said is None:
            what = f"Say what needs a talk in one sentence, {SHORTEST} to {LONGEST} characters."
            return note(what, "Whoever ran it reads this.")
        async with self._at.pool.acquire() as connection, connection.transaction():
            review, run = await reviews.lock(connection, run_id), await runs.get(connection, run_id)
            if run is None or (refusal := self._refusal(run, review, who, via)) is not None:
                return refusal if run else note(f"There is no R-{run_id}.", "See the last ones with /runs.")
            await reviews.close(connection, run_id, verdict, by=who, says=said or "")
            body: JsonObject = {"verdict": verdict, "says": said or ""}
            await events.record(connection, Kind.REVIEW_DONE, run=run, actor=who, body=body)
        self._at.bell.ring("outbox")
        return None

    def _refusal(self, run: Run, review: Review | None, who: str, via: str = "slack") -> Card | None:
        if review is None:
            return note(f"{run.label} needs no review: it ran with its votes.", "", run)
        if review.reviewed_at is not None:
            by = self._at.people.name(review.reviewer or "")
            return note(f"{run.label} was reviewed already, by {by}.", "It counts once.", run)
        if who == review.actor:
            return note("You ran it, so somebody else looks at it.", self._who_can(run), run)
        if seats.shared(self._at, run, who, via):
            what = f"You share a login of the terminal with {self._at.people.name(run.actor)}, who ran it."
            return note(what, "One login is one pair of eyes: somebody else looks at it.", run)
        if who not in self._reviewers(run):
            return note("Your review does not count here.", self._who_can(run), run)
        return None

    def _reviewers(self, run: Run) -> tuple[str, ...]:
        at = self._at
        return reviewers(at.policy, at.ask(run), at.people.everyone(), team_id=at.team)

    def _who_can(self, run: Run) -> str:
        names = [self._at.people.name(one) for one in self._reviewers(run)]
        return f"{listed(names)} can." if names else "At present nobody else can."
