"""Builds a release in place: compiles and checks what lies here and writes release.json. Installs nothing."""

import compileall
import hashlib
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from lantern.pictures import paint

HERE = Path(__file__).resolve().parent
COMMIT = re.compile(r"[0-9a-f]{40}")
NEEDED = ("app.py", "lantern/__main__.py", "static/look.css", "migrations")


def main() -> int:
    problems = [*missing(), *badly_numbered()]
    if not compileall.compile_dir(HERE / "lantern", quiet=1):
        problems.append("lantern does not compile")
    commit = commit_of(HERE)
    if commit is None:
        problems.append("no commit: set RELEASE_COMMIT or build in a folder named by it")
    for problem in problems:
        print(f"build: {problem}", file=sys.stderr)
    if problems:
        return 1
    for sku in paint(HERE / "static" / "pictures", int(os.environ.get("PICTURE_SIZE", "24"))):
        print(f"painted {sku}", flush=True)
    release = {"commit": commit, "built_at": built_at().isoformat(), "look": fingerprint()}
    (HERE / "release.json").write_text(json.dumps(release, indent=1) + "\n")
    print(f"built {commit} with {len(list((HERE / 'migrations').glob('*.sql')))} migrations")
    return 0


def missing() -> list[str]:
    return [f"{name} is missing" for name in NEEDED if not (HERE / name).exists()]


def badly_numbered() -> list[str]:
    """Migrations are 0001_, 0002_ … with no gap: a gap means that a file was lost in a merge."""
    names = sorted(path.name for path in (HERE / "migrations").glob("*.sql"))
    return [
        f"migration {name} should start with {number:04d}_"
        for number, name in enumerate(names, start=1)
        if not name.startswith(f"{number:04d}_")
    ]


def commit_of(folder: Path) -> str | None:
    exported = folder / "COMMIT"  # `git archive` writes the commit into it
    for text in (
        os.environ.get("RELEASE_COMMIT", ""),
        exported.read_text() if exported.exists() else "",
        folder.name,
    ):
        if found := COMMIT.search(text):
            return found.group()
    return None


def built_at() -> datetime:
    """SOURCE_DATE_EPOCH, the usual variable of builds that can be repeated, or now."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def fingerprint() -> str:
    return hashlib.sha256((HERE / "static" / "look.css").read_bytes()).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
