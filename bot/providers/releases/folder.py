"""The releases folder of one environment: `<commit>/`, the link `current` and history.jsonl. Knows no git.

A release folder is whole only when its marker says so; `current` is only ever replaced by a rename.
"""

import contextlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

COMMIT = re.compile(r"[0-9a-f]{40}")
MARKER = ".complete"


class Line(BaseModel):
    """One switch, as it stands in history.jsonl."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    commit: str
    at: datetime
    by: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """A release and the last time it was current: from `at` until `until`."""

    commit: str
    at: datetime
    until: datetime | None


class Moved(Exception):
    """`current` is not what it was expected to be."""

    def __init__(self, found: str | None) -> None:
        self.found = found
        super().__init__(f"current points to {found or 'nothing'}")


@dataclass(frozen=True, slots=True)
class Folder:
    path: Path

    def release(self, commit: str) -> Path:
        if not COMMIT.fullmatch(commit):
            raise ValueError(f"not a whole commit id: {commit!r}")
        return self.path / commit

    def current(self) -> str | None:
        """The commit that the link `current` names; None when there is no such link."""
        with contextlib.suppress(OSError):
            name = Path((self.path / "current").readlink()).name
            return name if COMMIT.fullmatch(name) else None
        return None

    def whole(self, commit: str) -> bool:
        """Whether its folder was finished: by our marker, or by a release.json that names the commit."""
        folder = self.release(commit)
        if (folder / MARKER).is_file():
            return True
        with contextlib.suppress(OSError, ValueError):
            told = json.loads((folder / "release.json").read_text())
            return isinstance(told, dict) and told.get("commit") == commit
        return False

    def history(self) -> list[Line]:
        """Every switch in order. A torn last line (a crash while writing) is passed over."""
        with contextlib.suppress(FileNotFoundError):
            text = (self.path / "history.jsonl").read_text(errors="replace")
            return [line for raw in text.splitlines() if (line := _line(raw))]
        return []

    def stays(self) -> list[Stay]:
        """Each release once, with its last stay; newest first. What the link says beats the history."""
        lines, current = self.history(), self.current()
        if current and (not lines or lines[-1].commit != current):
            lines.append(Line(commit=current, at=self._linked_at()))
        latest: dict[str, Stay] = {}
        for n, line in enumerate(lines):
            until = next((later.at for later in lines[n + 1 :] if later.commit != line.commit), None)
            latest.pop(line.commit, None)
            latest[line.commit] = Stay(line.commit, _since(lines, n), until)
        return list(reversed(latest.values()))

    def switch(self, target: str, expect: str, by: str, action: str, now: datetime) -> None:
        """Point `current` to `target` in one rename, and write it down. Moved: it was not `expect`."""
        if (found := self.current()) != expect:
            raise Moved(found)
        self.release(target).stat()
        link = self.path / f".current-{secrets.token_hex(4)}"
        link.symlink_to(target, target_is_directory=True)
        try:
            link.rename(self.path / "current")
        except OSError:
            link.unlink(missing_ok=True)
            raise
        self._append({"commit": target, "at": now.astimezone(UTC).isoformat(), "by": by, "action": action})
        _sync(self.path)

    def finish(self, built: Path, commit: str) -> None:
        """Give a built folder its marker and its name; a half one of that name is moved out of the way."""
        _mark(built / MARKER, commit)
        final = self.release(commit)
        if final.exists():
            final.rename(self.path / f".incomplete-{commit[:12]}-{secrets.token_hex(4)}")
        built.rename(final)
        _sync(self.path)

    def remains(self) -> list[Path]:
        """What an interrupted build or switch of ours left. Only under the place's deploy lock."""
        return [path for pattern in (".building-*", ".current-*") for path in self.path.glob(pattern)]

    def spare(self, keep: int) -> list[str]:
        """Folders that we built beyond the `keep` newest; never the current one or the one before."""
        stays = [stay.commit for stay in self.stays()]
        return [c for c in stays[max(keep, 2) :] if c != self.current() and (self.release(c) / MARKER).is_file()]

    def _linked_at(self) -> datetime:
        return datetime.fromtimestamp((self.path / "current").lstat().st_mtime, UTC)

    def _append(self, entry: dict[str, str]) -> None:
        """One line, whole or not at all visible to readers; begins a new line after a torn one."""
        with (self.path / "history.jsonl").open("a+b") as file:
            torn = file.tell() > 0 and _last_byte(file.fileno(), file.tell()) != b"\n"
            file.write((b"\n" if torn else b"") + json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _line(raw: str) -> Line | None:
    with contextlib.suppress(ValidationError):
        line = Line.model_validate_json(raw)
        if COMMIT.fullmatch(line.commit):
            at = line.at if line.at.tzinfo else line.at.replace(tzinfo=UTC)
            return line.model_copy(update={"at": at})
    return None


def _since(lines: list[Line], n: int) -> datetime:
    """A release switched to twice in a row has been there since the first of them."""
    while n > 0 and lines[n - 1].commit == lines[n].commit:
        n -= 1
    return lines[n].at


def _mark(marker: Path, commit: str) -> None:
    """A build may have left a link of that name, which would lead us anywhere."""
    marker.unlink(missing_ok=True)
    with os.fdopen(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w") as file:
        file.write(commit + "\n")


def _last_byte(descriptor: int, length: int) -> bytes:
    return os.pread(descriptor, 1, length - 1)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
