"""A pressed button: looked up, decided again, done. What the button carries is believed only after the look-up."""

from bot.db import approvals, events, offers, runs
from bot.domain import words
from bot.domain.card import Card
from bot.domain.event import Kind
from bot.domain.form import LINE, Form
from bot.domain.invocation import Answer, Click, Invocation, Submission
from bot.domain.json import JsonObject
from bot.domain.run import Run
from bot.engine import incident_press, update_press, waves
from bot.engine.govern import EngineGovern
from bot.engine.installation import Installation
from bot.engine.intake import Intake
from bot.engine.reviews import Reviews
from bot.engine.short import note, recorded
from bot.engine.unvoted import Unvoted
from bot.engine.votes import Votes

NOT_MINE = note("That button is not one of mine, or no longer.", "Type the command instead; /ops lists them.")

PURPOSES = frozenset({"", "alone", "glass", "talk"})
"""What a form of a run is for: the plain one is the place, typed before something destructive starts."""

WANT_A_SENTENCE = frozenset({"unvoted.alone", "unvoted.glass", "review.talk"})


class Press:
    """Clicks of the workspace. A click is idempotent by state; its delivery key guards new requests besides."""

    def __init__(self, installation: Installation, intake: Intake, votes: Votes, govern: EngineGovern) -> None:
        self._at = installation
        self._intake = intake
        self._votes = votes
        self._govern = govern
        self._unvoted = Unvoted(installation)
        self._reviews = Reviews(installation)

    async def press(self, click: Click) -> Answer:
        if not self._at.team or click.actor.team != self._at.team:
            return await self._foreign(click)
        if click.action.startswith("ask"):
            return await self._ask(click)
        if click.action == "form.open":
            return await self._intake.forms.open(click) or await self._forged(click)
        if click.action.startswith(incident_press.PREFIX):
            told = await incident_press.press(self._at, click)
            return Answer(told) if told is not None else await self._forged(click)
        if click.action.startswith(update_press.PREFIX):
            return await update_press.press(self._at, self._intake, click) or await self._forged(click)
        run = await runs.by_target(self._at.pool, click.target)
        if run is None:
            return await self._forged(click)
        if click.action == "run.confirm":
            return await self._confirm(run, click.actor.id)
        if click.action in WANT_A_SENTENCE:
            return await self._ask_why(click.action, run, click.actor.id)
        told = await self._act(click, run)
        return Answer(told, run=run.id)

    async def _confirm(self, run: Run, who: str) -> Answer:
        """The plan was shown to this person alone: once it is confirmed, its buttons go."""
        match await self._votes.confirm(run.id, who):
            case Form() as form:
                return Answer(form=form, run=run.id)
            case Card() as card:
                return Answer(card, run=run.id)
            case None:
                told = recorded(f"{run.label} is confirmed.", await self._next(run))
                return Answer(told, replace=True, run=run.id)

    async def _next(self, run: Run) -> str:
        hold = await approvals.hold(self._at.pool, run.id)
        told = f"It starts in {words.span(hold)}; [Stop] is on its message." if hold else ""
        return told or "Its message tells the rest."

    async def _ask_why(self, action: str, run: Run, who: str) -> Answer:
        """One sentence first, if it may be done at all."""
        match action:
            case "unvoted.alone":
                found = await self._unvoted.ask(run, who, "alone")
            case "unvoted.glass":
                found = await self._unvoted.ask(run, who, "glass")
            case _:
                found = await self._reviews.ask_why(run, who)
        return Answer(form=found, run=run.id) if isinstance(found, Form) else Answer(found, run=run.id)

    async def submitted(self, submission: Submission) -> Answer:
        """A typed confirmation or a completed request: what is wrong in it, the form that follows, or nothing."""
        ours = bool(self._at.team) and submission.actor.team == self._at.team
        purpose, _, target = submission.target.rpartition(":")
        run = await runs.by_target(self._at.pool, target) if ours and purpose in PURPOSES else None
        if run is not None:
            return await self._said(purpose, run, submission)
        answer = await self._intake.forms.submitted(submission) if ours else None
        if answer is not None:
            return answer
        because = "the form's token is not one of theirs" if ours else "somebody from another workspace sent a form"
        await self._audit(submission.actor.id, because, "form")
        return Answer(wrong={"": "This form belongs to nothing that waits. Ask again. Nothing was changed."})

    async def _said(self, purpose: str, run: Run, submission: Submission) -> Answer:
        who = submission.actor.id
        match await self._take(purpose, run, who, submission.values.get(LINE, "")):
            case Form():
                return Answer(wrong={"": f"That is not “{run.place}”. Nothing was changed."})
            case Card() as card:
                says = words.plain(card.text)
                if purpose or run.actor != who:  # a lost right of whoever asked is audited where it is decided
                    await self._audit(who, says, "form", run)
                return Answer(wrong={"": says})
            case None:
                return Answer(run=run.id)

    async def _take(self, purpose: str, run: Run, who: str, typed: str) -> Card | Form | None:
        match purpose:
            case "alone" | "glass":
                return await self._unvoted.go(run.id, who, purpose, typed)
            case "talk":
                return await self._reviews.answer(run.id, who, "talk", typed)
            case _:
                return await self._votes.confirm(run.id, who, typed)

    async def _act(self, click: Click, run: Run) -> Card | None:
        who = click.actor.id
        match click.action:
            case "approval.approve":
                return await self._votes.vote(run.id, who, yes=True, digits=None, via="slack")
            case "approval.deny":
                return await self._votes.vote(run.id, who, yes=False, digits=None, via="slack")
            case "approval.stop":
                return await waves.stop_asking(self._at, run, who)
            case "review.fine":
                return await self._reviews.answer(run.id, who, "fine")
            case "run.withdraw":
                return await self._votes.withdraw(run.id, who)
            case "run.cancel":
                return await self._govern.cancel(run.id, who)
            case "run.settle_done":
                return await self._govern.settle(run.id, who, "done", "")
            case "run.settle_not_done":
                return await self._govern.settle(run.id, who, "not-done", "")
            case "approval.details" | "run.details":
                return await self._govern.details(run.id, who)
            case other:
                return note(
                    f"I do not know the button “{words.clean(other, 60)}”.", "Type /ops to see what I can do."
                )

    async def _ask(self, click: Click) -> Answer:
        """A button that asks for a request is that request, typed by whoever pressed it."""
        line = await offers.find(self._at.pool, click.target)
        if line is None:
            return await self._forged(click)
        command, _, text = line.partition(" ")
        invocation = Invocation(
            command, text, click.actor, click.channel, click.delivery, click.received_at, "slack", click.response_url
        )
        return await self._intake.receive(invocation)

    async def _forged(self, click: Click) -> Answer:
        """A value that none of our buttons carries: changes nothing, and is audited."""
        return await self._refused(click, "the button's value is not one of mine")

    async def _foreign(self, click: Click) -> Answer:
        if not self._at.team:
            return Answer(note("Slack has not told me yet which workspace this is.", "Press it again in a minute."))
        told = note("This is for people of this workspace only, not for those of another one.", "Ask one of them.")
        return await self._refused(click, "somebody from another workspace pressed it", told)

    async def _refused(self, click: Click, because: str, told: Card = NOT_MINE) -> Answer:
        await self._audit(click.actor.id, because, words.clean(click.action, 60))
        return Answer(told)

    async def _audit(self, who: str, because: str, action: str, run: Run | None = None) -> None:
        body: JsonObject = {"because": because, "action": action}
        await events.record(self._at.pool, Kind.VOTE_REFUSED, run=run, actor=who, body=body)
        self._at.bell.ring("outbox")
