"""The broken world on real parts: what is broken is really broken, and all is told truly."""

import asyncio
import json
import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
import yaml

from bot.sandbox.payments import signature
from bot.sandbox.world import World
from permissions.model import ALL
from permissions.policy import load_policy

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """One for all: these tests look, or use ids of their own. Not in pytest's folder: only root may enter that."""
    with tempfile.TemporaryDirectory(prefix="world-", ignore_cleanup_errors=True) as folder:
        world = World(Path(folder) / "world", now=datetime.now(UTC))
        await world.start()
        yield world
        await world.close()


@pytest_asyncio.fixture(loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5) as client:
        yield client


async def test_facts_are_probed(world: World) -> None:
    facts = [(fact["label"], fact["state"], fact["detail"]) for fact in await world.facts()]
    assert facts == [
        ("Shop production", "failing", f"checkout answers 500 · release {world.bad_commit[:7]}"),
        ("Shop staging", "ok", f"checkout answers 200 · release {world.good_commit[:7]}"),
        ("Payment webhooks", "failing", "6 undelivered"),
        ("Orders in production", "ok", "420, of them 370 paid"),
    ]


async def test_production_fails_at_checkout_and_staging_does_not(world: World, http: httpx.AsyncClient) -> None:
    rows = [
        ("GET", "/", 200, 200),
        ("GET", "/health", 200, 200),
        ("GET", "/orders", 200, 200),
        ("GET", "/static/look.css", 200, 200),
        ("GET", "/checkout?sku=harbour", 500, 200),
        ("GET", "/checkout/quote?sku=tide&quantity=2", 500, 200),
        ("GET", "/checkout/quote?sku=tide&country=IE", 500, 200),
        ("GET", "/checkout/health", 500, 200),
        ("POST", "/checkout", 500, 201),
        ("GET", "/checkout/quote?sku=nothing", 404, 404),
        ("GET", "/checkout/quote?sku=tide&quantity=0", 400, 400),
    ]
    for method, path, *expected in rows:
        data = {"sku": "ember", "quantity": "3", "country": "DE"} if method == "POST" else None
        urls = [world.environments[name].url + path for name in ("production", "staging")]
        replies = [await http.request(method, url, data=data) for url in urls]
        assert [reply.status_code for reply in replies] == expected, f"{method} {path}"


async def test_health_tells_release_and_database(world: World, http: httpx.AsyncClient) -> None:
    for name, commit in (("production", world.bad_commit), ("staging", world.good_commit)):
        reply = await http.get(world.environments[name].health_url)
        assert reply.json() == {"status": "healthy", "release": commit, "database": "ok"}


async def test_pages_show_release_and_environment_and_escape_what_comes_in(
    world: World, http: httpx.AsyncClient
) -> None:
    page = (await http.get(world.environments["staging"].url)).text
    assert world.good_commit[:7] in page
    assert "staging" in page
    assert "Harbour lantern" in page
    trouble = (await http.get(world.environments["staging"].url + "/<script>alert(1)</script>")).text
    assert "<script>" not in trouble


async def test_six_events_are_undelivered_and_two_are_about_one_payment(world: World) -> None:
    production = world.environments["production"]
    held = [world.payments.store.events[event_id] for event_id in world.payments.undelivered(production.endpoint)]
    ages = [datetime.now(UTC) - event.created for event in held]
    assert len(held) == 6
    assert timedelta(minutes=14) <= max(ages) < timedelta(minutes=15)
    assert ages == sorted(ages, reverse=True)
    same = [event for event in held if event.subject["id"] == held[1].subject["id"]]
    assert [event.kind for event in same] == ["payment_intent.payment_failed", "payment_intent.succeeded"]
    assert world.payments.undelivered(world.environments["staging"].endpoint) == []


async def test_a_webhook_is_taken_once_and_only_with_its_signature(world: World, http: httpx.AsyncClient) -> None:
    staging, now = world.environments["staging"], int(time.time())
    order = await one(staging.database_url, "SELECT payment_intent FROM orders WHERE NOT paid LIMIT 1")
    event = {
        "id": "evt_mine",
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": order["payment_intent"], "object": "payment_intent"}},
    }
    body = json.dumps(event).encode()
    good = signature(body, staging.webhook_secret, now)
    rows = [
        (good, body + b" ", 400),
        ("", body, 400),
        ("test", body, 400),
        (f"t={now}", body, 400),
        (f"t={now},t={now},v1=aa", body, 400),
        ("t=now,v1=aa", body, 400),
        (f"t={now},v1=é", body, 400),
        (signature(body, "whsec_other", now), body, 400),
        (signature(body, staging.webhook_secret, now - 301), body, 400),
        (signature(body, staging.webhook_secret, now + 330), body, 400),
        (f"t={now},v1=bad,{good.partition(',')[2]}", body, 200),
        (good, body, 200),
    ]
    for header, sent, status in rows:
        headers = [(b"Stripe-Signature", header.encode())]
        reply = await http.post(staging.url + "/stripe/webhook", content=sent, headers=headers)
        assert reply.status_code == status, header
    assert reply.json() == {"received": True, "duplicate": True}
    settled = await one(
        staging.database_url, "SELECT paid FROM orders WHERE payment_intent = $1", order["payment_intent"]
    )
    seen = await one(staging.database_url, "SELECT count(*) FROM stripe_webhook_events WHERE event_id = 'evt_mine'")
    assert (settled["paid"], seen["count"]) == (True, 1)


async def test_the_same_event_sent_at_once_has_one_effect(world: World, http: httpx.AsyncClient) -> None:
    staging = world.environments["staging"]
    body = json.dumps({"id": "evt_race", "type": "x", "data": {"object": {"id": "x", "object": "x"}}}).encode()
    headers = {"Stripe-Signature": signature(body, staging.webhook_secret, int(time.time()))}
    sends = (http.post(staging.url + "/stripe/webhook", content=body, headers=headers) for _ in range(8))
    replies = await asyncio.gather(*sends)
    assert [reply.status_code for reply in replies] == [200] * 8
    assert sorted(reply.json()["duplicate"] for reply in replies) == [False] + [True] * 7


async def test_the_history_names_who_broke_it_and_no_migration_lies_between(world: World) -> None:
    log = git(world, "log", "--format=%an|%s", f"{world.good_commit}..{world.bad_commit}").splitlines()
    files = git(world, "diff", "--name-only", world.good_commit, world.bad_commit).splitlines()
    assert log == ["Mia Novak|New checkout", "Mia Novak|VAT rounding"]
    assert files
    assert not [file for file in files if file.startswith("migrations/")]
    assert git(world, "rev-parse", "main").strip() == world.bad_commit
    history = [json.loads(line) for line in releases(world).joinpath("history.jsonl").read_text().splitlines()]
    assert [line["commit"] for line in history][-2:] == [world.good_commit, world.bad_commit]
    stay = datetime.fromisoformat(history[-1]["at"]) - datetime.fromisoformat(history[-2]["at"])
    assert stay.days == 6
    assert (releases(world) / "current").resolve().name == world.bad_commit
    for commit in (world.good_commit, world.bad_commit):
        assert json.loads((releases(world) / commit / "release.json").read_text())["commit"] == commit


async def test_orders_end_where_the_release_begins_but_there_are_hundreds(world: World) -> None:
    url = world.environments["production"].database_url
    row = await one(url, "SELECT count(*), max(created_at) AS last FROM orders")
    assert row["count"] > 300
    assert row["last"] < datetime.now(UTC) - timedelta(minutes=16)
    seen = await one(
        url, "SELECT count(*) FROM stripe_webhook_events WHERE event_id = ANY($1)", world.payments.undelivered()
    )
    assert seen["count"] == 0


async def test_catalog_and_policy_hold_names_of_secrets_and_no_secret(world: World, tmp_path: Path) -> None:
    world.write_catalog(tmp_path / "catalog.yml")
    world.write_policy(tmp_path / "policy.yml")
    text = (tmp_path / "catalog.yml").read_text()
    given = world.bot_environment()
    assert {name for name in given if f"${name}" in text} == set(given)
    assert not [value for value in given.values() if value in text]
    shop = yaml.safe_load(text)["services"]["shop"]
    assert shop["channels"] == {"cards": "C0SHOPOPS", "production": ["C0SHOPOPS"], "staging": ["C0SHOPDEV"]}
    assert "&" not in text
    assert "protected" not in shop["environments"]["production"]
    assert (
        shop["environments"]["staging"]["protected"],
        "signing_secret" in shop["environments"]["staging"]["stripe"],
    ) == (
        False,
        True,
    )
    policy = load_policy(
        (tmp_path / "policy.yml").read_text(),
        services={"shop": {"production": True, "staging": False}},
        permissions=ALL,
    )
    assert policy.warnings == ()
    people = yaml.safe_load((tmp_path / "policy.yml").read_text())["people"]
    assert people == {"ana": "U0ANA", "ben": "U0BEN", "chi": "U0CHI", "eli": "U0ELI", "mia": "U0MIA"}


async def test_the_catalogs_build_and_restart_commands_work_as_they_stand(world: World, tmp_path: Path) -> None:
    world.write_catalog(tmp_path / "catalog.yml")
    part = yaml.safe_load((tmp_path / "catalog.yml").read_text())["services"]["shop"]["environments"]["production"][
        "releases"
    ]
    commit = git(world, "rev-parse", f"{world.good_commit}~1").strip()
    building = tmp_path / "building"
    building.mkdir()
    unpack(world, commit, building)
    build = await asyncio.create_subprocess_exec(
        *part["build"], cwd=building, env={"PATH": os.defpath}, stdout=subprocess.PIPE
    )
    said = (await build.communicate())[0].decode().splitlines()
    assert said[-1] == f"built {commit} with 3 migrations"
    restart = await asyncio.create_subprocess_exec(
        *part["restart"], cwd="/", env={"PATH": os.defpath}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await restart.communicate()
    assert (restart.returncode, err) == (0, b"")
    assert out.decode().startswith(f"shop production runs {world.bad_commit[:7]} after ")


def releases(world: World) -> Path:
    return world.environments["production"].releases_folder


def git(world: World, *words: str) -> str:
    done = subprocess.run(
        ["git", f"--git-dir={world.repository}", *words], capture_output=True, text=True, check=True
    )
    return done.stdout


async def one(url: str, sql: str, *values: object) -> asyncpg.Record:
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(sql, *values)
        assert row is not None
        return row
    finally:
        await connection.close()


def unpack(world: World, commit: str, folder: Path) -> None:
    command = ["git", f"--git-dir={world.repository}", "archive", commit]
    archive = subprocess.run(command, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
