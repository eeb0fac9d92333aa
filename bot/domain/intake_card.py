"""What whoever typed a line is told at once: refused, not understood, asked already. Pure."""

from bot.domain.card import Card, Tone
from bot.domain.errors import BadRequest
from bot.domain.invocation import Invocation
from bot.domain.run import Run
from bot.domain.words import apart, bold, clean, code, linked
from permissions.decision import Deny

_TITLE = 100


def refused_card(deny: Deny, line: str) -> Card:
    """A refusal says what is not allowed, why, which rule decided, and who can."""
    what, why = apart(deny.because.sentence)
    return Card(
        Tone.STOPPED,
        what,
        f"{clean(line)}: refused. {deny.because.sentence} {deny.next_step} Nothing was changed.",
        tuple(part for part in (linked(f"{why}\n{deny.next_step}".strip()),) if part),
        footer=f"Nothing was changed · decided by {deny.because.where} · recorded in the audit log",
    )


def not_understood(invocation: Invocation, bad: BadRequest) -> Card:
    """What was wrong is the title, unless it is too long for one."""
    typed = clean(invocation.typed, 300)
    short = len(bad.what) <= _TITLE
    lines = ("" if short else bad.what, bad.next_step, f"For example {code(bad.example)}" if bad.example else "")
    body = "\n".join(line for line in lines if line)
    return Card(
        Tone.WARN,
        bad.what.removesuffix(".") if short else "I did not understand that",
        f"{bad.what} {bad.next_step} Nothing was changed.",
        (body,) if body else (),
        footer=f"Nothing was changed · you typed {code(typed)}",
    )


def already_asked(run: Run) -> Card:
    return Card(
        Tone.INFO,
        f"{run.label}: already asked",
        f"You asked for this less than a minute ago: it is {run.label}, {run.state.value}. Nothing was added.",
        (f"You asked for {bold(run.text)} less than a minute ago. It is {run.label}, now {run.state.value}.",),
        footer="Nothing was added: the same open request within a minute is the same run",
    )
