"""The policy in the terminal: explained, asked and tried on what people really asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from tests.support.company import CATALOG, POLICY

Tell = Callable[..., Result]


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """`tell("can", "ana", …, policy=…)`: watchkeeper policy can ana … on the files of a small company."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("WATCHKEEPER_CATALOG", str(tmp_path / "catalog.yml"))
    monkeypatch.setenv("WATCHKEEPER_POLICY", str(tmp_path / "policy.yml"))

    def told(*words: str, policy: str = POLICY, catalog: str = CATALOG) -> Result:
        (tmp_path / "catalog.yml").write_text(catalog)
        (tmp_path / "policy.yml").write_text(policy)
        return CliRunner().invoke(app, ["policy", *words])

    return told


def test_explain_says_who_may_do_what_and_how_it_is_confirmed(tell: Tell) -> None:
    told = " ".join(tell("explain").output.split())
    assert "shop production (protected)" in told
    assert (
        "- Operators (Ana, Ben and Chi) may change (replay webhooks, roll back, tell people outside) with one other "
        "operator's approval (15 min; alone after 3 min without an answer). [policy.yml:7, 8; preset small-team]"
    ) in told
    assert "Ben may do what is destructive (restore a backup) after typing what the plan card asks for." in told
    assert "- Only Ben may do what is destructive (restore a backup) in shop production" in told


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ("ana", "rollback shop production"),
            0,
            (
                "Ana may roll back shop production once 1 other operator agrees within 15 min (preset small-team).\n"
                "These could approve: Ben, Chi.\n"
            ),
        ),
        (("@ana", "/rollback staging shop"), 0, "Ana may roll back shop staging after a click on the plan card"),
        (("U0ANA", "health shop production"), 0, "Ana may look at the health of shop production"),
        (
            ("eli", "rollback shop production"),
            1,
            "Eli may not roll back shop production: viewers may only look (policy.yml:6). Ana, Ben or Chi can.\n",
        ),
        (("everyone", "rollback shop production"), 1, "Anybody else may not roll back shop production"),
        (("U0KIT", "health shop production"), 0, "U0KIT may look at the health of shop production"),
        (("zoe", "health shop"), 2, "policy.yml names nobody called 'zoe'. It names ana, ben, chi, eli;"),
        (("ana", "rolback shop"), 2, "“rolback” is not a command here. Did you mean /rollback?"),
        (("ana", "rollback shop producton"), 2, "production"),
        (("ana", "rollback help"), 2, "Name a command with its service and environment."),
    ],
)
def test_can_says_why_by_which_line_and_who_can_help(
    tell: Tell, words: tuple[str, ...], code: int, told: str
) -> None:
    result = tell("can", *words)
    assert told in result.output
    assert result.exit_code == code


@pytest.mark.parametrize(
    ("at", "channel", "code"),
    [
        ("2026-11-20T10:00+00:00", "C0SHOPOPS", 0),
        ("2026-11-21T10:00+00:00", "C0SHOPOPS", 1),
        ("2026-11-20T10:00+00:00", "C0GENERAL", 1),
    ],
)
def test_can_asks_for_a_given_time_and_channel(tell: Tell, at: str, channel: str, code: int) -> None:
    bound = 'in: [shop], hours: "Mon-Fri 09:00-18:00 Europe/London", channels: [C0SHOPOPS]}'
    policy = POLICY.replace("operator, may: [record, change], in: [shop]}", f"operator, may: [change], {bound}")
    words = ("can", "ana", "rollback shop staging", "--at", at, "--channel", channel)
    assert tell(*words, policy=policy).exit_code == code


def test_check_names_every_mistake_and_explain_refuses_such_a_file(tell: Tell) -> None:
    broken = POLICY.replace("role: viewer", "role: viewr")
    for word in ("check", "explain"):
        result = tell(word, policy=broken)
        assert "policy.yml:6: 'viewr' is not a role. Did you mean 'viewer'?" in result.output
        assert result.exit_code == 1


def test_check_notes_what_is_thin(tell: Tell) -> None:
    result = tell("check")
    assert "note: Only Ben may do what is destructive" in result.output
    assert "are fine" in result.output
    assert result.exit_code == 0
