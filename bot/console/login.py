"""Who sits at this terminal, as the operating system knows it. What a person claims to be is never believed here."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

AUDIT = Path("/proc/self/loginuid")
_UNSET = 2**32 - 1


def login(variable: Callable[[str], str], audit: Path = AUDIT) -> str:
    """The login that neither su nor sudo changes; where the system keeps none, who called sudo; else this user.

    Linux sets the first at login (pam_loginuid). SUDO_USER counts only in a process whose user sudo has changed.
    """
    kept = _kept(audit)
    if kept is not None:
        return _name(kept)
    caller = variable("SUDO_UID")
    if caller.isdigit() and int(caller) != os.getuid():
        return variable("SUDO_USER") or _name(int(caller))
    return _name(os.getuid())


def _kept(audit: Path) -> int | None:
    try:
        found = int(audit.read_text())
    except (OSError, ValueError):
        return None
    return None if found == _UNSET else found


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"
