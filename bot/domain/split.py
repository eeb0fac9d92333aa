"""A normalised line split into its free words, its options and its reason; every option is known or refused. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.domain.errors import BadRequest
from bot.domain.fields import Field, Kind, wants
from bot.domain.nearest import nearest
from bot.domain.normalise import Word, words
from bot.domain.words import code, listed, quoted

LONGEST_REASON = 500
DRY_RUN = "--dry-run"
BECAUSE = "--because"
_SPOKEN = frozenset({"at", "by", "for", "since", "to", "until"})


@dataclass(slots=True)
class Line:
    """What stood in a line, not yet read. help: the line only asks how it is done."""

    free: list[Word] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""
    dry_run: bool = False
    help: bool = False


def split(text: str, command: str, options: Mapping[str, Field]) -> Line:
    """Raises BadRequest for unknown, repeated or half options; what follows `because` is the reason, as it stands."""
    line, following = Line(), words(text)
    for word in following:
        if word.is_("because"):
            take_reason(line, _bare_reason(text[word.end :].strip(), options))
            break
        if word.is_("help") or word.is_("--help"):
            line.help = True
            break
        if _spoken(word, options):
            _option(line, f"--{word.text}", following, command, options)
        elif word.quoted or not word.text.startswith("-"):
            line.free.append(word)
        else:
            _option(line, word.text, following, command, options)
    return line


def _spoken(word: Word, options: Mapping[str, Field]) -> bool:
    """`until 18:00` as people say it, where the command has `--until`."""
    name = word.text.lower()
    return not word.quoted and name in _SPOKEN and f"--{name}" in options


def _option(line: Line, text: str, following: Iterator[Word], command: str, options: Mapping[str, Field]) -> None:
    name, equals, value = text.partition("=")
    name = name.lower()
    if name not in (*options, DRY_RUN, BECAUSE):
        raise _unknown(name, command, options)
    if name == DRY_RUN or (name in options and options[name].kind is Kind.FLAG):
        if equals:
            raise BadRequest(f"{code(name)} takes no value.", f"Write {code(name)} alone.")
        _flag(line, name)
        return
    taken = value if equals else _value(name, following, options)
    if not taken:
        raise _half(name, options)
    if name == BECAUSE:
        take_reason(line, taken)
    else:
        line.options.append((name, taken))


def _flag(line: Line, name: str) -> None:
    if name == DRY_RUN and line.dry_run:
        raise BadRequest(f"{code(name)} is given twice.", "Write it once.")
    if name == DRY_RUN:
        line.dry_run = True
    else:
        line.options.append((name, ""))


def _value(name: str, following: Iterator[Word], options: Mapping[str, Field]) -> str:
    word = next(following, None)
    if word is None or word.is_("because"):
        raise _half(name, options)
    if word.text.startswith("-") and not (word.quoted and name == BECAUSE):
        what = f"{code(name)} is followed by {quoted(word.text, 40)}, which looks like an option."
        raise BadRequest(what, _takes(name, options))
    return word.text


def _half(name: str, options: Mapping[str, Field]) -> BadRequest:
    return BadRequest(f"{code(name)} needs a value after it.", _takes(name, options))


def _takes(name: str, options: Mapping[str, Field]) -> str:
    if name == BECAUSE:
        return f"Give it the reason in quotes, as in {code(f'{BECAUSE} “checkout answers 500”')}."
    return f"It takes {wants(options[name])}."


def _unknown(name: str, command: str, options: Mapping[str, Field]) -> BadRequest:
    known = [*options, DRY_RUN, BECAUSE]
    near = nearest("--" + name.lstrip("-"), known)
    there_is = f"It has {listed([code(option) for option in known], 'and')}."
    return BadRequest(
        f"{quoted(name, 40)} is not an option of {code(command)}.",
        f"Did you mean {code(near)}?" if near else there_is,
    )


def take_reason(line: Line, reason: str) -> None:
    reason = reason.strip()
    if line.reason:
        raise BadRequest("The reason is given twice.", f"Say it once, after {code('because')}.")
    if not reason:
        raise BadRequest(f"There is no reason after {code('because')}.", "Say in a few words why.")
    if len(reason) > LONGEST_REASON:
        raise BadRequest(f"The reason is longer than {LONGEST_REASON} characters.", "Say it shorter.")
    line.reason = reason


def _bare_reason(reason: str, options: Mapping[str, Field]) -> str:
    """A reason without the quotes around the whole of it; an option inside a bare one was meant to act: refused."""
    first, last = reason[:1], reason[-1:]
    if len(reason) > 1 and first in ("'", '"') and first == last and first not in reason[1:-1]:
        return reason[1:-1]
    for word in reason.split():
        name = word.lower().replace("—", "--").replace("–", "--").partition("=")[0]
        if name in (*options, DRY_RUN, BECAUSE):
            raise BadRequest(
                f"{quoted(word, 40)} stands after {code('because')}, where everything is the reason.",
                f"Put {code(name)} before {code('because')}.",
            )
    return reason
