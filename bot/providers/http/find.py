"""For `init`: which path of a website tells how it is. One GET each, no redirects followed."""

import asyncio
from collections.abc import Sequence

import httpx

from bot.connecting import watched

PATHS = ("/healthz", "/health", "/api/health", "/api/healthz", "/api/auth/health", "/up", "/status", "/")


async def health_paths(url: str) -> Sequence[str]:
    """Those that answer 200, the likeliest first; empty when nothing does."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=5, trust_env=False, event_hooks={"request": [watched]}) as http,
        asyncio.TaskGroup() as group,
    ):
        tasks = [group.create_task(_answers(http, path)) for path in PATHS]
    return [path for path, task in zip(PATHS, tasks, strict=True) if task.result()]


async def _answers(http: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await http.get(path)).status_code == 200
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
