"""How long to wait before the next connection: longer with each failure, never in step with others. Pure."""

from collections.abc import Sequence

MINUTE_S = 60.0
FREE = 5  # connections a minute that need no reason: a refresh, a warning, a short break of the network


def wait_s(
    failures: int, opened: Sequence[float], now: float, chance: float, first_s: float = 1.0, longest_s: float = 30.0
) -> float:
    """`failures` in a row, when connections were `opened` of late, and `chance` in 0..1 that spreads the replicas.

    Slack's sources disagree on how often a connection may be opened, so too many good ones slow down as well.
    """
    crowded = max(0, sum(now - at < MINUTE_S for at in opened) - FREE)
    step = failures + crowded
    if step == 0:
        return 0.0
    return min(longest_s, first_s * 2.0 ** min(step - 1, 16)) * (0.5 + chance / 2)
