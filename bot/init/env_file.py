"""The .env file: read, added to, written for its owner only. Its values are never shown."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

_PLAIN = re.compile(r"[\w.:/@%+,=?&~-]*")
_HEAD = "# Secrets of the bot: mode 0600, never in git. `watchkeeper doctor` tells which are missing.\n"


def values(path: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}


def text_with(before: str, new: Mapping[str, str]) -> str:
    """The file's text with these variables: in their line where they have one, else at the end."""
    text = before if before.strip() else _HEAD
    for name, value in new.items():
        line = f"{name}={_quoted(value)}"
        written = re.search(rf"(?m)^(?:export\s+)?{re.escape(name)}=.*$", text)
        text = f"{text[: written.start()]}{line}{text[written.end() :]}" if written else f"{text.rstrip()}\n{line}\n"
    return text


def _quoted(value: str) -> str:
    """As python-dotenv, a shell, systemd and compose all read it. ValueError for what they do not agree on."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" in value or "\\" in value or "\n" in value or "${" in value:
        raise ValueError(
            "It holds ', \\, ${ or a line break: write these signs as %27 and so on, if it is an address."
        )
    return f"'{value}'"


def check(value: str) -> str:
    """The value, if a line of the file can hold it."""
    _quoted(value)
    return value


def write(path: Path, text: str) -> None:
    """Whole or not at all; for its owner only from its first byte on."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
