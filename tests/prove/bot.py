"""The real bot as its own process, with the harness's command among its own: `python -m tests.prove.bot serve`.

PROVE_LEASE_S shortens the lease where a trial repeats hundreds of crashes; PROVE_QUICK lifts the bot's own pace
towards Slack, so that a trial does not last as long as the words about it take at one message a second.
"""

import os
from datetime import timedelta
from pathlib import Path

import commands
from bot.db import workers
from bot.slack import pace

commands.__path__ = [*commands.__path__, str(Path(__file__).parent / "extra")]
if lease := os.environ.get("PROVE_LEASE_S"):
    workers.LEASE = timedelta(seconds=float(lease))  # before anybody reads it
    workers.BEAT = workers.LEASE / 8
if os.environ.get("PROVE_QUICK"):
    pace.POSTS_PER_S = 1000.0
    pace.EDITS_PER_MINUTE, pace.KEPT_FOR_URGENT = 100_000, 10


if __name__ == "__main__":
    from bot.__main__ import main

    main()
