"""Backups in a bucket: made by night, verified, put back and let go as those in a folder are."""

import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain.run import State
from bot.domain.schedule import schedules
from bot.providers.store.bucket import Bucket
from bot.schedule import Scheduler
from tests.stories.conftest import Open
from tests.support.bucket import KEY, SECRET, keys, made_bucket, s3_server
from tests.support.company import POLICY, Company

pytestmark = pytest.mark.heavy

CATALOG = """
services:
  shop:
    channels: {{cards: C0SHOPOPS, production: [C0SHOPOPS], staging: [C0SHOPDEV]}}
    environments:
      production:
        postgres: {{url: $SHOP_DB, scratch: $SCRATCH, backup: {{daily: "03:30", keep: 1d}}}}
        backups:
          s3: {{bucket: {bucket}, endpoint: "{address}", prefix: bot, key: $BACKUP_KEY, secret: $BACKUP_SECRET}}
      staging: {{protected: false}}
"""
TWO_ADMINS = POLICY.replace("admin: [ben]", "admin: [ben, chi]")


@pytest.fixture
def address() -> Iterator[str]:
    with s3_server() as found:
        yield found


@pytest.fixture
async def bucket(address: str) -> Bucket:
    return await made_bucket(address, f"backups-{secrets.token_hex(4)}")


async def night(company: Company, number: int) -> None:
    """Until the backup of the next night has ended."""
    (nightly,) = schedules(company.process.installation.catalog)
    now = await company.pool.fetchval("SELECT clock_now()")
    await company.forward(nightly.rule.next(now) - now + timedelta(seconds=1))
    await Scheduler(company.process.installation).look(nightly)
    assert (await company.ended(number)).state is State.SUCCEEDED


async def test_nights_go_into_the_bucket_come_back_from_it_and_old_ones_leave_it(
    open_company: Open, shop: str, bucket: Bucket, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKUP_KEY", KEY)
    monkeypatch.setenv("BACKUP_SECRET", SECRET)
    company = await open_company(catalog=CATALOG.format(bucket=bucket.name, address=address), policy=TWO_ADMINS)
    await Scheduler(company.process.installation).look(schedules(company.process.installation.catalog)[0])
    await night(company, 1)
    first, sum_ = await keys(bucket)
    assert first.startswith("bot/shop/production/shop-production-")
    assert sum_ == f"{first}.sha256"
    await night(company, 2)
    await company.type("ana", "/backup verify shop production")
    await company.see("50 rows in 1 table")
    await night(company, 4)
    assert first not in await keys(bucket), "two nights old, and a newer one is proven"
    await company.type("ben", "/backup restore shop production B-2 --into new")
    card = await company.see("Restore B-2")
    await company.click("chi", card, "approval.approve")
    assert (await company.ended(5)).state is State.SUCCEEDED
    assert not list((company.folder / "downloads").iterdir())
    await company.type("ana", "/backup status shop production")
    assert "gone" not in company.text(await company.see("last B-"))
    assert SECRET not in str([call.arguments for call in company.slack.calls])
