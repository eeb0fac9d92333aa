"""Small changes to a policy.yml that people wrote: somebody joins a role, somebody leaves. Pure.

It changes words inside lines and keeps all else; what it cannot be sure of it leaves to the author.
"""

import re

from bot.init.compose import scalar


class ByHand(ValueError):
    """The file is written in a way that only its author should go on with; says what to do there."""


def with_person(text: str, name: str, slack_id: str) -> str:
    start, end = _section(text, "people")
    people = text[start:end]
    entry = f"{scalar(name)}: {slack_id}"
    if "{" not in people:
        return f"{text[:end].rstrip()}\n  {entry}\n{text[end:]}"
    closing = start + people.rindex("}")
    before = text[:closing].rstrip()
    return f"{before}{'' if before.endswith('{') else ', '}{entry}{text[closing:]}"


def with_role(text: str, role: str, name: str) -> str:
    found = _listed(text, role)
    words = [*_words(found[2]), scalar(name)]
    return f"{text[: found.start(2)]}{', '.join(words)}{text[found.end(2) :]}"


def without_person(text: str, name: str) -> str:
    """Somebody goes out of the people, the roles and the rotation."""
    start, end = _section(text, "people")
    word = re.escape(name)
    block, inner, first = rf"(?m)^\s+{word}:.*\n", rf",\s*{word}:\s*\w+", rf"\b{word}:\s*\w+,?\s*"
    people = re.sub(f"{block}|{inner}|{first}".replace("(?m)", ""), "", text[start:end], count=1, flags=re.MULTILINE)
    text = text[:start] + people + text[end:]
    for section in ("roles", "oncall"):
        if re.search(rf"(?m)^{section}:", text):
            start, end = _section(text, section)
            text = text[:start] + _out_of_lists(text[start:end], name) + text[end:]
    return text


def _out_of_lists(text: str, name: str) -> str:
    return re.sub(
        r"\[([^\[\]]*)\]",
        lambda found: (
            found[0]
            if name not in _words(found[1])
            else "[" + ", ".join(word for word in _words(found[1]) if word != name) + "]"
        ),
        text,
    )


def _words(inside: str) -> list[str]:
    return [word.strip() for word in inside.split(",") if word.strip()]


def _listed(text: str, role: str) -> "re.Match[str]":
    start, end = _section(text, "roles")
    found = re.compile(rf"(\b{re.escape(role)}:\s*\[)([^\[\]]*)(\])").search(text, start, end)
    if found is None:
        raise ByHand(f"policy.yml has no list [...] of people for the role {role}: add them there yourself.")
    return found


def _section(text: str, name: str) -> tuple[int, int]:
    """From a section's own line to the line of the next one."""
    found = re.search(rf"(?m)^{name}:", text)
    if found is None:
        raise ByHand(f"policy.yml has no line that begins with {name}: write it yourself.")
    after = re.compile(r"(?m)^(?=[^\s#])").search(text, found.end())
    return found.start(), after.start() if after else len(text)
