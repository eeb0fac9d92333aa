"""What a backup's file may be called, in every store. Pure."""

import re

SUM, UNFINISHED = ".sha256", ".part"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}")


def check_name(name: str) -> str:
    """ValueError for what could never be one of ours."""
    if not _NAME.fullmatch(name) or name.endswith((SUM, UNFINISHED)):
        raise ValueError(f"not a backup's name: {name!r}")
    return name
