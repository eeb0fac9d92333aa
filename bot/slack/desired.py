"""Which messages a run should have, where, and what they should say: a pure function of what is recorded."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.db.posts import Kind
from bot.domain.approval import Approval
from bot.domain.asking import approver_card, last_call_card, last_called
from bot.domain.card import Button, Card, Tone
from bot.domain.catalog import Catalog
from bot.domain.command import Command
from bot.domain.event import Event
from bot.domain.event import Kind as Happened
from bot.domain.notices import noticed
from bot.domain.plan import Plan
from bot.domain.review import Review
from bot.domain.run import FINAL, NEVER_RAN, Run, State
from bot.domain.run_card import (
    asks_for,
    decided_card,
    no_longer_asked_card,
    own_confirm_card,
    plan_card,
    progress_card,
    requester_card,
    waiting_for_lock_card,
)
from bot.domain.run_end import end_card, handed_card, mention_card
from bot.domain.run_lines import thread_line
from bot.domain.waves import called
from bot.domain.words import channel as channel_words
from bot.slack.outsiders import shared_words
from permissions.model import Risk

DECIDE, END, ANSWER, PROGRESS, THREAD, TOLD = range(6)
"""Priorities: what somebody must act on, how it ended, answers, progress, thread lines, and last the mention."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is recorded of a run now."""

    run: Run
    plan: Plan | None
    approval: Approval | None
    events: Sequence[Event]
    now: datetime
    holder: Run | None = None  # who has the lock that it waits for
    files: tuple[str, ...] = ()
    review: Review | None = None  # of what ran without votes
    about: Mapping[str, str] = field(default_factory=dict)  # who is silent or away, where Slack says so


@dataclass(frozen=True, slots=True)
class Where:
    """cards: the channel where the service's runs are rooted. public: an answer may be seen by all where it was
    asked. private: the verb's answers are for the person who asked alone."""

    cards: str
    public: bool
    private: bool
    here: bool = False  # answered where it was asked, never rooted in `cards`
    outsiders: bool = False  # people of another company read where it was asked
    alone: bool = False  # and where it would be rooted, so it is told to whoever asked


@dataclass(frozen=True, slots=True)
class Desired:
    """One message as it should be. thread_key: the message it hangs on (kind thread) or leads to (ephemeral)."""

    key: str
    kind: Kind
    card: Card
    priority: int
    channel: str = ""
    person: str = ""
    thread_key: str | None = None
    only_edit: bool = False
    file: str = ""


def where(run: Run, catalog: Catalog, command: Command | None) -> Where:
    """Channels from the catalog."""
    service = catalog.services.get(run.service or "")
    concerned = [service] if service else [] if run.service else list(catalog.services.values())
    bound = {one.cards for one in concerned} | {
        channel for one in concerned for channels in one.bound.values() for channel in channels
    }
    return Where(
        (service.cards if service else None) or run.channel,
        run.channel in bound,
        for_one_alone(run, command),
        _answered_here(run, command),
    )


def among_ourselves(at: Where, run: Run, shared: Container[str]) -> Where:
    """shared: channels where people of other companies read, and where we must not speak."""
    here = run.channel in shared
    return replace(at, public=at.public and not here, outsiders=here, alone=at.cards in shared)


def _answered_here(run: Run, command: Command | None) -> bool:
    return command is not None and any(one.word == run.verb and one.answers == "here" for one in command.verbs)


def for_one_alone(run: Run, command: Command | None) -> bool:
    """Whether only who asked sees the answer; a command that is no longer installed counts as private."""
    verb = next((one for one in command.verbs if one.word == run.verb), None) if command else None
    return verb is None or verb.answers == "private"


def desired(seen: Seen, at: Where, names: Callable[[str], str]) -> list[Desired]:
    """Every message of the run but its thread's lines."""
    run = seen.run
    if run.state in (State.RECEIVED, State.PLANNING) or told_at_intake(seen.events):
        return []
    if run.via == "schedule":
        return _by_itself(seen, at, names)
    files = [_file(seen, name) for name in seen.files] if run.state in FINAL and _in_slack(run) else []
    if at.private or at.here or run.risk is Risk.READ or run.service is None:
        return [*_answers(seen, at, names), *files]
    if not has_root(seen):
        return [*_alone(seen, names), *files]
    messages = [
        _root(seen, at, names),
        *_link(seen, at),
        *_approvers(seen, at, names),
        *_no_longer_asked(seen, names),
        *_requester(seen, at, names),
        *_told(seen, names),
        *_handed_over(seen, names),
    ]
    return [*(replace(one, card=noticed(one.card, run, seen.events)) for one in messages), *files]


def thread_of(message: Desired, run: Run) -> str:
    """Where it was asked is where it is answered; a run's own messages hang on its root, wherever that is."""
    there = message.kind in ("message", "ephemeral") and message.channel == run.channel
    return run.thread if there and not message.key.endswith(":root") else ""


def _by_itself(seen: Seen, at: Where, names: Callable[[str], str]) -> list[Desired]:
    """Nobody asked, so nobody is told of what went well; what did not is for the service's channel."""
    run = seen.run
    tone = run.outcome.get("tone") if run.outcome else None
    well = run.state is State.SUCCEEDED and tone not in (Tone.FAIL.value, Tone.UNKNOWN.value, Tone.WARN.value)
    if run.state not in FINAL or well or not at.cards:
        return []
    return [Desired(f"{run.label}:root", "message", _end(seen, names), END, at.cards)]


def told_at_intake(events: Sequence[Event]) -> bool:
    """The acknowledgement has refused it already."""
    return not any(event.kind is Happened.REQUEST_RECEIVED for event in events) and any(
        event.kind is Happened.REQUEST_REFUSED for event in events
    )


def has_root(seen: Seen) -> bool:
    """Others have to know of it: somebody else decides, or it was to run."""
    asked = seen.approval is not None and seen.approval.need > 0
    return asked or seen.run.approved_at is not None or seen.run.started_at is not None


def thread_lines(seen: Seen, after: int, names: Callable[[str], str]) -> list[tuple[int, str]]:
    """(event number, line) of what the thread does not tell yet."""
    new = [event for event in seen.events if event.number > after]
    return [(event.number, line) for event in new if (line := thread_line(event, seen.run, names))]


def _end(seen: Seen, names: Callable[[str], str]) -> Card:
    return end_card(seen.run, seen.plan, seen.approval, seen.events, names, seen.now)


def _answers(seen: Seen, at: Where, names: Callable[[str], str]) -> list[Desired]:
    """A look is answered once, at its end: to all where the channel is about that service, else to who asked."""
    run = seen.run
    if run.state not in FINAL or run.via != "slack":
        return []
    card, key = _end(seen, names), f"{run.label}:answer"
    if at.private or card.private:
        return [Desired(key, "ephemeral", card, ANSWER, run.channel, run.actor)]
    if at.public:
        return [Desired(key, "message", card, ANSWER, run.channel)]
    if at.outsiders:
        return [Desired(key, "ephemeral", card, ANSWER, run.channel, run.actor)]
    share = Button("Share", action="share", target=run.target)
    shared = Card(card.tone, card.title, card.text, card.body, (*card.buttons, share), card.footer, card.private)
    return [Desired(key, "ephemeral", shared, ANSWER, run.channel, run.actor)]


def _alone(seen: Seen, names: Callable[[str], str]) -> list[Desired]:
    """Only the requester is concerned: their own plan to confirm, or an end before anybody else was asked."""
    run = seen.run
    if run.via != "slack":
        return []
    if run.state in FINAL:
        return [Desired(f"{run.label}:answer", "ephemeral", _end(seen, names), ANSWER, run.channel, run.actor)]
    if seen.plan is None or seen.approval is None:
        return []
    card = own_confirm_card(run, seen.plan, seen.approval)
    return [Desired(f"{run.label}:own", "ephemeral", card, DECIDE, run.channel, run.actor)]


def _in_slack(run: Run) -> bool:
    """Somebody whom Slack knows asked, be it from the terminal."""
    return not run.actor.startswith("terminal:")


def waits_for_people(seen: Seen) -> bool:
    return seen.run.state is State.WAITING and seen.run.approved_at is None


def _root(seen: Seen, at: Where, names: Callable[[str], str]) -> Desired:
    run, plan = seen.run, seen.plan
    key = f"{run.label}:root"
    if run.state in FINAL:
        return Desired(key, "message", _end(seen, names), END, at.cards)
    if waits_for_people(seen) and plan is not None and seen.approval is not None:
        return Desired(key, "message", plan_card(run, plan, seen.approval, names, seen.about), DECIDE, at.cards)
    if run.state is State.WAITING:
        usual = plan.usual if plan else None
        card = waiting_for_lock_card(run, plan, seen.holder, run.approved_at or seen.now, usual, names)
        return Desired(key, "message", card, ANSWER, at.cards)
    return Desired(
        key,
        "message",
        progress_card(run, plan, seen.events, names, seen.now),
        DECIDE if run.held else PROGRESS,
        at.cards,
    )


def _link(seen: Seen, at: Where) -> list[Desired]:
    """Asked elsewhere: whoever asked is shown the way."""
    run = seen.run
    if run.via != "slack" or not run.channel or (run.channel == at.cards and not run.thread and not at.alone):
        return []
    there = f"your direct messages: {shared_words(at.cards)}" if at.alone else channel_words(at.cards)
    what = f"{run.label} {asks_for(run, seen.plan)}: it is in {there}"
    card = Card(Tone.INFO, "", what, (what,))
    return [Desired(f"{run.label}:link", "ephemeral", card, ANSWER, run.channel, run.actor, f"{run.label}:root")]


def _copy(seen: Seen, at: Where, names: Callable[[str], str], waiting: Card) -> Card:
    """What a person's own copy shows: buttons only while there is something to decide."""
    run = seen.run
    assert seen.plan is not None  # noqa: S101  (callers have asked)
    assert seen.approval is not None  # noqa: S101
    if waits_for_people(seen):
        return waiting
    if run.state in NEVER_RAN or (run.state in FINAL and run.approved_at is None):
        return _end(seen, names)
    end = _end(seen, names) if run.state in FINAL else None
    return decided_card(run, seen.plan, seen.approval, names, _place(run, at, names), end)


def _place(run: Run, at: Where, names: Callable[[str], str]) -> str:
    return f"the direct messages of {names(run.actor)}" if at.alone else channel_words(at.cards)


def told_alone(messages: Sequence[Desired], seen: Seen, at: Where) -> Iterator[Desired]:
    """Where others would read the root it is its asker's own message, with what their copy says while it waits."""
    run = seen.run
    copy = next((one for one in messages if one.key == f"{run.label}:requester"), None)
    for one in messages:
        if one.key == f"{run.label}:root" and _in_slack(run) and run.via != "schedule":
            card = copy.card if copy and waits_for_people(seen) else one.card
            yield replace(one, kind="dm", channel="", person=run.actor, card=card)
        elif one is copy:
            yield replace(one, only_edit=True)
        elif one.key != f"{run.label}:root" or run.via == "schedule":
            yield one


def _approvers(seen: Seen, at: Where, names: Callable[[str], str]) -> list[Desired]:
    """Each gets a message of their own, because an edit in a channel notifies nobody."""
    run, plan, approval = seen.run, seen.plan, seen.approval
    if plan is None or approval is None or not approval.need:
        return []
    waiting = plan_card(run, plan, approval, names, seen.about)
    quiet = not waits_for_people(seen)
    priority = END if quiet else DECIDE
    first = [
        Desired(f"{run.label}:dm:{one}", "dm", _copy(seen, at, names, mine), priority, person=one, only_edit=quiet)
        for one in called(approval)
        if one != run.actor
        for mine in (approver_card(waiting, run, approval, one),)
    ]
    last = _copy(seen, at, names, last_call_card(waiting, plan, approval, run, names))
    bodies = [event.body for event in seen.events if event.kind is Happened.APPROVAL_ESCALATED]
    return first + [
        Desired(f"{run.label}:last:{one}", "dm", last, priority, person=one, only_edit=quiet)
        for one in last_called(bodies)
        if one in approval.asked
    ]


def _no_longer_asked(seen: Seen, names: Callable[[str], str]) -> list[Desired]:
    """Copies of those whom a new policy asks no more are edited, never newly sent."""
    run, plan, approval = seen.run, seen.plan, seen.approval
    if plan is None or approval is None:
        return []
    bodies = [event.body.get("no_longer") for event in seen.events if event.kind is Happened.APPROVAL_CHANGED]
    former = {str(one) for body in bodies if isinstance(body, list) for one in body} - {*approval.asked, run.actor}
    card = no_longer_asked_card(run, plan, names)
    return [
        Desired(f"{run.label}:{copy}:{one}", "dm", card, END, person=one, only_edit=True)
        for one in sorted(former)
        for copy in ("dm", "last")
    ]


def _requester(seen: Seen, at: Where, names: Callable[[str], str]) -> list[Desired]:
    run, plan, approval = seen.run, seen.plan, seen.approval
    if plan is None or approval is None or not approval.need or not _in_slack(run):
        return []
    card = _copy(seen, at, names, requester_card(run, plan, approval, names, seen.about))
    quiet = not waits_for_people(seen)
    return [Desired(f"{run.label}:requester", "dm", card, ANSWER, person=run.actor, only_edit=quiet)]


def _told(seen: Seen, names: Callable[[str], str]) -> list[Desired]:
    """The end, as a new message that mentions the requester."""
    run = seen.run
    if run.state not in FINAL or not _in_slack(run):
        return []
    card = mention_card(run, _end(seen, names))
    return [Desired(f"{run.label}:told", "thread", card, TOLD, thread_key=f"{run.label}:root")]


def _handed_over(seen: Seen, names: Callable[[str], str]) -> list[Desired]:
    """Both are told in a message of their own: who settles it now, with the buttons, and who did before."""
    run = seen.run
    if run.state not in FINAL:
        return []
    given = [event for event in seen.events if event.kind is Happened.LOCK_HANDED_OVER]
    return [
        Desired(f"{run.label}:handed:{event.id}:{one}", "dm", handed_card(run, event, one, names), DECIDE, person=one)
        for event in given
        for one in (str(event.body.get("to")), str(event.body.get("from")))
    ]


def _file(seen: Seen, name: str) -> Desired:
    run = seen.run
    card = Card(Tone.INFO, "", f"{run.label} {name}")
    return Desired(f"{run.label}:file:{name}", "file", card, THREAD, person=run.actor, file=name)
