"""The policy changes under people's hands: tried before, taken over at once, told in words."""

from pathlib import Path

from bot.db.database import Pool
from bot.files import read
from bot.review import tried
from tests.support.company import POLICY, Company


async def test_a_policy_is_tried_on_what_people_asked_for(company: Company, pool: Pool, tmp_path: Path) -> None:
    await company.asked()
    await company.type("eli", "/poke shop production")
    await company.alone("eli", "may not")
    current = read(tmp_path / "catalog.yml", tmp_path / "policy.yml", company.records)

    async def otherwise(old: str, new: str) -> list[str]:
        assert old in POLICY
        (tmp_path / "proposed.yml").write_text(POLICY.replace(old, new))
        proposed = read(tmp_path / "catalog.yml", tmp_path / "proposed.yml", company.records)
        return list((await tried(pool, current.policy, proposed.policy, current.catalog, 200)).lines())

    assert await otherwise("preset: small-team", "preset: small-team # the same") == [
        "None of the last 2 requests would be decided otherwise."
    ]
    assert await otherwise("operator: [admin, ana, chi]", "operator: [admin, chi]") == [
        "1 of the last 2 requests would be decided otherwise:",
        "  R-1 Ana /poke shop production: needed approval by 1 other operator, would be refused (proposed.yml:6)",
    ]
    assert await otherwise("preset: small-team", "preset: solo") == [
        "1 of the last 2 requests would be decided otherwise:",
        (
            "  R-1 Ana /poke shop production: needed approval by 1 other operator, "
            "would need a click of their own (preset solo)"
        ),
    ]
    assert await otherwise("ana, chi]", "ana]") == [
        "1 of the last 2 requests would be decided otherwise:",
        "  R-1 Ana /poke shop production: Ben or Chi could approve, now Ben could (preset small-team)",
    ]
    assert await otherwise("ana, chi]", "ana, chi, eli]") == [
        "2 of the last 2 requests would be decided otherwise:",
        "  R-2 Eli /poke shop production: was refused, would need approval by 1 other operator (preset small-team)",
        "  R-1 Ana /poke shop production: Ben or Chi could approve, now Ben, Chi or Eli could (preset small-team)",
    ]
