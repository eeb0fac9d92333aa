"""The tasks a process owns: when one of them ends by an error, the process stops loudly."""

import asyncio
from collections.abc import Coroutine

import structlog

from bot.slack.socket import SwitchedOff

log = structlog.get_logger()


class Tasks:
    """`stopping` is set by whoever wants the process to end; `failed` says why when one of its own tasks did."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.failed: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, name: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            log.error("process.task_failed", task=task.get_name(), exc_info=error)
            failed = f"{task.get_name()} failed ({type(error).__name__}); the log says more."
            says = str(error) if isinstance(error, SwitchedOff) else failed
            self.failed = self.failed or f"watchkeeper stopped: {says}"
            self.stopping.set()

    async def end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
