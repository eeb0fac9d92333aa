"""Secrets in the environment, well and ill formed: no command of the terminal tells them, not even when it breaks."""

import asyncio
import traceback
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.init import env_file
from tests.test_init import SIGNING, TOKEN, folder, slack, website

__all__ = ["folder", "slack", "website"]

KEY = "zebrazebra"
ADDRESSES = (
    f"postgresql://wk:{KEY}@127.0.0.1:9/wk",
    f"postgresql://wk:a/{KEY}@127.0.0.1:9/wk",  # an unescaped slash: the rest is read as a port and a path
    f"postgresql://wk:{KEY}/@127.0.0.1:9/wk",
    f"postgresql://wk:{KEY}@[broken/wk",
    f"{KEY}://wk@127.0.0.1/wk",
)
COMMANDS = (["migrate"], ["doctor"], ["doctor", "--json"], ["runs"], ["audit", "verify"], ["serve"])


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_tells_a_secret_when_it_breaks(
    words: list[str], address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in {
        "DATABASE_URL": address,
        "SLACK_BOT_TOKEN": f"xoxb-{KEY}",
        "SLACK_SIGNING_SECRET": KEY,
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "SHOP_DB": address,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    section = "postgres: {url: $SHOP_DB}"
    Path("catalog.yml").write_text(f"services: {{shop: {{environments: {{production: {{{section}}}}}}}}}\n")
    Path("policy.yml").write_text("preset: solo\npeople: {ana: U0ANA}\nroles: {admin: [ana]}\n")
    result = CliRunner().invoke(app, words)
    assert result.exit_code != 0
    assert KEY not in told(result) + caplog.text


def told(result: Result) -> str:
    """With what Python itself would print."""
    broke = not isinstance(result.exception, SystemExit | None)
    return result.output + ("".join(traceback.format_exception(result.exception)) if broke else "")


PASTED = (
    f"https://ana:{KEY}@shop.example",
    f"https://x-token:{KEY}@git.example/shop.git",
    f"https://ghp_{KEY}{KEY}@git.example/shop.git",
    f"npm run build --token=sk_live_{KEY}",
)
"""At questions whose answers are shown, and would stand in catalog.yml."""


def dialogue(website: str, own: str, shop: str) -> tuple[str, ...]:
    """Everything that can be typed wrong is, and then right."""
    url, *repository, build = PASTED
    return (
        *("y", f"xoxb-{KEY}-wrong", SIGNING, TOKEN),
        *(*ADDRESSES, own),
        *("1 ben", "chi", ""),
        *("shop", "#shop-ops", "production"),
        *(url, website, ""),
        *(*ADDRESSES, shop),
        *(f"rk_live_{KEY}", ""),
        *("y", *repository, "/srv/git/shop.git", "/srv/shop/releases", build, "npm run build", "true", ""),
        "n",
        *("y", "y", "y"),
    )


async def initialised(website: str, database_url: str) -> Result:
    own, shop = (database_url.replace("postgres:@", f"postgres:{name}-{KEY}@") for name in ("own", "shop"))
    assert KEY in own + shop
    words, typed = ["init", "--stripe-api", "http://127.0.0.1:9"], dialogue(website, own, shop)
    return await asyncio.to_thread(CliRunner().invoke, app, words, "\n".join(typed) + "\n")


def check_kept(folder: Path, result: Result, logged: str) -> None:
    """In .env alone, which is its owner's alone; what was typed in sight is echoed by the terminal, once."""
    said = told(result)
    for typed in PASTED:
        said = said.replace(f": {typed}\n", ": \n", 1)
    found = {path.name: path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob(".env*"))
    for where, text in {**found, "said": said, "logged": logged}.items():
        for secret in (KEY, TOKEN, SIGNING):
            assert secret not in text or where.startswith(".env"), (where, text)


async def test_init_tells_its_secrets_to_one_file_alone(
    folder: Path, website: str, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    result = await initialised(website, database_url)
    assert "Path of its health check" in result.output, result.output
    kept = env_file.values(folder / ".env")
    assert {name for name, value in kept.items() if KEY in value} == {"DATABASE_URL", "SHOP_PRODUCTION_DB"}
    assert (kept["SLACK_BOT_TOKEN"], kept["SLACK_SIGNING_SECRET"]) == (TOKEN, SIGNING)
    check_kept(folder, result, caplog.text)


@pytest.mark.parametrize("where", ["bot.init.env_file.write", "bot.doctor.check_up"])
async def test_init_tells_none_when_it_breaks(
    folder: Path,
    website: str,
    database_url: str,
    where: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> NoReturn:
        raise RuntimeError("it broke")

    monkeypatch.setattr(where, broken)
    result = await initialised(website, database_url)
    assert isinstance(result.exception, RuntimeError)
    check_kept(folder, result, caplog.text)
