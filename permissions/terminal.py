"""Who sits at the terminal: which people each login stands for, and whose votes from there count. Pure.

One login is one pair of eyes: whoever sits there could be any of its people, so none of them answers for another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from permissions.decision import Because
from permissions.problem import did_you_mean
from permissions.rules import Policy
from permissions.sheet import Sheet
from permissions.wording import capital, listed

SECTION = "terminal"
EXAMPLE = "{ana: ana, root: [ana, ben]}"
PREFIX = "terminal:"
_FORBIDDEN = frozenset(" :/\\\t")


@dataclass(frozen=True, slots=True)
class Unseated:
    """Nobody of the policy sits there. usage: somebody does, but it was not said who."""

    because: Because
    next_step: str
    usage: bool = False


def read_logins(sheet: Sheet, people: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Login → Slack ids, in the order of the file."""
    found = {}
    for login in sheet.mapping((SECTION,), None, EXAMPLE):
        path = (SECTION, login)
        names = sheet.names(path)
        if not names:
            sheet.wrong(path, f"'{login}' stands for nobody.", f"Write it like {EXAMPLE}, or leave it out.")
        if _FORBIDDEN & set(login) or login.startswith("-"):
            sheet.wrong(path, f"'{login}' is not the name of a login.", "Write what `id -un` says there.")
        for name, spot in names:
            if name not in people:
                sheet.wrong(spot, f"'{name}' is not a person.", did_you_mean(name, people))
        found[login] = tuple(people[name] for name, _ in names if name in people)
    return found


def seat(policy: Policy, login: str, name: str | None) -> str | Unseated:
    """The Slack id of the person who acts from this login. name: as the policy calls them; None = the only one."""
    where, people = policy.where(SECTION), policy.terminal.get(login, ())
    known = [policy.names[one] for one in people]
    if not people:
        line = f"terminal: {{{login}: [{name or 'ana'}]}}"
        return Unseated(
            Because(f"The login {login} stands for nobody of the policy.", where),
            f"Whoever keeps {policy.file} can add {line} and reload it.",
        )
    if name is None and len(people) > 1:
        who = listed([capital(one) for one in known], "or")
        return Unseated(Because(f"The login {login} stands for {who}.", where), f"Say who: --as {known[0]}.", True)
    if name is None or name.lower() in (one.lower() for one in known):
        return people[0] if name is None else _id(policy, name)
    near = "" if _is_person(policy, name) else f" {name} is not a person of the policy."
    who = listed([capital(one) for one in known], "or")
    return Unseated(
        Because(f"The login {login} may act as {who}, not as {name}.{near}", where), f"Say --as {known[0]}."
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for something, and where they sat: `slack` or `terminal:ana`."""

    person: str
    seat: str


def counted(policy: Policy, asked: Asked, votes: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Voters of (voter, seat) whose vote is surely another person's than the requester and each other."""
    votes = tuple(votes)
    return tuple(voter for voter, via in votes if not doubts(policy, asked, voter, via, (one for one, _ in votes)))


def doubts(policy: Policy, asked: Asked, voter: str, via: str, voters: Iterable[str]) -> tuple[str, ...]:
    """Those who could be the same person as this voter: by where the vote comes from, or where it was asked."""
    others = {asked.person, *voters} - {voter}
    here = tuple(one for one in _people(policy, via) if one in others)
    return here or ((asked.person,) if voter in _people(policy, asked.seat) and voter != asked.person else ())


def _people(policy: Policy, seat: str) -> tuple[str, ...]:
    """Who may sit there; of Slack nobody but the person themselves."""
    return policy.terminal.get(seat.removeprefix(PREFIX), ()) if seat.startswith(PREFIX) else ()


def told(policy: Policy) -> Iterator[str]:
    """For `policy explain`."""
    for login, people in policy.terminal.items():
        who = listed([capital(policy.names[one]) for one in people], "or")
        shared = "; as one pair of eyes, none approves for another there" if len(people) > 1 else ""
        yield f"At the terminal the login {login} is {who}{shared}."


def changed(before: Policy, after: Policy) -> Iterator[str]:
    for login in sorted({*before.terminal, *after.terminal}):
        was, now = _names(before, login), _names(after, login)
        if was != now:
            stood = f"; it was {was}" if was else ""
            yield f"At the terminal the login {login} stands for {now or 'nobody'}{stood}."


def _names(policy: Policy, login: str) -> str:
    return listed([capital(policy.names[one]) for one in policy.terminal.get(login, ())], "or")


def _id(policy: Policy, name: str) -> str:
    return next(slack_id for known, slack_id in policy.people.items() if known.lower() == name.lower())


def _is_person(policy: Policy, name: str) -> bool:
    return name.lower() in (known.lower() for known in policy.people)
