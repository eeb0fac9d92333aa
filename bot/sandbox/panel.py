"""The page's panel about the world behind the workspace: what is true now, what one can break, what to try. Pure."""

from collections.abc import Mapping, Sequence

TITLE = "Lantern Shop"
KILL, SLOW, BREAK = "kill-bot", "slow-staging", "break-again"

ACTIONS = (
    {
        "id": KILL,
        "label": "Kill the bot",
        "confirm": "SIGKILL to the bot's process: no last words. It is started again after 2 s.",
    },
    {
        "id": SLOW,
        "label": "Hold up staging's database",
        "confirm": "Somebody's long transaction locks staging's orders for 30 s. A backup there waits: "
        "time to kill the bot in the middle of it.",
    },
    {
        "id": BREAK,
        "label": "Deploy the broken release again",
        "confirm": "Mia's release becomes production's current one again; six new payments do not reach the shop.",
    },
)
TOUR = (
    "Wait for the alert in #shop-ops: the bot's own watch finds what is broken",
    "Open the shop (Shop production, above) and buy a lamp: it really fails",
    "As Ana in #shop-ops: `/health shop production`",
    "`/rollback because checkout answers 500`: here the channel says which service and environment",
    "Press Approve as Ana: refused, and told who can",
    "Open a second person, Ben, beside you: approve in his direct messages, and watch the steps",
    "Reload the shop: it sells again",
    "Press “Replay 6 webhooks…”, approve it as Ben. Then again: nothing is sent twice",
    "As Eli, a viewer: `/rollback shop production` is refused, with the policy's line and whom to ask",
    "Hold up staging's database (above), `/backup db shop staging`, kill the bot: read what it says after its return",
    "`/backup db shop staging` once more, then `/backup verify`",
    "`/audit verify`: the whole chain of what happened",
)


def world(facts: Sequence[Mapping[str, str]], bot: Mapping[str, str]) -> dict[str, object]:
    """The panel's whole content."""
    return {
        "title": TITLE,
        "facts": [dict(fact) for fact in (*facts, bot)],
        "actions": [dict(action) for action in ACTIONS],
        "tour": list(TOUR),
    }


def bot_fact(pid: int | None, *, ready: bool) -> dict[str, str]:
    state, detail = ("ok", f"runs as process {pid}") if ready and pid else ("waiting", "is starting")
    if pid is None:
        state, detail = "down", "was killed; it is started again"
    return {"label": "Watchkeeper", "state": state, "detail": detail, "url": ""}
