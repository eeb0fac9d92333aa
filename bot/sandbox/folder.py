"""The folder of a demo: its marker, its lock, its ports and made-up secrets. Deletes only what is marked ours."""

import fcntl
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bot.sandbox.world_state import free_ports, usable

MARKER = "watchkeeper-demo.json"
_LOCK = "lock"
_SERVERS = ("slack", "admin")  # the bot's two ports


class NotOurs(Exception):
    """The folder cannot be used; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What one demo keeps from start to start."""

    ports: dict[str, int]
    bot_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    page: int = 0


@contextmanager
def held(folder: Path, *, fresh: bool) -> Iterator[None]:
    """The folder, ours alone until the end; `fresh` empties it first. Raises NotOurs."""
    _check(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotOurs(
                f"Another demo already runs in {folder}. Stop it with Ctrl-C, or give this one another --folder."
            ) from None
        if fresh:
            _empty(folder)
        yield


def identity(folder: Path) -> Identity:
    """As at the last start, but with other ports for those that a stranger has taken since."""
    file = folder / MARKER
    known = Identity(**json.loads(file.read_text())) if file.exists() else _new()
    lost = [name for name in _SERVERS if not usable(known.ports[name])]
    found = replace(known, ports={**known.ports, **free_ports(lost)})
    write(folder, found)
    return found


def write(folder: Path, known: Identity) -> None:
    draft = folder / f"{MARKER}.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(known), indent=1))
    draft.replace(folder / MARKER)


def _new() -> Identity:
    return Identity(free_ports(_SERVERS), f"xoxb-{secrets.token_hex(16)}", secrets.token_hex(16))


def _check(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotOurs(f"{folder} is a file. Give the demo another --folder. Nothing was changed.")
    strangers = folder.is_dir() and any(path.name != _LOCK for path in folder.iterdir())
    if strangers and not (folder / MARKER).is_file():
        raise NotOurs(
            f"{folder} holds something that is not a demo's (no {MARKER}). "
            "Give the demo another --folder. Nothing was changed."
        )


def _empty(folder: Path) -> None:
    """The marker goes last: an interrupted clearing can be repeated."""
    for path in folder.iterdir():
        if path.name in (MARKER, _LOCK):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (folder / MARKER).unlink(missing_ok=True)
