"""How a rollback ended, as cards: verified, not well after the switch, or stuck between switch and restart. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.capability import Finding
from bot.domain.card import Button, Card, Part, Pre, Tone
from bot.domain.catalog import Place
from bot.domain.errors import StepFailed
from bot.domain.move import back_to, names
from bot.domain.words import bold, code, laps, some, span

Laps = Sequence[tuple[str, timedelta]]


@dataclass(frozen=True, slots=True)
class Switched:
    """What the rollback did, once `target` is current."""

    place: Place
    before: str  # commit
    target: str
    migrations: tuple[str, ...]
    laps: Laps
    findings: Sequence[Finding]
    now: str = ""  # how it was before: “2 of 9 checks fail (03:09): Checkout answers 500”

    @property
    def took(self) -> timedelta:
        return sum((lap for _, lap in self.laps), timedelta())


def left_to_do(findings: Sequence[Finding]) -> list[Finding]:
    """What another command puts right (undelivered webhooks): no fault of the release that runs."""
    return [one for one in findings if one.state == "fail" and one.ask and not one.ask.startswith("/rollback")]


def judged(findings: Sequence[Finding]) -> list[Finding]:
    left = left_to_do(findings)
    return [one for one in findings if one not in left]


def failing(findings: Sequence[Finding]) -> list[Finding]:
    """Checks that do not say that the release is well; one that cannot be told counts."""
    return [one for one in judged(findings) if one.state in ("fail", "unknown")]


def passing(findings: Sequence[Finding]) -> str:
    """8 of 9 checks pass; what is left to do counts as not passing, as in /health."""
    if not judged(findings):
        return "the catalog names no checks for it"
    well = len(judged(findings)) - len(failing(findings))
    return f"{well} of {some(len(findings), 'check')} {'passes' if well == 1 else 'pass'}"


def done(did: Switched, holder: str) -> Card:
    left = left_to_do(did.findings)
    leftovers = f" Left to do: {'; '.join(f'{one.check} {one.says}' for one in left)}." if left else ""
    data = "" if did.migrations else " Data not touched."
    return Card(
        Tone.OK,
        f"{did.place} is back on {did.target[:7]}",
        f"{did.place} is back on {did.target[:7]}: {passing(did.findings)}, after {span(did.took)}.{data}{leftovers}",
        body=(*_facts(did), *_left(did, left, holder)),
        buttons=tuple(Button(one.ask_label or f"{one.check}…", ask=one.ask) for one in left),
    )


def not_well(did: Switched, earlier: bool) -> Card:
    """The switch is done and the checks do not pass. `earlier`: there is a release to go further back to."""
    bad = failing(did.findings)
    short = did.target[:7]
    verdict = f"{len(bad)} of {some(len(judged(did.findings)), 'check')} {'does' if len(bad) == 1 else 'do'} not pass"
    lines = "\n".join(f"{bold(one.check)} {one.says}" for one in bad)
    further = (Button("Roll back further…", ask=f"/rollback {did.place}"),) if earlier else ()
    return Card(
        Tone.FAIL,
        f"{did.place} runs {short} and is not well",
        f"{did.place} was switched to {short}, and {verdict}. {did.before[:7]} no longer runs. "
        f"{' '.join(f'{one.check}: {one.says}.' for one in bad)}",
        body=(
            lines,
            *_facts(did),
            f"{bold('Now')} {code(short)} is current on {did.place}; {code(did.before[:7])} does not run any more",
        ),
        buttons=(*further, Button(f"Back to {did.before[:7]}…", ask=back_to(did.place, did.before))),
    )


def half_done(place: Place, before: str, target: str, error: StepFailed) -> Card:
    """The link was switched and what came after it failed: what is true now, and the way back."""
    output: tuple[Part, ...] = (Pre(error.output),) if error.output else ()
    return Card(
        Tone.FAIL,
        f"{place}: the rollback to {target[:7]} broke off",
        f"{error.what} {error.next_step}".strip(),
        body=(error.what, *output, *((error.next_step,) if error.next_step else ())),
        buttons=(
            Button("Health", ask=f"/health {place}"),
            Button(f"Back to {before[:7]}…", ask=back_to(place, before)),
        ),
    )


def _facts(did: Switched) -> tuple[str, ...]:
    left = left_to_do(did.findings)
    rest = f", {'the other one is' if len(left) == 1 else f'{len(left)} are'} left to do" if left else ""
    before = f"{bold('Before')} {did.now}\n" if did.now else ""
    changed = (
        f"the release. The database stays as it is, with {names(did.migrations)} applied"
        if did.migrations
        else "the release, nothing else. Data not touched."
    )
    facts = (
        f"{bold('Verified')} {passing(did.findings)}{rest}\n{before}"
        f"{bold('Took')} {laps(did.took, did.laps)}\n"
        f"{bold('Changed')} {changed}"
    )
    return (facts,)


def _left(did: Switched, left: Sequence[Finding], holder: str) -> tuple[str, ...]:
    lines = [f"• {one.check} {one.says}" for one in left]
    if holder:
        lines.append(f"• {code(holder)} still holds {did.before[:7]}: the next deploy brings it back")
    return (f"{bold('Left to do')}\n" + "\n".join(lines),) if lines else ()
