"""[Share]: an answer that one person saw becomes a message for the channel. Only its own asker may share it."""

from collections.abc import Callable, Mapping
from typing import Protocol

from bot.db import channels, database, events, posts, runs
from bot.db.database import Pool
from bot.db.posts import Intent
from bot.domain.card import Card, Tone
from bot.domain.command import Command
from bot.domain.event import Kind
from bot.domain.invocation import Answer, Click, Submission
from bot.domain.run import FINAL
from bot.domain.run_end import end_card
from bot.domain.words import clean
from bot.slack.desired import ANSWER, for_one_alone
from bot.slack.outsiders import Listed, outsiders_card
from bot.slack.seen import see
from bot.slack.wanted import wanted

_NOT_YOURS = "the button's value is not one of an answer to this person"


class Press(Protocol):
    async def press(self, click: Click) -> Answer: ...
    async def submitted(self, submission: Submission) -> Answer: ...


class Sharing:
    """Presses of [Share] in our own workspace are answered here, all others by the engine."""

    def __init__(
        self,
        press: Press,
        pool: Pool,
        *,
        team: Callable[[], str],
        installed: Mapping[str, Command],
        names: Callable[[str], str],
        listed: Listed = frozenset[str],
    ) -> None:
        self._press, self._pool, self._team = press, pool, team
        self._installed, self._names, self._listed = installed, names, listed

    async def submitted(self, submission: Submission) -> Answer:
        return await self._press.submitted(submission)

    async def press(self, click: Click) -> Answer:
        if click.action != "share" or not click.actor.team or click.actor.team != self._team():
            return await self._press.press(click)
        if click.channel in await channels.shared(self._pool, but=self._listed()):
            return Answer(outsiders_card(click.channel))
        card = await share(
            self._pool, click.target, click.actor.id, click.channel, installed=self._installed, names=self._names
        )
        return Answer(card)


async def share(
    pool: Pool, target: str, by: str, channel: str, *, installed: Mapping[str, Command], names: Callable[[str], str]
) -> Card:
    """What the person who pressed it sees; the message itself is posted by the follower."""
    run = await runs.by_target(pool, target)
    if run is None or run.actor != by:
        await events.record(
            pool, Kind.VOTE_REFUSED, run=run, actor=by, body={"because": _NOT_YOURS, "action": "share"}
        )
    if run is None:
        return _note("That button is not one of mine, or no longer.")
    if run.actor != by or run.state not in FINAL:
        return _note("Only the person who asked can share an answer.")
    seen = await see(pool, run.id, await database.now(pool))
    assert seen is not None  # noqa: S101  (it was there a moment ago; runs are never deleted)
    card = end_card(run, seen.plan, seen.approval, seen.events, lambda one: clean(names(one)), seen.now)
    if card.private or for_one_alone(run, installed.get(run.command)):
        return _note("This answer is for you alone; it cannot be shared.")
    content = await wanted(pool, card, installed, run.service)
    key = f"{run.label}:shared:{channel}"
    await posts.intend(pool, Intent(key, None, "message", content, ANSWER, channel, person=by))
    return _note("Shared with the channel.")


def _note(what: str) -> Card:
    return Card(Tone.INFO, "", what, (what,), private=True)
