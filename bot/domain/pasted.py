"""Secrets that somebody pasted into a file, found by their shape; the finding never repeats them. Pure."""

import re
from collections.abc import Iterator

from permissions.problem import Problem

_SHAPES: tuple[tuple[str, str], ...] = (
    (r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{8,}", "a Stripe key"),
    (r"\bwhsec_[A-Za-z0-9+/=]{8,}", "a webhook signing secret"),
    (r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{8,}", "a Slack token"),
    (r"\b[a-z][a-z0-9+.-]*://[^\s:/@$]*:[^\s/@$][^\s/@]*@", "a URL with a password"),
    (
        r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}",
        "a token of a git host",
    ),
    (r"\bAKIA[A-Z0-9]{16}\b", "an AWS key"),
    (r"\bsb(?:p|_secret)_[A-Za-z0-9_]{16,}", "a Supabase key"),
    (r"\bsntrys?_[A-Za-z0-9_]{16,}", "a Sentry token"),
    (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.", "a signed token (JWT)"),
    (r"-----BEGIN [A-Z ]*PRIVATE KEY", "a private key"),
)
_KNOWN = tuple((re.compile(shape), what) for shape, what in _SHAPES)


def pasted_secrets(text: str, file: str) -> Iterator[Problem]:
    """One problem for each line that holds a secret, comments included."""
    for number, line in enumerate(text.splitlines(), 1):
        what = next((what for shape, what in _KNOWN if shape.search(line)), None)
        if what:
            yield Problem(
                file,
                number,
                f"{what} is pasted here.",
                "Put it into an environment variable of the bot, write its name here, like $SHOP_DB, and replace the "
                "secret at its vendor: it has been in a file.",
            )
