"""The two ways in: a signing secret, an app token, or both; what is missing or wrong is named, never its value."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bot import settings
from bot.settings import SettingsError
from bot.terminal import load_settings

BOT = {"SLACK_BOT_TOKEN": "xoxb-1"}
SIGNED, SOCKET = {"SLACK_SIGNING_SECRET": "shh-1"}, {"SLACK_APP_TOKEN": "xapp-1"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_API_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("given", [SIGNED, SOCKET, SIGNED | SOCKET])
def test_one_way_in_is_enough(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in (BOT | given).items():
        monkeypatch.setenv(name, value)
    made = settings.load()
    assert (made.signing_secret is not None, made.app_token is not None) == (given != SOCKET, given != SIGNED)


WRONG = [
    (BOT, "SLACK_SIGNING_SECRET is missing, and so is SLACK_APP_TOKEN"),
    (BOT | {"SLACK_SIGNING_SECRET": " "}, "SLACK_SIGNING_SECRET is empty"),
    (BOT | SIGNED | {"SLACK_APP_TOKEN": ""}, "SLACK_APP_TOKEN is empty"),
    (BOT | {"SLACK_APP_TOKEN": "xoxb-pasted"}, "SLACK_APP_TOKEN is not an app-level token"),
    (SIGNED, "SLACK_BOT_TOKEN is missing"),
    (BOT | SIGNED | {"DATABASE_URL": ""}, "DATABASE_URL is empty"),
]


@pytest.mark.parametrize(("given", "says"), WRONG, ids=[row[1] for row in WRONG])
def test_what_is_missing_or_wrong_is_named(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert any(line.startswith(says) for line in caught.value.lines)
    assert "pasted" not in str(caught.value)


@pytest.fixture
def unread(tmp_path: Path) -> Iterator[Path]:
    """A `.env` that this process may not read; root becomes somebody else meanwhile, for whom modes count."""
    file = tmp_path / ".env"
    file.write_text("SLACK_BOT_TOKEN=xoxb-1\n")
    file.chmod(0)
    tmp_path.chmod(0o755)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield file
    os.seteuid(was)


def test_an_env_file_that_may_not_be_read_is_told_with_its_remedy(unread: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load()
    [line] = caught.value.lines
    assert line.startswith(f"{unread} cannot be read (Permission denied): give it to the user that runs the bot")
    assert settings.variable("SLACK_BOT_TOKEN") == ""


def test_the_terminal_says_so_and_ends_as_with_other_settings(
    unread: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        load_settings()
    assert caught.value.exit_code == 1
    assert f"watchkeeper cannot start:\n{unread} cannot be read" in capsys.readouterr().err


def test_an_env_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe\n")
    with pytest.raises(SettingsError, match="is no text in UTF-8"):
        settings.load()
