"""What people inside read about words for outside: the plan, how it ended, the draft that somebody gets. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.card import Button, Card, Tone
from bot.domain.incident import Incident, Role
from bot.domain.incident_card import title_of
from bot.domain.outward import Ready, Told
from bot.domain.update_clock import AskKind
from bot.domain.words import bold, clean, code, listed, quoted, when

LONGEST = 2000


def summary(ready: Ready, pages: Sequence[str]) -> str:
    where = f"on {listed(list(pages), 'and')}" if pages else "by you: the catalog names no page"
    return f"{ready.incident.label}, {ready.state}, {where}. It cannot be unread."


def tells(ready: Ready) -> tuple[str, ...]:
    """The exact words, then what they promise."""
    title = (f"title: {quoted(ready.title, 200)}",) if ready.turn == 1 else ()
    promise = (
        f"people outside wait for the next one at {when(ready.next_at)}" if ready.next_at else "it is the last one"
    )
    return (quoted(ready.text, LONGEST), *title, promise)


def posted_card(ready: Ready, done: Sequence[tuple[str, str]], failed: Sequence[str]) -> Card:
    """done: (page, where it can be read). failed: a sentence each."""
    where = listed([f"{page}{f' ({link})' if link else ''}" for page, link in done], "and")
    told = (
        f"People outside read it on {where}."
        if done
        else "Publish these words yourselves: no page is in the catalog."
    )
    after = f"The next update is due {when(ready.next_at)}." if ready.next_at else "That was the last one."
    lines = [quoted(ready.text, LONGEST), *(f"{bold('Not everywhere')} {clean(one, 300)}" for one in failed), after]
    title = f"{ready.incident.label}: people outside are told"
    return Card(Tone.WARN if failed else Tone.OK, title, f"{title}. {told} {after}", (told, *lines))


# --- what the clock sends to one person -------------------------------------------------------------------------


def ask_card(
    incident: Incident,
    kind: AskKind,
    due_at: datetime,
    words: str,
    notes: Sequence[str],
    *,
    target: str,
    line: str,
    over: str,
) -> Card:
    """over: what became of it; then it has no buttons any more. line: the request that [Post] makes."""
    title = f"People outside: update of {incident.name}"
    what = f"{bold(title_of(incident))}\n{_wants(kind, due_at)}"
    if over:
        return Card(Tone.INFO, title, f"{title}. {over}", (f"{bold(title_of(incident))}\n{over}",))
    stop = Button("I know: stop asking", action="update.hush", target=target)
    later = Button("In 10 min", action="update.later", target=target)
    if kind == "lead":
        buttons: tuple[Button, ...] = (
            Button("I lead it", action="update.lead", target=target, style="primary"),
            stop,
        )
        return Card(Tone.ASK, title, f"{title}. {_wants(kind, due_at)}", (what,), buttons, "The draft follows to you")
    post = Button("Post", ask=line, style="primary")
    edit = Button("Edit", action="update.edit", target=target)
    hints = "\n".join(f"• {clean(one, 300)}" for one in notes)
    body = (what, quoted(words, LONGEST), *((hints,) if hints else ()))
    return Card(
        Tone.ASK,
        title,
        f"{title}. {_wants(kind, due_at)}",
        body,
        (post, edit, later, stop),
        "Nothing goes out before you have seen the exact words · the next update's time is added",
    )


def _wants(kind: AskKind, due_at: datetime) -> str:
    match kind:
        case "lead":
            return f"An update for people outside is due {when(due_at)}, and nobody leads this incident. Will you?"
        case "draft":
            return f"An update for people outside is due {when(due_at)}. These words are a beginning:"
        case "reminder":
            return f"The update for people outside was due {when(due_at)} and is not out. Post it, or say when:"


def over_of(
    incident: Incident,
    kind: AskKind,
    turn: int,
    round_: int,
    told: Sequence[Told],
    now_round: int,
    silenced_by: str | None,
    names: Callable[[str], str],
) -> str:
    """What became of the update that was asked for; empty while it is open. now_round: how often it was put off."""
    if len(told) >= turn:
        one = told[turn - 1]
        return f"{clean(names(one.by))} posted it {when(one.at)}: {quoted(one.text, 300)}"
    if incident.merged_into is not None:
        return f"It goes on as INC-{incident.merged_into}."
    if silenced_by:
        return f"{clean(names(silenced_by))} told me to stop asking."
    if now_round > round_:
        return "It was put off; I ask again."
    if incident.update_due_at is None:
        return "Nothing is due any more."
    leads = incident.role(Role.COMMANDER)
    return f"{clean(names(leads))} leads it now." if kind == "lead" and leads else ""


def notes_for(incident: Incident, left_out: Sequence[str], *, silent: bool) -> list[str]:
    """What whoever posts should know: nobody has said what is known, what was left out."""
    notes = []
    if silent:
        say = code(f"/timeline … --public {incident.label}")
        notes.append(f"Nobody has written yet what people outside may know; {say} does.")
    if not incident.summary:
        notes.append(f"It has no summary: {code(f'/incident update {incident.label} …')} says what is known.")
    notes += [f"Left out, because it names what is ours: {quoted(one, 150)}" for one in left_out[:3]]
    return notes
