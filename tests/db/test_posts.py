"""The queue of messages: what hangs on another one, and what has to come before it."""

from datetime import timedelta

import pytest

from bot.db import posts
from bot.db.database import Pool
from bot.db.posts import Intent, Kind

THREAD, TOLD = 4, 5


async def _intend(pool: Pool, key: str, kind: Kind = "thread", priority: int = THREAD) -> None:
    hangs_on = "root" if kind == "thread" else None
    await posts.intend(pool, Intent(key, None, kind, {"says": key}, priority, "C1", thread_key=hangs_on))


async def _due(pool: Pool) -> list[str]:
    return [post.key for post in await posts.due(pool)]


async def _begin(pool: Pool, key: str) -> None:
    post = await posts.get(pool, key)
    assert post is not None
    assert await posts.begin(pool, post)


async def test_a_thread_waits_for_what_may_have_arrived_before(pool: Pool) -> None:
    await _intend(pool, "root", "message")
    await posts.posted(pool, "root", "C1", "1.0", "")
    for key in ("first", "second"):
        await _intend(pool, key)
    await _intend(pool, "elsewhere", "message")
    await _begin(pool, "first")  # whoever sent it died: it is looked for, a little later
    assert await _due(pool) == ["root", "elsewhere"]
    await posts.posted(pool, "first", "C1", "2.0", "")
    assert await _due(pool) == ["root", "second", "elsewhere"]


async def test_a_threads_next_line_waits_for_one_that_slack_does_not_take_yet(pool: Pool) -> None:
    await _intend(pool, "root", "message")
    await posts.posted(pool, "root", "C1", "1.0", "")
    await _intend(pool, "told", priority=TOLD)  # intended first, wanted last
    for key in ("first", "second"):
        await _intend(pool, key)
    await posts.later(pool, "first", "ratelimited", timedelta(minutes=1))
    assert await _due(pool) == ["root"]
    await posts.gone(pool, "first", "no_permission")
    assert await _due(pool) == ["root", "second"]
    await posts.posted(pool, "second", "C1", "2.0", "")
    assert await _due(pool) == ["root", "told"]


async def test_a_long_queue_to_one_channel_keeps_no_other_waiting(pool: Pool) -> None:
    for number in range(4):
        await _intend(pool, f"here {number}", "message")
    await posts.intend(pool, Intent("elsewhere", None, "message", {}, THREAD, "C2"))
    first = (await posts.due(pool, 3))[0]
    assert [post.key for post in await posts.due(pool, 3, [first.lane])] == ["elsewhere"]


async def test_many_edits_keep_no_message_waiting(pool: Pool) -> None:
    await _intend(pool, "shown", "message", priority=0)
    await posts.posted(pool, "shown", "C1", "1.0", "of before")
    await _intend(pool, "new", "message")
    assert await _due(pool) == ["shown", "new"]
    assert [post.key for post in await posts.due(pool, edits=False)] == ["new"]


async def test_what_nobody_edits_any_more_is_forgotten_batch_by_batch(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "BATCH", 2)
    for key in ("a", "b", "c", "d", "e", "waits", "alert", "new"):
        await _intend(pool, key, "message")
        if key != "waits":
            await posts.posted(pool, key, "C1", "1.0", "")
    await pool.execute("UPDATE posts SET wanted = wanted || '{\"open\": \"true\"}' WHERE key = 'alert'")
    await pool.execute("UPDATE posts SET updated_at = clock_now() - interval '31 days' WHERE key <> 'new'")
    await posts.forget(pool)
    kept = await pool.fetch("SELECT key FROM posts ORDER BY key")
    assert [row["key"] for row in kept] == ["alert", "new", "waits"]
