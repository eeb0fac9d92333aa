"""What a deployment copies fits the code: paths are there, variables are known, nothing runs as root."""

import re
from pathlib import Path

import yaml

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
CONTAINER = (ROOT / "Containerfile").read_text()
UNIT = (ROOT / "deploy/watchkeeper.service").read_text()
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yml").read_text())
KNOWN = {str(field.validation_alias.choices[0]) for field in Settings.model_fields.values()}  # type: ignore[union-attr]


def test_the_image_copies_what_is_there_and_what_the_ignore_file_lets_through() -> None:
    copied = [word for line in re.findall(r"(?m)^COPY (?!--)(.*)$", CONTAINER) for word in line.split()[:-1]]
    assert copied
    let_through = re.findall(r"(?m)^!(.*)$", (ROOT / ".containerignore").read_text())
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name in let_through, name
    assert (ROOT / ".containerignore").read_text() == (ROOT / ".dockerignore").read_text()


def test_nothing_runs_as_root() -> None:
    assert re.findall(r"(?m)^USER (\S+)$", CONTAINER) == ["10001:10001"]
    assert "User=watchkeeper\n" in UNIT
    assert COMPOSE["services"]["bot"]["cap_drop"] == ["ALL"]


def test_every_variable_that_is_set_is_one_of_the_settings() -> None:
    image = set(re.findall(r"\b([A-Z_]+)=\S", CONTAINER)) - {"PATH", "PYTHONUNBUFFERED"}
    unit = set(re.findall(r"(?m)^Environment=([A-Z_]+)=", UNIT))
    compose = set(COMPOSE["services"]["bot"]["environment"])
    assert image | unit | compose <= KNOWN
    assert "DATABASE_URL" in compose


def test_there_is_more_time_to_stop_than_a_run_has_to_end() -> None:
    assert int(re.findall(r"TimeoutStopSec=(\d+)", UNIT)[0]) > 30
    assert COMPOSE["services"]["bot"]["stop_grace_period"] == "40s"


def test_the_database_of_the_compose_file_is_reached_directly() -> None:
    url = COMPOSE["services"]["bot"]["environment"]["DATABASE_URL"]
    assert url.endswith("@postgres:5432/watchkeeper")
    assert "postgres" in COMPOSE["services"]
