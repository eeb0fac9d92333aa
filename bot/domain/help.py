"""Help made from the commands' own records: usage lines, a command's card, the list of all commands. Pure."""

from collections.abc import Iterable

from bot.domain.card import Card, Part, Tone
from bot.domain.command import Command, Verb
from bot.domain.fields import Field, Kind, fields_of
from bot.domain.words import bold, code

_PLACEHOLDERS: dict[Kind, str] = {
    Kind.PERSON: "@person",
    Kind.EVENT: "evt_…",
    Kind.DIGITS: "digits",
    Kind.RELEASE: "previous|4c1d2a7",
    Kind.SINCE: "2h",
    Kind.UNTIL: "18:00",
    Kind.RUN: "R-42",
    Kind.INCIDENT: "INC-7",
    Kind.NUMBER: "20",
    Kind.LINE: "command …",
    Kind.MOMENT: "14:02",
    Kind.DAY: "2026-12-01",
    Kind.WORDS: "words …",
}


def usage_of(command: Command, verb: Verb) -> str:
    """`/rollback service environment [--to previous|4c1d2a7]`: brackets hold what may be left out."""
    return " ".join(part for part in (command.name, arguments_of(verb)) if part)


def arguments_of(verb: Verb) -> str:
    """What follows the command's name, without the options that every command has."""
    fields = sorted(fields_of(verb.request), key=lambda field: bool(field.option))
    return " ".join([*([verb.word] if verb.word else []), *map(_argument, fields)])


def hint_of(command: Command) -> str:
    """One line for Slack, which shows it while the command is typed: the main verb whole, of the others their words;
    where none is the main one, what the longest of them takes."""
    main = next((verb for verb in command.verbs if not verb.word), None)
    words = "|".join(verb.word for verb in command.verbs if verb.word)
    if main is not None:
        return f"{f'[{words}] ' if words else ''}{arguments_of(main)}".strip()
    return f"{words} {max((arguments_of(verb).removeprefix(verb.word).strip() for verb in command.verbs), key=len)}"


def _argument(field: Field) -> str:
    shown = (
        field.placeholder or "|".join(field.words) or _PLACEHOLDERS.get(field.kind) or field.name.replace("_", " ")
    )
    if field.option:
        shown = field.option if field.kind is Kind.FLAG else f"{field.option} {shown}"
    shown += " …" if field.many else ""
    return shown if field.required else f"[{shown}]"


def command_help(command: Command) -> Card:
    """How one command is typed, verb by verb."""
    plans = any(verb.plan for verb in command.verbs)
    extras = [f"{code('because …')} says why; everything after it is the reason"]
    extras += [f"{code('--dry-run')} shows the plan and runs nothing"] if plans else []
    examples = " · ".join(code(verb.example) for verb in command.verbs)
    body: list[Part] = [_verb_help(command, verb) for verb in command.verbs]
    body += [f"{bold('Try')} {examples}", "\n".join(f"• {extra}" for extra in extras)]
    return Card(
        Tone.INFO,
        f"How to use {command.name}",
        f"{command.name}: {command.help}",
        (command.verbs[0].help if len(command.verbs) == 1 else command.help, *body),
        footer="Order is free; the channel fills in its own service and environment. Nothing was changed.",
    )


def _verb_help(command: Command, verb: Verb) -> str:
    alone = len(command.verbs) == 1  # its help stands above already, a little shorter
    lines = [code(usage_of(command, verb)), *([] if alone else [verb.help])]
    lines += [f"• {code(field.label)}: {field.help}" for field in fields_of(verb.request) if field.help]
    return "\n".join(lines)


def menu_help(commands: Iterable[Command]) -> Card:
    """Every installed command in one line each."""
    known = sorted(commands, key=lambda command: command.name)
    lines = "\n".join(f"{code(command.name)} {command.help}" for command in known)
    return Card(
        Tone.INFO,
        "What I can do",
        f"I know {', '.join(command.name for command in known)}.",
        (lines, f"Each answers {code('help')}, as in {code('/ops rollback help')}."),
        footer="Nothing was changed.",
    )
