"""Secrets in the environment, well and ill formed: no command of the terminal tells them, not even when it breaks."""

import traceback
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app

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
    said = result.output + caplog.text
    if not isinstance(result.exception, SystemExit | None):  # what Python itself would print
        said += "".join(traceback.format_exception(result.exception))
    assert result.exit_code != 0
    assert KEY not in said
