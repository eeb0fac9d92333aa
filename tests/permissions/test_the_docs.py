"""docs/policy.md shows files that load, and says what the bot says."""

import re
from collections.abc import Mapping
from pathlib import Path

from permissions.explain import explain
from permissions.model import ALL, BACKUP_CREATE, BACKUP_VERIFY, DEPLOY_ROLLBACK, WEBHOOK_REPLAY, Risk
from permissions.policy import load_policy
from permissions.presets import PRESETS
from permissions.survey import Thing
from permissions.wording import span

PAGE = (Path(__file__).parents[2] / "docs/policy.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SERVICES: Mapping[str, Mapping[str, bool]] = {"shop": {"production": True, "staging": False}}
THINGS = [
    Thing(BACKUP_CREATE, Risk.RECORD),
    Thing(BACKUP_VERIFY, Risk.RECORD),
    Thing(DEPLOY_ROLLBACK, Risk.CHANGE),
    Thing(WEBHOOK_REPLAY, Risk.CHANGE),
]


def test_the_first_example_is_explained_as_the_page_says() -> None:
    policy = load_policy(EXAMPLES[0], services=SERVICES, permissions=ALL)
    shown = re.search(r"```\nshop production \(protected\)\n(.*?)```", PAGE, re.DOTALL)
    assert shown
    place = next(s for s in explain(policy, SERVICES, THINGS) if s.heading == "shop production (protected)")
    assert " ".join(shown[1].split()) == " ".join(f"- {line}" for line in place.lines)
    assert policy.warnings == ()


def test_the_other_examples_load_together() -> None:
    roles = "viewer: everyone\n  trainee: [dev]\n  night: [S0NIGHT]\n  support: [dev] #"
    text = EXAMPLES[0].replace("viewer: everyone", roles) + "".join(EXAMPLES[1:4]) + "trust_groups: true\n"
    policy = load_policy(text, services=SERVICES, permissions=ALL)
    assert (len(policy.grants), len(policy.denials), len(policy.approvals)) == (7, 1, 2)


def test_the_table_of_presets_tells_their_times() -> None:
    rows = {row.split("`")[1]: row.split("|")[4:7] for row in PAGE.splitlines() if row.startswith(("| `c", "| `d"))}
    for risk in (Risk.CHANGE, Risk.DESTRUCTIVE):
        for cell, preset in zip(rows[risk.value], ("solo", "small-team", "strict"), strict=True):
            rule = PRESETS[preset][risk, True]
            assert (span(rule.answer) in cell) is bool(rule.need), (risk, preset)
            assert ("fresh backup" in cell) is rule.backup_first, (risk, preset)
            assert (f"{rule.need} other" in cell) is bool(rule.need), (risk, preset)


def test_the_page_about_approvals_shows_what_loads() -> None:
    shown = re.findall(r"```yaml\n(.*?)```", (Path(__file__).parents[2] / "docs/approvals.md").read_text(), re.DOTALL)
    policy = load_policy(EXAMPLES[0] + "".join(shown), services=SERVICES, permissions=ALL)
    assert policy.oncall is not None
    assert policy.glass is not None
