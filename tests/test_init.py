"""`watchkeeper init` against a strict workspace, a real database and a real website: what it asks and writes."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

import commands
from bot import logs
from bot.cli import app
from bot.files import read
from bot.init import compose, edit, env_file
from bot.init.plan import Environment, Release, Service, Stripe, Team
from bot.sandbox.workspace import Workspace
from bot.slack import manifest

TOKEN, SIGNING = "xoxb-init-token", "5f1c0ffee5f1c0ffee5f1c0ffee5f1c0"
PEOPLE = {"ana": "Ana Ortiz", "ben": "Ben Adeyemi", "chi": "Chi Okafor", "eli": "Eli Larsen"}


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    made = manifest.manifest(commands.find().values())
    place = Workspace(signing_secret=SIGNING, bot_token=TOKEN, request_url="", manifest=made, strict_limits=False)
    for name, real in PEOPLE.items():
        place.add_person(f"U0{name.upper()}", name, real)
    place.add_person("U0GUEST", "gus", "Gus Guest", is_restricted=True)
    place.add_channel("C0SHOPOPS", "shop-ops", members=[Workspace.bot_user, "U0ANA"])
    place.add_channel("C0GENERAL", "general", members=["U0ANA"])
    await place.start()
    yield place
    await place.close()


@pytest.fixture
async def website() -> AsyncIterator[str]:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "healthy"})

    site = web.Application()
    site.router.add_get("/healthz", healthz)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slack: Workspace) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "silence", lambda: None)
    monkeypatch.setenv("SLACK_API_URL", slack.api_url)
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


async def told(*answers: str) -> Result:
    """`init` with these lines typed, on a loop and a thread of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, ["init"], "\n".join(answers) + "\n")


def held(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def first_time(website: str, own: str, shop: str) -> tuple[str, ...]:
    app_, bots_database = ("y", TOKEN, SIGNING), (own,)
    people = ("1 ben", "chi", "")
    service = ("shop", "#shop-ops", "production")
    production = (website, "", shop, "", "n", "n")
    return (*app_, *bots_database, *people, *service, *production, "y", "y", "y")


async def test_a_first_run_writes_three_files_that_load_and_ends_without_anything_wrong(
    folder: Path, website: str, database_url: str
) -> None:
    result = await told(*first_time(website, database_url, database_url))
    assert result.exit_code == 0, result.output
    files = read(folder / "catalog.yml", folder / "policy.yml")
    entry = files.catalog.services["shop"].environments["production"]
    assert (entry.url, entry.protected) == (website, True)
    assert files.policy.people == {"ana": "U0ANA", "ben": "U0BEN", "chi": "U0CHI"}
    assert files.policy.preset == "small-team"
    assert env_file.values(folder / ".env")["SHOP_PRODUCTION_DB"] == database_url
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert "answers at /healthz" in result.output
    assert "0 wrong" in result.output
    assert "watchkeeper serve" in result.output


async def test_no_secret_is_shown_and_none_is_in_the_catalog(folder: Path, website: str, database_url: str) -> None:
    result = await told(*first_time(website, database_url, database_url))
    written = (folder / "catalog.yml").read_text() + (folder / "policy.yml").read_text()
    for secret in (TOKEN, SIGNING, database_url):
        assert secret not in result.output
        assert secret not in written


async def test_a_wrong_token_is_told_and_asked_for_again(folder: Path, website: str, database_url: str) -> None:
    answers = first_time(website, database_url, database_url)
    result = await told("y", "xoxb-wrong", SIGNING, TOKEN, *answers[3:])
    assert "Slack does not know this token." in result.output
    assert env_file.values(folder / ".env")["SLACK_BOT_TOKEN"] == TOKEN


async def test_what_is_not_agreed_to_is_not_written(folder: Path, website: str, database_url: str) -> None:
    answers = first_time(website, database_url, database_url)
    result = await told(*answers[:-3], "n", "n", "n")
    assert held(folder) == {}
    assert "catalog.yml was left as it is." in result.output


async def test_whoever_has_no_app_yet_is_told_how_and_gets_its_manifest(
    folder: Path, website: str, database_url: str
) -> None:
    answers = first_time(website, database_url, database_url)
    result = await told("n", "https://ops.shop.example/", *answers[1:])
    assert "https://ops.shop.example/slack/events" in (folder / "slack-app.yml").read_text()
    assert "From a manifest" in result.output


async def test_without_an_address_it_is_socket_mode_with_its_own_token(
    folder: Path, website: str, database_url: str
) -> None:
    answers = first_time(website, database_url, database_url)
    result = await told("n", "", TOKEN, "", "xapp-1-A0-trial", *answers[3:])
    assert result.exit_code == 0, result.output
    assert "socket_mode_enabled: true" in (folder / "slack-app.yml").read_text()
    assert "connections:write" in result.output
    assert env_file.values(folder / ".env").keys() >= {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}
    assert "SLACK_SIGNING_SECRET" not in env_file.values(folder / ".env")
    assert "nothing calls the bot" in result.output


async def test_a_second_run_changes_nothing_that_is_not_asked_for(
    folder: Path, website: str, database_url: str
) -> None:
    await told(*first_time(website, database_url, database_url))
    before = held(folder)
    result = await told("n", "n")
    assert result.exit_code == 0, result.output
    assert held(folder) == before
    assert result.output.count("nothing to change") == 3


async def test_a_second_run_proposes_who_left_who_came_and_a_service_and_keeps_comments(
    folder: Path, slack: Workspace, website: str, database_url: str
) -> None:
    await told(*first_time(website, database_url, database_url))
    catalog = folder / "catalog.yml"
    catalog.write_text(catalog.read_text().replace("  shop:\n", "  shop:  # the lamps\n"))
    slack.state.put_person(replace(slack.state.people["U0CHI"], deleted=True))
    came = ("", "y", "eli", "operator")
    blog = ("y", "blog", "", "production", "", "", "n", "n")
    result = await told(*came, *blog, "y", "y")
    assert result.exit_code == 0, result.output
    files = read(catalog, folder / "policy.yml")
    assert files.policy.people == {"ana": "U0ANA", "ben": "U0BEN", "eli": "U0ELI"}
    assert files.policy.roles["operator"] == {"U0ANA", "U0BEN", "U0ELI"}
    assert [*files.catalog.services] == ["shop", "blog"]
    assert "  shop:  # the lamps\n" in catalog.read_text()
    assert "has left the workspace" in result.output
    assert re.search(r"(?m)^ +-people: \{ana", result.output)


async def test_a_broken_file_stops_it_before_any_question(folder: Path) -> None:
    (folder / "catalog.yml").write_text("services:\n  shop: {environment: {}}\n")
    (folder / "policy.yml").write_text("preset: strict\n")
    result = await told("y")
    assert result.exit_code == 1
    assert "nothing was changed" in result.output
    assert "catalog.yml:" in result.output


# --- the texts ----------------------------------------------------------------------------------------------

WHOLE = Service(
    "shop",
    "C0SHOPOPS",
    (
        Environment(
            "production", True, "https://shop.example", "/", "$SHOP_DB",
            Stripe("$SHOP_KEY", "/hook", "stripe_events.event_id"),
            Release("git@git.example:shop", "/srv/s", ("npm", "run", "build:all"), ("service", "shop", "restart")),
            "shop",
        ),
        Environment("staging", False, "", "", "", None, None, ""),
        Environment("on", True, ""),
    ),
    {"production": "C0SHOPOPS"},
)  # fmt: skip


def test_every_answer_stands_in_a_catalog_that_loads(tmp_path: Path) -> None:
    (tmp_path / "catalog.yml").write_text(compose.catalog([WHOLE]))
    team = Team({"ana": "U0ANA"}, ("ana",), (), "solo")
    (tmp_path / "policy.yml").write_text(compose.policy(team))
    files = read(tmp_path / "catalog.yml", tmp_path / "policy.yml")
    production = files.catalog.services["shop"].environments["production"]
    assert {*production.sections} == {"health", "postgres", "stripe", "releases"}
    assert production.run_as == "shop"
    assert files.catalog.services["shop"].environments["staging"].protected is False
    assert (files.policy.preset, files.policy.oncall) == ("solo", None)


POLICIES = {
    "flow": "people: {ana: U0ANA, ben: U0BEN}  # us\nroles: {admin: [ana], operator: [admin, ben]}\n",
    "block": "people:\n  ana: U0ANA  # 1\n  ben: U0BEN\nroles:\n  admin: [ana]\n  operator: [admin, ben]  # ops\n",
}


@pytest.mark.parametrize("text", POLICIES.values(), ids=POLICIES.keys())
def test_people_come_and_go_and_all_else_stays(text: str) -> None:
    came = edit.with_role(edit.with_person(text, "eli", "U0ELI"), "operator", "eli")
    assert "eli: U0ELI" in came
    assert "operator: [admin, ben, eli]" in came
    gone = edit.without_person(came, "ben")
    assert "ben" not in gone
    assert "operator: [admin, eli]" in gone
    assert [part for part in re.findall("#.*", text)] == re.findall("#.*", gone)  # noqa: C416
    assert edit.without_person(edit.with_person(text, "eli", "U0ELI"), "eli") == text


def test_a_role_that_is_no_list_is_left_to_its_author() -> None:
    with pytest.raises(edit.ByHand, match="role viewer"):
        edit.with_role("people: {ana: U0ANA}\nroles:\n  viewer: everyone\n", "viewer", "ana")


VALUES = ("plain", "postgresql://u:p%40x@h:5432/d?sslmode=require", "a b # c", 'with "quotes"', "$dollar", "=", "")


@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_env_is_read_back_as_it_was(tmp_path: Path, value: str) -> None:
    path = tmp_path / ".env"
    env_file.write(path, env_file.text_with("# ours\nOTHER=1\nNAME=old\n", {"NAME": value}))
    assert env_file.values(path).get("NAME", "") == value
    assert path.read_text().startswith("# ours\nOTHER=1\n")


@pytest.mark.parametrize("value", ["it's", "back\\slash", "${HOME}", "two\nlines"])
def test_a_value_that_readers_of_env_read_differently_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="%27"):
        env_file.check(value)
