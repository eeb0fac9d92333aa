"""One line of a run's thread for each event worth telling there. Pure."""

from collections.abc import Callable
from datetime import timedelta

from bot.domain.event import Event, Kind
from bot.domain.freeze_card import held_line
from bot.domain.json import Json, JsonObject
from bot.domain.run import Run
from bot.domain.words import bold, clean, listed, person, quoted, span, when

Names = Callable[[str], str]
_MARKS: dict[str, str] = {"done": "✅", "failed": "🔴", "stopped": "⏹️"}


def thread_line(event: Event, run: Run, names: Names) -> str:
    """Empty for events that the thread does not tell: the card above tells those."""
    told = _told(event, run, names)
    return f"{when(event.at, 'exact')} {told}" if told else ""


def _told(event: Event, run: Run, names: Names) -> str:
    who, body = names(event.actor), event.body
    match event.kind:
        case Kind.VOTE_CAST if body.get("yes"):
            return f"👍 {who} approved ({_count(body.get('have'))} of {_count(body.get('need'))}){_seat(body)}"
        case Kind.VOTE_CAST:
            return f"👎 {who} denied it{_reason(body.get('reason'))}{_seat(body)}"
        case Kind.APPROVAL_CHANGED:
            return f"⚖️ the policy has changed: {_count(body.get('need'))} of {_people(body.get('asked'), names)} now"
        case Kind.APPROVAL_VOIDED | Kind.PLAN_DRIFTED:
            return _drift(body.get("changes"))
        case Kind.LOCK_WAITED:
            return (
                f"⏳ waits its turn behind R-{_count(body.get('holder'))} {quoted(str(body.get('holder_text', '')))}"
            )
        case Kind.RUN_QUEUED if body.get("waited"):
            return f"🔔 {person(run.actor)} your turn: the place is free, and {run.label} starts now"
        case Kind.RUN_CANCEL_ASKED:
            return f"⏹️ {who} asked to cancel {run.label}; it stops before its next step"
        case Kind.RUN_SETTLED:
            how = "done" if body.get("how") == "done" else "not done"
            return f"{who} settled {run.label} as {how}{_reason(body.get('note'))}"
        case Kind.STEP_ENDED:
            return _step(event)
        case _:
            return _asking(event, run, names)


def _asking(event: Event, run: Run, names: Names) -> str:
    """Who is asked meanwhile, and what happens without an answer."""
    who, body = names(event.actor), event.body
    match event.kind:
        case Kind.APPROVAL_ESCALATED:
            return _escalated(body, names)
        case Kind.RUN_QUEUED if isinstance(hold := body.get("hold_s"), int | float):
            return f"⏳ {run.label} starts in {span(timedelta(seconds=hold))} unless it is stopped"
        case Kind.APPROVAL_STOPPED:
            return f"{who} knows of it and is not asked again"
        case Kind.APPROVAL_ALONE_OFFERED:
            return f"🔔 nobody has answered: {names(run.actor)} may go on alone"
        case Kind.APPROVAL_ALONE:
            return f"⚠️ {who} goes on alone{_reason(body.get('because'))}"
        case Kind.APPROVAL_BROKEN_GLASS:
            return f"🚨 {who} broke the glass{_reason(body.get('because'))}"
        case Kind.REVIEW_ASKED:
            return f"🔎 {_people(body.get('people'), names, 'and')} asked to look at it afterwards"
        case Kind.REVIEW_DONE if body.get("verdict") != "moot":
            found = "it was fine" if body.get("verdict") == "fine" else "it needs a talk"
            return f"🔎 {who} looked at it: {found}{_reason(body.get('says'))}"
        case _:
            return _besides(event, run)


def _besides(event: Event, run: Run) -> str:
    """What others do to a run that waits or has ended."""
    match event.kind:
        case Kind.REQUEST_RECEIVED if _seat(event.body):
            return f"⌨️ asked by {person(run.actor)}{_seat(event.body)}"
        case Kind.LOCK_HANDED_OVER:
            to, was = (person(str(event.body.get(key))) for key in ("to", "from"))
            return f"🤝 {to} now settles {run.label} instead of {was}{_reason(event.body.get('reason'))}"
        case Kind.LOCK_TURN_GIVEN:
            after, before = event.body.get("to"), event.body.get("of")
            told = f"{clean(str(after))} goes first now" if after else f"goes before {clean(str(before))} now"
            return f"🔀 {person(run.actor)} {told}"
        case Kind.RUN_FROZEN:
            return f"🧊 {person(run.actor)} {held_line(event)}"
        case Kind.RUN_THAWED:
            return "🧊 not frozen any more: it can be approved"
        case _:
            return ""


def _escalated(body: JsonObject, names: Names) -> str:
    unreachable = _people(body.get("unreachable"), names, "and") if body.get("unreachable") else ""
    why = f"{unreachable} could not be reached: " if unreachable and body.get("people") else ""
    told = [f"{why}{_people(body.get('people'), names, 'and')} asked too"] if body.get("people") else []
    told += [f"last call to {_people(body.get('again'), names, 'and')}"] if body.get("again") else []
    return f"📣 {'; '.join(told)}" if told else ""


def _people(asked: Json, names: Names, last: str = "or") -> str:
    found = [names(str(one)) for one in asked] if isinstance(asked, list) else []
    return listed(found, last) or "nobody at the moment"


def _seat(body: JsonObject) -> str:
    """Where it was done, when not in Slack."""
    place, _, login = str(body.get("via") or "").partition(":")
    return f" at the terminal (login {clean(login)})" if place == "terminal" and login else ""


def _step(event: Event) -> str:
    state, took = str(event.body.get("state", "done")), event.body.get("took_s")
    lap = span(timedelta(seconds=took)) if isinstance(took, int | float) else ""
    says = " ".join(str(event.body.get("says") or "").split("\n"))
    parts = " · ".join(part for part in (lap, says) if part)
    return f"{_MARKS.get(state, '•')} {bold(str(event.body.get('step', '')))} {parts}".strip()


def _drift(changes: Json) -> str:
    if not isinstance(changes, list) or not changes:
        return ""
    return f"⚠️ not what was approved any more: {clean('; '.join(map(str, changes)), 800)}"


def _reason(reason: Json) -> str:
    return f": {quoted(str(reason))}" if reason else ""


def _count(value: Json) -> str:
    return str(value) if isinstance(value, int) else "?"
