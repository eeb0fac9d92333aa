"""`watchkeeper doctor`: each thing that may be wrong is found and named with its remedy; looking changes nothing."""

import asyncio
import json
import re
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

import commands
from bot import logs
from bot.cli import app
from bot.db.inspect import inspect
from bot.doctor import Patient, Report, check_up
from bot.domain.checkup import Remark
from bot.providers.releases.doctor import ReleasesDoctor
from bot.providers.releases.git import Mirror
from bot.providers.stripe.client import StripeApi
from bot.providers.stripe.doctor import StripeDoctor
from bot.sandbox.workspace import Workspace
from bot.settings import Settings
from bot.slack import manifest

TOKEN = "xoxb-doctor-token"
CATALOG = """
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS]}
    environments: {production: {postgres: {url: $SHOP_DB}}}
"""
POLICY = """
preset: small-team
people: {ana: U0ANA, ben: U0BEN}
roles: {admin: [ana, ben], operator: [admin]}
grants: [{role: operator, may: [read, record, change]}, {role: admin, may: [destructive]}]
"""


def now() -> datetime:
    return datetime.now(UTC)


def workspace(scopes: Callable[[list[str]], list[str]] = lambda wanted: wanted) -> Workspace:
    made = manifest.manifest(commands.find().values())
    asked = made["oauth_config"]["scopes"]["bot"]  # type: ignore[index,call-overload]
    short = {"scopes": scopes([*asked])}  # type: ignore[misc]
    slack = Workspace(signing_secret="s" * 32, bot_token=TOKEN, request_url="", manifest=short, strict_limits=False)
    for name in ("ana", "ben"):
        slack.add_person(f"U0{name.upper()}", name, name.capitalize())
    slack.add_person("U0GUS", "gus", "Gus Guest", is_restricted=True)
    slack.add_channel("C0SHOPOPS", "shop-ops", members=[Workspace.bot_user, "U0ANA"])
    slack.add_channel("C0LONELY", "lonely", members=["U0ANA"])
    return slack


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    place = workspace()
    await place.start()
    yield place
    await place.close()


@pytest.fixture
async def patient(tmp_path: Path, slack: Workspace, database_url: str, shop_url: str) -> Patient:
    (tmp_path / "catalog.yml").write_text(CATALOG)
    (tmp_path / "policy.yml").write_text(POLICY)
    settings = Settings(
        bot_token=SecretStr(TOKEN),
        signing_secret=SecretStr("s" * 32),
        api_url=slack.api_url,
        database_url=SecretStr(database_url),
        data_dir=tmp_path / "data",
        port=0,
        admin_port=0,
    )
    values = {"SHOP_DB": shop_url}
    files = (tmp_path / "catalog.yml", tmp_path / "policy.yml")
    return Patient(settings, [], *files, lambda name: values.get(name, ""), now, tmp_path / ".env")


@pytest.fixture
async def shop_url(postgres: str) -> AsyncIterator[str]:
    """A service's database and a role that may only read it."""
    admin = await asyncpg.connect(postgres)
    await admin.execute("CREATE DATABASE doctored")
    await admin.execute("CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader")
    yield postgres.replace("/postgres?", "/doctored?").replace("postgres:@", "reader:@")
    await admin.execute("DROP DATABASE doctored WITH (FORCE)")
    await admin.execute("DROP ROLE reader")
    await admin.close()


def held(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def found(report: Report, state: str) -> list[tuple[str, str]]:
    return [(one.about, one.says) for part in report.sections for one in part.remarks if one.state == state]


def remark(report: Report, about: str, words: str) -> Remark:
    hits = [one for part in report.sections for one in part.remarks if one.about == about and words in one.says]
    assert hits, f"nothing of {about} says “{words}”:\n{report.text(colour=False)}"
    return hits[0]


async def test_copies_that_a_restore_left_are_named_with_their_remedy(patient: Patient, postgres: str) -> None:
    admin = await asyncpg.connect(postgres)
    left, others = "doctored_restored_20261121_r42", ("redoctored_restored_20261121_r42", "doctored_restored_by_hand")
    for name in (left, *others):
        await admin.execute(f"CREATE DATABASE {name}")
    report = await check_up(patient)
    assert remark(report, "restored copy", left).remedy.endswith(f'DROP DATABASE "{left}";')
    for name in (left, *others):
        await admin.execute(f"DROP DATABASE {name}")
        assert name == left or name not in report.text(colour=False)
    await admin.close()


async def test_what_was_never_told_is_named_and_can_be_told_again(patient: Patient, database_url: str) -> None:
    bot = await asyncpg.connect(database_url)
    rows = [("slack", "run", 42, None), ("slack", "event", 7, None), ("slack", "run", 43, now()),
            *(("timeline", "event", n, None) for n in range(10, 17))]  # fmt: skip
    await bot.executemany(
        "INSERT INTO untold (follower, of, id, due_at, error) VALUES ($1, $2, $3, $4, 'KeyError')", rows
    )
    report = await check_up(patient)
    told = remark(report, "untold", "Never told in Slack: R-42 (KeyError, last tried 20")
    assert "and No. 7 of /audit (KeyError" in told.says
    assert "R-43" not in told.says
    assert remark(report, "untold", "in an incident's timeline").says.endswith("and 2 more.")
    again, forget = re.findall(r"(?:UPDATE|DELETE) [^;]+;", told.remedy)
    await bot.execute(again)
    assert await bot.fetchval("SELECT count(*) FROM untold WHERE due_at <= clock_now()") == len(rows)
    assert "Never told" not in (await check_up(patient)).text(colour=False)
    await bot.execute(forget)
    await bot.close()


async def test_what_is_well_is_told_in_every_section(patient: Patient) -> None:
    report = await check_up(patient)
    assert found(report, "fail") == []
    for about, words in (
        ("token", "@watchkeeper in Lantern Shop"),
        ("scopes", "of the manifest, no more"),
        ("clock", "agrees with Slack's"),
        ("people", "the 2 of policy.yml are members"),
        ("channels", "#shop-ops"),
        ("connection", "direct"),
        ("tables", "migrations are there"),
        ("clock", "agrees with PostgreSQL's"),
        ("postgres", "as reader"),
        ("pg_dump", "is here"),
        ("backups", "free"),
        ("data folder", "free"),
    ):
        assert remark(report, about, words).state == "ok"


async def test_looking_changes_nothing(patient: Patient, slack: Workspace, tmp_path: Path, pool: object) -> None:
    before = held(tmp_path)
    await check_up(patient)
    assert held(tmp_path) == before
    assert {call.method for call in slack.calls} <= {"auth.test", "users.list", "conversations.list"}


async def test_every_finding_that_is_not_well_has_a_remedy(patient: Patient) -> None:
    patient.catalog.write_text(CATALOG.replace("C0SHOPOPS", "C0GONE"))
    patient.policy.write_text(POLICY.replace("U0BEN", "U0GONE"))
    report = await check_up(replace(patient, variable=lambda _: ""))
    assert report.worst == "fail"
    wrong = [one for part in report.sections for one in part.remarks if one.state != "ok"]
    assert len(wrong) >= 3
    assert all(one.remedy for one in wrong)


FILES = (
    ("catalog", "C0SHOPOPS", "C0GONE", "channels", "fail", "is not there, or is private", "Mend the id"),
    ("catalog", "C0SHOPOPS", "C0LONELY", "channels", "fail", "The bot is not in #lonely", "/invite @watchkeeper"),
    ("catalog", "channels: {cards: C0SHOPOPS, production: [C0SHOPOPS]}", "thresholds: {p95: 1s}", "channels", "warn",
     "shop has no channel", "Add channels"),
    ("catalog", "$SHOP_DB", "$OTHER_DB", "secret", "fail", "$OTHER_DB is not set", ".env"),
    ("catalog", "environments", "environmints", "catalog", "fail", "catalog.yml:5", "policy check"),
    ("policy", "U0BEN", "U0GONE", "people", "fail", "ben (U0GONE) is not in this workspace", "Copy member ID"),
    ("policy", "U0BEN", "U0GUS", "people", "fail", "ben (U0GUS) is a guest", "full member"),
    ("policy", "small-team", "big-team", "policy", "fail", "'big-team' is not a preset", "policy check"),
)  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "about", "state", "says", "remedy"), FILES)
async def test_what_is_wrong_with_a_file_is_named(
    patient: Patient, file: str, old: str, new: str, about: str, state: str, says: str, remedy: str
) -> None:
    path = patient.catalog if file == "catalog" else patient.policy
    path.write_text(path.read_text().replace(old, new))
    seen = remark(await check_up(patient), about, says)
    assert seen.state == state
    assert remedy in seen.remedy


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (POLICY, "to the admins"),
        (f"{POLICY}oncall: {{rotation: [ben]}}\n", "to whoever is on call"),
        (POLICY.replace("small-team", "solo").replace("admin", "keeper"), "to nobody"),
    ],
)
async def test_a_channel_shared_with_another_company_has_to_be_listed(
    patient: Patient, slack: Workspace, policy: str, told: str
) -> None:
    patient.policy.write_text(policy)
    slack.set_shared("C0SHOPOPS")
    seen = remark(await check_up(patient), "channels", "#shop-ops (of shop) is shared with another company")
    assert (seen.state, "shared_channels: [C0SHOPOPS]" in seen.remedy) == ("fail", True)
    assert f"alerts too, it tells {told}." in seen.says
    patient.policy.write_text(f"{POLICY}shared_channels: [C0SHOPOPS]\n")
    assert remark(await check_up(patient), "channels", "#shop-ops").state == "ok"


SCOPES = (
    (lambda asked: [one for one in asked if one != "chat:write"], "fail", "The token lacks chat:write."),
    (lambda asked: [*asked, "canvases:write"], "warn", "The token may do more than needed: canvases:write."),
)


@pytest.mark.parametrize(("scopes", "state", "says"), SCOPES, ids=["missing", "superfluous"])
async def test_scopes_are_compared_with_the_manifest(
    patient: Patient, scopes: Callable[[list[str]], list[str]], state: str, says: str
) -> None:
    other = workspace(scopes)
    await other.start()
    try:
        assert patient.settings
        settings = patient.settings.model_copy(update={"api_url": other.api_url})
        seen = remark(await check_up(replace(patient, settings=settings)), "scopes", says)
        assert seen.state == state
        assert "reinstall the app" in seen.remedy
    finally:
        await other.close()


SETTINGS = (
    ("bot_token", SecretStr("xoxb-other"), "token", "Slack does not know this token"),
    ("api_url", "http://127.0.0.1:9/api/", "token", "Slack cannot be reached"),
    (
        "database_url",
        SecretStr("postgres://u:pw-secret@127.0.0.1:9/x"),
        "database",
        "Nothing listens at that address",
    ),
    ("database_url", SecretStr("mysql://u:pw-secret@h/x"), "database", "DATABASE_URL is no PostgreSQL address"),
    ("data_dir", Path(__file__) / "data", "data folder", "may not write"),
)


@pytest.mark.parametrize(("name", "value", "about", "says"), SETTINGS, ids=[f"{row[0]} {row[3]}" for row in SETTINGS])
async def test_a_wrong_setting_is_told_without_its_secret(
    patient: Patient, name: str, value: object, about: str, says: str
) -> None:
    assert patient.settings
    report = await check_up(replace(patient, settings=patient.settings.model_copy(update={name: value})))
    assert remark(report, about, says).state == "fail"
    assert "pw-secret" not in report.text(colour=False)


@pytest.mark.parametrize(("off", "state"), [(timedelta(minutes=1), "warn"), (timedelta(minutes=6), "fail")])
async def test_a_clock_that_is_off_is_told(patient: Patient, off: timedelta, state: str) -> None:
    report = await check_up(replace(patient, clock=lambda: now() + off))
    assert remark(report, "clock", "ahead of Slack's").state == state


async def test_an_env_file_that_others_may_read_is_wrong(patient: Patient) -> None:
    patient.env_file.write_text("A=1\n")
    patient.env_file.chmod(0o644)
    assert remark(await check_up(patient), ".env", "may be read by others").remedy.startswith("chmod 600")


async def test_missing_settings_are_named_and_the_files_are_looked_at_all_the_same(patient: Patient) -> None:
    missing = ["SLACK_BOT_TOKEN is missing: copy it from your Slack app."]
    report = await check_up(replace(patient, settings=None, missing=missing))
    assert remark(report, "settings", "SLACK_BOT_TOKEN is missing").remedy == "Copy it from your Slack app."
    assert remark(report, "catalog", "1 service").state == "ok"


async def test_a_role_that_may_do_more_than_needed_is_told(patient: Patient, database_url: str) -> None:
    report = await check_up(replace(patient, variable=lambda _: database_url))
    assert "superuser" in remark(report, "postgres", "more than a backup needs").says
    assert remark(report, "role", "more than the bot needs").state == "warn"


async def test_a_database_before_its_first_start_is_well(patient: Patient, shop_url: str) -> None:
    assert patient.settings
    empty = shop_url.replace("reader:@", "postgres:@")
    settings = patient.settings.model_copy(update={"database_url": SecretStr(empty)})
    report = await check_up(replace(patient, settings=settings))
    assert remark(report, "tables", "new: `serve` makes them").state == "ok"


async def test_a_role_that_may_not_make_tables_is_refused(patient: Patient, shop_url: str) -> None:
    assert patient.settings
    settings = patient.settings.model_copy(update={"database_url": SecretStr(shop_url)})
    report = await check_up(replace(patient, settings=settings))
    assert "OWNER TO reader" in remark(report, "role", "may not make tables").remedy


# --- a pooler -----------------------------------------------------------------------------------------------


class Pooler:
    """A transaction-mode pooler: lends a server connection to a client from its first message until it is idle."""

    def __init__(self, folder: str) -> None:
        self._socket = f"{folder}/.s.PGSQL.5432"
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._greeting = b""
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        startup = await self._startup(reader, writer)
        server = await self._borrow(startup)
        writer.write(self._greeting)
        self._idle.append(server)
        waiting = asyncio.create_task(_message(reader))
        try:
            while (await waiting)[:1] != b"X":
                server = await self._borrow(startup)
                waiting = await _lent(server, writer, waiting, reader)
                self._idle.append(server)
        finally:
            waiting.cancel()

    async def _startup(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        while True:
            (length,) = struct.unpack("!I", await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            if struct.unpack("!I", body[:4])[0] != 80877103:  # a wish for TLS
                return struct.pack("!I", length) + body
            writer.write(b"N")

    async def _borrow(self, startup: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The one given back last, as PgBouncer does."""
        if self._idle:
            return self._idle.pop()
        reader, writer = await asyncio.open_unix_connection(self._socket)
        self._writers.append(writer)
        writer.write(startup)
        message = greeting = await _message(reader)
        while message[:1] != b"Z":
            message = await _message(reader)
            greeting += message
        self._greeting = greeting
        return reader, writer


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


async def _lent(
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    client: asyncio.StreamWriter,
    waiting: "asyncio.Task[bytes]",
    reader: asyncio.StreamReader,
) -> "asyncio.Task[bytes]":
    """Both ways until the server is idle outside a transaction; gives what waits for the client's next message."""
    answer = asyncio.create_task(_message(server[0]))
    while True:
        done, _ = await asyncio.wait({waiting, answer}, return_when=asyncio.FIRST_COMPLETED)
        if waiting in done:
            server[1].write(waiting.result())
            waiting = asyncio.create_task(_message(reader))
        if answer in done:
            client.write(answer.result())
            if answer.result()[:1] == b"Z" and answer.result()[5:6] == b"I":
                return waiting
            answer = asyncio.create_task(_message(server[0]))


async def test_a_transaction_mode_pooler_is_found_and_a_direct_connection_is_not_taken_for_one(
    database_url: str,
) -> None:
    split = urlsplit(database_url)
    pooler = Pooler(parse_qs(split.query)["host"][0])
    await pooler.start()
    try:
        through = await inspect(f"postgresql://postgres@127.0.0.1:{pooler.port}{split.path}")
    finally:
        await pooler.close()
    assert through.pooled
    assert not (await inspect(database_url)).pooled


# --- providers ----------------------------------------------------------------------------------------------

KEYS = (
    ("rk_live_x", True, "ok", "is a restricted key"),
    ("sk_live_x", True, "warn", "is a secret key"),
    ("sk_live_x", False, "fail", "is a live key at an environment that is not protected"),
    ("sk_test_x", False, "ok", "is a test key"),
    ("rk_test_x", True, "warn", "is a test key at a protected environment"),
    ("pk_live_x", True, "fail", "holds no Stripe key"),
)


@pytest.mark.parametrize(("key", "protected", "state", "says"), KEYS)
def test_a_stripe_key_is_judged_by_its_kind(key: str, protected: bool, state: str, says: str) -> None:
    class Silent(StripeApi):
        def __init__(self) -> None: ...

    doctor = StripeDoctor(Silent(), key, "$KEY", protected, now)
    seen = [one for one in (doctor._kind(), *doctor._mode()) if says in one.says]
    assert [one.state for one in seen] == [state]
    assert key not in seen[0].says


async def test_what_releases_need_of_this_host_is_named(tmp_path: Path) -> None:
    mirror = Mirror(str(tmp_path / "nothing.git"), tmp_path / "mirror.git")
    doctor = ReleasesDoctor(tmp_path / "gone", mirror, "main", (("no-such-program", "build"),), "no-such-user")
    says = " ".join(one.says for one in await doctor.examine())
    for words in ("is not there", "no-such-program is not on this host", "no user no-such-user", "cannot be read"):
        assert words in says
    assert not (tmp_path / "mirror.git").exists()


# --- the terminal -------------------------------------------------------------------------------------------


def test_the_terminal_answers_in_json_and_exits_1_when_something_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "silence", lambda: None)
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text("SLACK_SIGNING_SECRET=x\n")
    (tmp_path / ".env").chmod(0o600)
    result = CliRunner().invoke(app, ["doctor", "--json"])
    told = json.loads(result.output)
    assert result.exit_code == 1
    assert told["state"] == "fail"
    assert [one["says"] for one in told["findings"] if one["about"] == "settings"] == ["SLACK_BOT_TOKEN is missing."]
    plain = CliRunner().invoke(app, ["doctor"])
    assert "✖ settings" in plain.output
    assert "wrong." in plain.output
