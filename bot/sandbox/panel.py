"""The page's panel about the world behind the workspace: what is true now, what one can break, what to try. Pure."""

from collections.abc import Mapping, Sequence

TITLE = "Lantern Shop"
KILL, SLOW, BREAK, REPORT = "kill-bot", "slow-staging", "break-again", "monitor-reports"

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
        "id": REPORT,
        "label": "Let the uptime monitor report",
        "confirm": "A monitor outside looks at the checkout and tells the bot what it sees, as Pingdom would.",
    },
    {
        "id": BREAK,
        "label": "Deploy the broken release again",
        "confirm": "Mia's release becomes production's current one again; six new payments do not reach the shop.",
    },
)
TOUR = (  # a command between ` ` becomes a button
    "The alert comes by itself: the bot watches",
    "Open the shop (above), buy a lamp: it fails",
    "Look: `/health shop production`",
    "[Open incident] below: its channel appears at the left, with all that is known",
    "There: [I'm on it], then `/rollback because checkout answers 500`",
    "Approve it as Ana: refused, and told who can",
    "＋ second person, Ben: approve in his direct messages",
    "Reload the shop: it sells",
    "“Replay 6 webhooks…”, Ben approves; again: nothing is sent twice",
    "In the incident's channel `/incident resolve checkout answers again`: [Export PDF], [Draft post-mortem]",
    "Read the thread under its header: nobody wrote it",
    "As Eli, who may only look: `/rollback shop production`",
    "Hold up staging's database, `/backup db shop staging`, kill the bot: its word after its return",
    "Back up once more, then `/backup verify shop staging`",
    "`/audit verify`: the chain of all that happened",
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
    state, detail = ("ok", f"process {pid}") if ready and pid else ("waiting", "is starting")
    if pid is None:
        state, detail = "down", "dead; it is started again"
    return {"label": "Watchkeeper", "state": state, "detail": detail, "url": ""}
