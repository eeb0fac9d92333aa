"""What may not be said in its channel, because others read along, is said elsewhere.

An answer goes to whoever asked. What nobody asked for goes to the ops channel, an alert to whoever is on call, and
where there is neither, to the admins. Its row stays what the follower writes to: the copies follow it.
"""

from collections.abc import Callable, Sequence

import structlog

from bot.db import posts, runs
from bot.db.channels import FRESH
from bot.db.database import Connection, Pool
from bot.db.posts import Intent, Post
from bot.domain.run import Run
from bot.slack.outsiders import READ_ALONG, outsiders_card
from bot.slack.wanted import wanted

log = structlog.get_logger()

OPS, ON_CALL = "ops", "on call"
"""Where a message goes that its channel must not show: `wanted(…, elsewhere=OPS)`."""
_NOW = 0  # priority


class Elsewhere:
    """ops: the id of the ops channel, or empty. on_duty: whoever is on call, else the admins."""

    def __init__(self, pool: Pool, ops: Callable[[], str], on_duty: Callable[[], Sequence[str]]) -> None:
        self._pool = pool
        self._ops = ops
        self._on_duty = on_duty

    async def say(self, post: Post) -> None:
        """What stands there stays as it is."""
        run = await runs.get(self._pool, post.run_id) if post.run_id is not None else None
        way = _way(post, run)
        if post.ts:
            await posts.later(self._pool, post.key, READ_ALONG, FRESH, state="posted")
        elif asker := _asker(post, run):
            kind: posts.Kind = "dm" if post.key.endswith(":root") else "ephemeral"
            await posts.to_person(self._pool, post.key, asker, kind)
        elif addressees := self._addressees(post, way):
            await self._copy(post.key, addressees)
        else:
            if way:
                log.warning("post.told_nobody", key=post.key, remedy="name people on call or an admin in policy.yml")
            await posts.gone(self._pool, post.key, READ_ALONG)
            await self._tell_who_shared(post)

    async def again(self, post: Post) -> None:
        """It was told elsewhere and has changed: those who were told see that."""
        await self._copy(post.key, post.person.split())

    async def reply(self, post: Post, parent: Post) -> None:
        """What hangs on a message that was told elsewhere hangs on its copies."""
        addressees = parent.person.split()
        async with self._pool.acquire() as connection, connection.transaction():
            for one in addressees:
                key, thread = f"{post.key}:{one}", _key(parent, one)
                copy = Intent(key, None, post.kind, post.wanted, post.priority, thread_key=thread)
                await posts.intend(connection, copy)
            await posts.told_elsewhere(connection, post, addressees)

    def _addressees(self, post: Post, way: str) -> Sequence[str]:
        ops = self._ops()
        if way == OPS and ops and ops != post.channel:
            return [ops]
        return self._on_duty() if way else ()

    async def _copy(self, key: str, addressees: Sequence[str]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            post = await posts.locked(connection, key)
            if post is not None and not post.ts:
                await self._copy_newest(connection, post, addressees)

    async def _copy_newest(self, connection: Connection, post: Post, addressees: Sequence[str]) -> None:
        for one in addressees:
            await posts.intend(connection, _copy_of(post, one))
        await posts.told_elsewhere(connection, post, addressees)

    async def _tell_who_shared(self, post: Post) -> None:
        """A message of a channel with a person: who wanted it to be there."""
        if post.kind != "message" or not post.person:
            return
        content = await wanted(self._pool, outsiders_card(post.channel), (), None)
        key = f"{post.key}:kept"
        await posts.intend(
            self._pool, Intent(key, None, "ephemeral", content, _NOW, post.channel, person=post.person)
        )


def _asker(post: Post, run: Run | None) -> str:
    """Whose answer it is; empty where that is nobody, or nobody who reads Slack."""
    if run is None or run.via == "schedule" or run.actor.startswith("terminal:"):
        return ""
    return run.actor if post.key.endswith((":root", ":answer")) else ""


def _way(post: Post, run: Run | None) -> str:
    """Empty for what is said nowhere else."""
    if post.kind != "message" or post.person:
        return ""
    if run is None:
        return str(post.wanted.get("elsewhere") or (ON_CALL if "alert" in post.wanted else ""))
    if post.key.endswith(":root"):
        return ON_CALL if run.via == "schedule" else ""
    return OPS  # that somebody went on without votes, and who looks at it afterwards


def _copy_of(post: Post, one: str) -> Intent:
    """One for each who is told, however many channels it was meant for."""
    content = {name: value for name, value in post.wanted.items() if name not in ("alert", "elsewhere")}
    key, told = _key(post, one), post.state == "posted"
    if one.startswith(("C", "G")):
        content |= {"elsewhere": OPS}
        return Intent(key, None, "message", content, post.priority, one, only_edit=told)
    return Intent(key, None, "dm", content, post.priority, person=one, only_edit=told)


def _key(post: Post, one: str) -> str:
    in_key = post.channel and post.channel in post.key
    return post.key.replace(post.channel, one) if in_key else f"{post.key}:{one}"
