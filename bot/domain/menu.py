"""What somebody may do in a channel, as one card: a line for each command, what changes things first. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.domain.card import Card, Tone
from bot.domain.catalog import Place
from bot.domain.command import Command, Verb
from bot.domain.words import bold, code, listed

How = Literal["at once", "shows a plan first", "needs approval", "no"]

_GOVERNING = frozenset({"approval", "audit", "ops", "policy", "run"})  # permissions about the bot itself
_MANY = 4  # closed verbs of one command: named together
_ITSELF = "/ops"  # whoever reads this has just typed it
_EXAMPLE = "shop production"  # the place in the examples of the commands


@dataclass(frozen=True, slots=True)
class Entry:
    """One command, and how each of its verbs is open to the person."""

    command: Command
    how: Mapping[Verb, How]

    @property
    def open(self) -> list[Verb]:
        return [verb for verb, how in self.how.items() if how != "no"]

    @property
    def governing(self) -> bool:
        return all(verb.permission.partition(":")[0] in _GOVERNING for verb in self.how)


def menu_card(entries: Sequence[Entry], where: str, example: Place | None) -> Card:
    """where: what the channel stands for; example: the place that examples name."""
    shown = sorted((one for one in entries if one.command.name != _ITSELF), key=lambda one: one.command.name)
    work = [_line(one, example) for one in shown if one.open and not one.governing]
    rest = [_line(one, example) for one in shown if one.open and one.governing]
    parts = [
        "\n".join([bold(title), *lines])
        for title, lines in (("Services", work), ("Requests and rules", rest))
        if lines
    ]
    closed = [name for one in shown for name in _closed(one)]
    if closed:
        parts.append(
            f"{bold('Not for you here')} {', '.join(map(code, closed))}: {code('/can …')} tells why and who can"
        )
    names = [one.command.name for one in shown if one.open]
    return Card(
        Tone.INFO,
        "What you may do here",
        f"You may use {listed(names, 'and') or 'nothing'} here. Nothing was changed.",
        tuple(parts),
        footer=f"Nothing was changed · this channel stands for {where} · every command answers {code('help')}",
        private=True,
    )


def _line(entry: Entry, example: Place | None) -> str:
    first, *others = entry.open
    line = f"{code(example_at(first, example))} {entry.command.help.rstrip('.')}"
    more = [verb for verb in others if verb.word and verb.request is not first.request]
    line += f" · also {listed([code(verb.word) for verb in more], 'and')}" if more else ""
    return f"{line}{_condition(entry)}"


def _condition(entry: Entry) -> str:
    """· needs approval; of several verbs, which one does."""
    marked = [verb for verb in entry.open if entry.how[verb] != "at once"]
    if not marked:
        return ""
    if len({entry.how[verb] for verb in entry.open}) == 1:
        return f" · {entry.how[marked[0]]}"
    return "".join(f" · {code(verb.word or entry.command.name)} {entry.how[verb]}" for verb in marked)


def _closed(entry: Entry) -> list[str]:
    if not entry.open:
        return [entry.command.name]
    closed = [f"{entry.command.name} {verb.word}".strip() for verb, how in entry.how.items() if how == "no"]
    return closed if len(closed) < _MANY else [f"{entry.command.name} …"]


def example_at(verb: Verb, example: Place | None) -> str:
    """Its example as short as it works, at a place that there is here."""
    text = verb.example.partition(" because ")[0]
    return text.replace(_EXAMPLE, str(example)) if example else text
