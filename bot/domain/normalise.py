"""What keyboards and Slack do to a typed line, undone: quotes, dashes, spaces, mentions, links; and its words.

Pure. It never guesses at a value: a quote or backslash inside a word is refused, so `"pr"od` is never `prod`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.errors import BadRequest
from bot.domain.words import code, quoted

LONGEST = 2000

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u3164\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ue000-\uf8ff\ud800-\udfff\x00-\x08\x0e-\x1b\x7f]"
)
_QUOTES = str.maketrans(
    {**dict.fromkeys("“”„‟«»″＂", '"'), **dict.fromkeys("‘’‚‛′＇", "'"), "\u2011": "-", "\u2010": "-", "−": "-"}
)
_LINK = re.compile(r"<((?:https?|ftp)://[^|>\s]+)(?:\|[^>]*)?>")
_MAIL = re.compile(r"<(?:mailto|tel):([^|>\s]+)(?:\|[^>]*)?>")
_MENTION = re.compile(r"<([@#][A-Z0-9]+)\|[^>]*>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_DASHES = re.compile(r"^(?:[—–]+|-[—–])(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line and where it stood. `quoted` words are values, never keywords or options."""

    text: str
    start: int
    end: int
    quoted: bool = False

    def is_(self, keyword: str) -> bool:
        return not self.quoted and self.text.lower() == keyword


def normalise(text: str) -> str:
    """One line with plain quotes and single spaces. Applying it twice changes nothing more."""
    before = None
    while text != before:
        before, text = text, _once(text)
    return text


def _once(text: str) -> str:
    plain = _INVISIBLE.sub("", text).translate(_QUOTES)
    plain = _MENTION.sub(r"<\1>", _MAIL.sub(r"\1", _LINK.sub(r"\1", plain)))
    for entity, character in _ENTITIES:
        plain = plain.replace(entity, character)
    return " ".join(plain.split())


def words(line: str) -> Iterator[Word]:
    """The words of a normalised line, one at a time: what follows the last one taken may be anything."""
    at = 0
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        word = _quoted(line, at) if line[at] in "\"'" else _bare(line, at)
        yield word
        at = word.end


def _quoted(line: str, at: int) -> Word:
    end = line.find(line[at], at + 1)
    if end < 0:
        raise BadRequest(
            f"The quote that opens at {quoted(line[at:], 40)} is never closed.", "Close it, or leave it out."
        )
    if line[end + 1 : end + 2] not in ("", " "):
        raise _inside(line[at:].split(" ", maxsplit=1)[0])
    return Word(line[at + 1 : end], at, end + 1, quoted=True)


def _bare(line: str, at: int) -> Word:
    end = line.find(" ", at)
    end = len(line) if end < 0 else end
    text = _DASHES.sub("--", line[at:end])
    option = re.match(r"(--[A-Za-z][A-Za-z-]*=)[\"']", text)
    if option:
        value = _quoted(line, at + line[at:end].index("=") + 1)
        return Word(option[1] + value.text, at, value.end)
    if "\\" in text:
        raise BadRequest(f"{quoted(text, 40)} has a backslash in it.", "Names are typed as they are, without one.")
    if '"' in text or "'" in text:
        raise _inside(text)
    return Word(text, at, end)


def _inside(text: str) -> BadRequest:
    return BadRequest(
        f"{quoted(text, 40)} has a quote inside the word.",
        f"Quote a whole value or nothing: {code('because …')} needs none.",
    )
