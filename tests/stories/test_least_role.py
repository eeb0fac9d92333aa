"""The bot as a PostgreSQL role that owns nothing: docs/security.md's own grants are enough, and no more than that."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bot.db import database, migration
from bot.db.database import Pool
from tests.support.company import Company

GRANTS = Path("docs/security.md").read_text().partition("```sql\n")[2].partition("```")[0]
OWN = [
    "UPDATE events SET actor = 'U0EVE'",
    "DELETE FROM event_seals",
    "UPDATE event_payloads SET body = '{}'",
    "TRUNCATE outbox",
    "ALTER TABLE events DISABLE TRIGGER events_kept",
    "SET session_replication_role = replica",
    "UPDATE clock SET ahead = '1 day'",
    "DELETE FROM migrations",
    "CREATE TABLE mine (id int)",
]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Connected as the least role; nothing is left to migrate."""
    owner = await asyncpg.connect(database_url)
    await owner.execute(GRANTS)
    pool = await database.connect(database_url.replace("postgres:@", "watchkeeper_run:choose-one@"))
    yield pool
    await pool.close()
    await owner.execute("DROP OWNED BY watchkeeper_run; DROP ROLE watchkeeper_run")
    await owner.close()


async def test_it_works_from_a_request_to_its_end_and_cannot_touch_the_record(company: Company) -> None:
    assert await company.pool.fetchval("SELECT current_user") == "watchkeeper_run"
    assert await migration.migrate(company.pool) == []
    await company.type("ana", "/incident checkout answers 500")
    await company.see("is open")
    card = await company.asked()
    await company.click("ben", card, "approval.approve")
    await company.becomes(card, "Poked")
    await company.type("ana", "/audit verify")
    await company.see("The audit log is whole")
    for statement in OWN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await company.pool.execute(statement)
