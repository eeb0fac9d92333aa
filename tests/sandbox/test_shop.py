"""The shop's source and its build, without a database: every commit is whole, and the last one has the bug."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.sandbox.shop import BAD, COMMITS, GOOD, source

COMMIT = "c" * 40


def unpack(index: int, folder: Path) -> Path:
    for name, content in source(index).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def build(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.defpath, **variables}
    return subprocess.run(
        [sys.executable, "build.py"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def price(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"from lantern.checkout import quote; print(quote({', '.join(arguments)}))"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("index", range(len(COMMITS)), ids=[commit.subject for commit in COMMITS])
def test_every_commit_builds(index: int, tmp_path: Path) -> None:
    done = build(unpack(index, tmp_path), RELEASE_COMMIT=COMMIT, SOURCE_DATE_EPOCH="1700000000")
    assert (done.returncode, done.stderr) == (0, "")
    release = json.loads((tmp_path / "release.json").read_text())
    assert (release["commit"], release["built_at"]) == (COMMIT, "2023-11-14T22:13:20+00:00")


@pytest.mark.parametrize("index", range(len(COMMITS)), ids=[commit.subject for commit in COMMITS])
def test_every_commit_changes_something_and_every_file_parses(index: int) -> None:
    files = source(index)
    assert index == 0 or files != source(index - 1)
    for name, content in files.items():
        if name.endswith(".py"):
            ast.parse(content)


@pytest.mark.parametrize(
    ("index", "works"), [(GOOD, True), (GOOD + 1, True), (BAD, False)], ids=["good", "VAT rounding", "New checkout"]
)
def test_a_price_without_a_country_fails_only_in_the_last_release(index: int, works: bool, tmp_path: Path) -> None:
    done = price(unpack(index, tmp_path), "'harbour'", "2")
    assert (done.returncode == 0) is works
    assert ("vat_pence=1633" in done.stdout) is works
    assert ("TypeError" in done.stderr) is not works


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "lantern" / "web.py").write_text("def ("), "lantern does not compile"),
        (lambda f: (f / "static" / "look.css").unlink(), "static/look.css is missing"),
        (lambda f: (f / "migrations" / "0002_stripe_webhook_events.sql").unlink(), "should start with 0002_"),
    ],
)
def test_a_build_of_a_harmed_release_fails_and_says_why(harm: object, said: str, tmp_path: Path) -> None:
    assert callable(harm)
    harm(unpack(GOOD, tmp_path))
    done = build(tmp_path, RELEASE_COMMIT=COMMIT)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "release.json").exists()


def test_a_build_finds_its_commit_in_the_folders_name_and_else_asks_for_it(tmp_path: Path) -> None:
    named, unnamed = unpack(GOOD, tmp_path / COMMIT), unpack(GOOD, tmp_path / "here")
    assert build(named).returncode == 0
    assert "set RELEASE_COMMIT" in build(unnamed).stderr


@pytest.mark.parametrize("missing", ["DATABASE_URL", "PORT", "SHOP_ENVIRONMENT", "STRIPE_WEBHOOK_SECRET"])
def test_the_shop_refuses_to_start_without_a_setting_and_names_it(missing: str, tmp_path: Path) -> None:
    build(unpack(GOOD, tmp_path), RELEASE_COMMIT=COMMIT)
    names = ("DATABASE_URL", "PORT", "SHOP_ENVIRONMENT", "STRIPE_WEBHOOK_SECRET")
    env = {"PATH": os.defpath} | {name: "1" for name in names if name != missing}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"the shop does not start: {missing} is not set\n"
