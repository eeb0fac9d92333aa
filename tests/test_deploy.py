"""What a deployment copies fits the code: paths are there, variables are known, nothing runs as root."""

import json
import os
import re
import tomllib
from pathlib import Path

import yaml

from bot.cli import app
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


def test_the_unit_keeps_what_the_bot_needs_writable_and_lets_its_children_run() -> None:
    """Compared with what it does: backups and mirrors in its data folder, pg_dump and git as children, setpriv."""
    lines = [line for line in UNIT.splitlines() if line and not line.startswith("#")]
    options = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("Environment="))
    assert f"/var/lib/{options['StateDirectory']}" == re.findall(r"WATCHKEEPER_DATA_DIR=(\S+)", UNIT)[0]
    assert options["ProtectSystem"] == "strict"
    assert options["KillMode"] == "mixed"
    assert options["SystemCallFilter"] == "@system-service"
    assert "MemoryDenyWriteExecute" not in options  # cffi's callbacks
    assert {"AF_INET", "AF_INET6", "AF_UNIX"} == set(options["RestrictAddressFamilies"].split())


def test_no_dump_of_memory_is_left() -> None:
    assert "LimitCORE=0\n" in UNIT
    assert COMPOSE["services"]["bot"]["ulimits"] == {"core": 0}


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
    assert url.startswith("postgresql://watchkeeper:")
    assert url.endswith("@postgres:5432/watchkeeper")
    role = (ROOT / "deploy/role.sh").read_text()
    assert "CREATE ROLE watchkeeper LOGIN PASSWORD :'password'" in role
    assert "CREATE DATABASE watchkeeper OWNER watchkeeper ENCODING 'UTF8'" in role
    assert os.access(ROOT / "deploy/role.sh", os.X_OK)


def test_the_files_are_handed_in_where_the_image_looks_for_them() -> None:
    mounts = [volume.split(":") for volume in COMPOSE["services"]["bot"]["volumes"]]
    inside = {target: source for source, target, *_ in mounts}
    assert inside[Path(_image("WATCHKEEPER_CATALOG")).parent.as_posix()] == "./config"
    assert inside[Path(_image("WATCHKEEPER_POLICY")).parent.as_posix()] == "./config"
    assert inside[_image("WATCHKEEPER_DATA_DIR")] == "data"
    for volume in (volume for service in COMPOSE["services"].values() for volume in service["volumes"]):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or source == "./config" or (ROOT / "deploy" / source).exists()


def test_what_is_started_is_a_program_of_the_package() -> None:
    """And the check of its health asks the port that the admin's side has by default."""
    entry, words = re.findall(r"(?m)^(?:ENTRYPOINT|CMD) (\[.*)$", CONTAINER)
    [program] = json.loads(entry)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert program in scripts
    named = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert set(json.loads(words)) <= named
    assert re.findall(r"ExecStart=/opt/watchkeeper/bin/(\w+) (\w+)", UNIT) == [(program, "serve")]
    asked = f"127.0.0.1:{Settings.model_fields['admin_port'].default}/readyz"
    assert asked in CONTAINER
    assert asked in str(COMPOSE["services"]["bot"]["healthcheck"]["test"])


def _image(name: str) -> str:
    return str(re.findall(rf"\b{name}=(\S+)", CONTAINER)[0])
