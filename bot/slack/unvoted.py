"""The messages about going on without votes: the offer, the loud post, and who looks at it afterwards. Pure."""

from collections.abc import Callable, Iterator

from bot.domain.event import Event
from bot.domain.event import Kind as Happened
from bot.domain.plan import Plan
from bot.domain.review import Review
from bot.domain.run import State
from bot.domain.unvoted import loud_card, offer_card, review_card, talk_card
from bot.slack.desired import ANSWER, DECIDE, Desired, Seen, Where

Names = Callable[[str], str]


def unvoted(seen: Seen, at: Where, names: Names) -> list[Desired]:
    """Beside the run's own messages (`bot.slack.desired`); nothing for a run that got its votes."""
    if seen.plan is None or seen.approval is None or not seen.approval.need:
        return []
    review = seen.review
    return [*_offer(seen, seen.plan, names), *(_review(seen, seen.plan, review, at, names) if review else [])]


def _offer(seen: Seen, plan: Plan, names: Names) -> list[Desired]:
    """A new message for whoever asked, as long as nobody answers; their other copy tells the rest."""
    run, approval = seen.run, seen.approval
    if approval is None or approval.alone_offered_at is None or run.actor.startswith("terminal:"):
        return []
    open_ = run.state is State.WAITING and run.approved_at is None and not approval.votes
    card = offer_card(run, plan, approval, names, open_=open_ and approval.alone_after is not None)
    return [Desired(f"{run.label}:alone?", "dm", card, DECIDE, person=run.actor, only_edit=not open_)]


def _review(seen: Seen, plan: Plan, review: Review, at: Where, names: Names) -> Iterator[Desired]:
    run, approval = seen.run, seen.approval
    assert approval is not None  # noqa: S101  (callers have asked)
    loud = loud_card(run, plan, review, approval, names)
    yield Desired(f"{run.label}:loud", "message", loud, DECIDE, at.cards)
    told = _bodies(seen, Happened.APPROVAL_BROKEN_GLASS, "told")
    yield from (Desired(f"{run.label}:loud:{one}", "dm", loud, DECIDE, person=one) for _, one in told)
    card, quiet = review_card(run, plan, review, names), review.reviewed_at is not None
    asked = _bodies(seen, Happened.REVIEW_ASKED, "people")
    for time in dict.fromkeys(time for time, _ in asked):
        key = f"{run.label}:review:{time}"
        yield Desired(key, "message", card, ANSWER, at.cards, only_edit=quiet)
        people = [one for other, one in asked if other == time]
        yield from (Desired(f"{key}:{one}", "dm", card, ANSWER, person=one, only_edit=quiet) for one in people)
    if review.verdict == "talk" and not review.actor.startswith("terminal:"):
        yield Desired(f"{run.label}:talk", "dm", talk_card(run, review, names), ANSWER, person=review.actor)


def _bodies(seen: Seen, kind: Happened, key: str) -> list[tuple[int, str]]:
    """(which time, whom) of the events that tell it."""
    found = [event for event in seen.events if event.kind is kind]
    return [(_time(event), str(one)) for event in found for one in _listed(event, key)]


def _time(event: Event) -> int:
    times = event.body.get("times")
    return times if isinstance(times, int) else 0


def _listed(event: Event, key: str) -> list[object]:
    found = event.body.get(key)
    return [*found] if isinstance(found, list) else []
