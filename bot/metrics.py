"""Counters and gauges for the admin port; names say what, labels stay few."""

from prometheus_client import Counter, Gauge, Histogram

ACKNOWLEDGED = Histogram(
    "watchkeeper_acknowledge_seconds",
    "From a request's first byte to its acknowledgement",
    ["kind"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 2, 2.5, 3),
)
REFUSED_AT_DOOR = Counter("watchkeeper_refused_at_door_total", "Requests refused before Bolt", ["why"])
RUNS_IN_HAND = Gauge("watchkeeper_runs_in_hand", "Runs that this process is planning, starting or executing")
SLACK_CALLS = Counter("watchkeeper_slack_calls_total", "Calls to Slack's Web API", ["method", "result"])
SLACK_REACHABLE = Gauge("watchkeeper_slack_reachable", "1 while Slack's Web API answers")
POSTS_WAITING = Gauge("watchkeeper_posts_waiting", "Messages that wait to be sent")
LOOP_LAG = Gauge("watchkeeper_loop_lag_seconds", "How late the event loop woke last")
