"""The terminal's commands as the shell sees them, the login as the system tells it, cards as plain text."""

import os
import pwd
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import logs
from bot.cli import app
from bot.console.login import login
from bot.console.text import card_text
from bot.domain.card import Card, Pre, StepLine, Table, Tone
from bot.domain.words import bold, person

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(
    "words", [["approve", "R-1", "zz"], ["approve", "nope", "7c01e9"], ["runs", "x"], ["deny", "0"], ["do"]]
)
def test_a_wrong_use_ends_with_2(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-x")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "shh")
    assert CliRunner().invoke(app, words).exit_code == 2


@pytest.mark.parametrize("words", [["migrate"], ["serve"], ["worker"], ["audit", "verify"], ["runs"]])
def test_a_database_that_is_not_there_is_one_sentence(
    words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "catalog.yml").write_text("services: {shop: {environments: {production: {}}}}")
    policy = "{preset: solo, people: {ana: U0ANA}, roles: {admin: [ana]}, grants: [{role: admin, may: [read]}]}"
    (tmp_path / "policy.yml").write_text(policy)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-x")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "shh")
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:hidden@127.0.0.1:9/bot")
    monkeypatch.setattr(logs, "configure", lambda: None)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert result.output.startswith("The bot's database: Nothing listens at that address.")
    assert "hidden" not in result.output


@pytest.mark.parametrize(
    ("kept", "variables", "found"),
    [
        (str(os.getuid()), {"SUDO_UID": "54321", "SUDO_USER": "eve"}, ME),
        ("4294967295", {"SUDO_UID": "54321", "SUDO_USER": "ana"}, "ana"),
        ("4294967295", {"SUDO_UID": str(os.getuid()), "SUDO_USER": "eve"}, ME),
        ("4294967295", {"SUDO_USER": "eve"}, ME),
        ("4294967295", {}, ME),
        ("54321", {}, "uid54321"),
        (None, {}, ME),
    ],
)
def test_the_login_is_the_systems_word(
    kept: str | None, variables: dict[str, str], found: str, tmp_path: Path
) -> None:
    audit = tmp_path / "loginuid"
    if kept is not None:
        audit.write_text(kept)
    assert login(lambda name: variables.get(name, ""), audit) == found


def test_a_card_is_plain_text_at_the_terminals_width() -> None:
    card = Card(
        Tone.OK,
        "Rolled back",
        "Rolled back.",
        (
            f"{bold('By')} {person('U0ANA')}\n• a line that is longer than the terminal is wide",
            StepLine("switch", "done", "to 4c1d2a7"),
            Pre("ok"),
            Table(("Run", "What"), (("R-1", "x"),)),
        ),
        footer="R-1",
    )
    assert card_text(card, {"U0ANA": "Ana"}.__getitem__, width=34).split("\n") == [
        "Rolled back",
        "  By Ana",
        "  • a line that is longer than the",
        "    terminal is wide",
        "  ✓ switch: to 4c1d2a7",
        "  | ok",
        "  Run  What",
        "  R-1  x",
        "  R-1",
    ]
    assert card_text(card, str, colour=True).startswith("\x1b[1;32mRolled back\x1b[0m")
