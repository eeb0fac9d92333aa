"""Counters and gauges for the admin port; names say what, labels stay few."""

from prometheus_client import Counter, Gauge, Histogram

ACKNOWLEDGED = Histogram(
    "watchkeeper_acknowledge_seconds",
    "From a request's first byte to its acknowledgement",
    ["kind"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 2, 2.5, 3),
)
REFUSED_AT_DOOR = Counter("watchkeeper_refused_at_door_total", "Requests refused before Bolt", ["why"])
WEBHOOKS = Counter("watchkeeper_webhooks_total", "Webhooks of others by what became of them", ["kind", "result"])
RUNS_IN_HAND = Gauge("watchkeeper_runs_in_hand", "Runs that this process is planning, starting or executing")
SLACK_CALLS = Counter("watchkeeper_slack_calls_total", "Calls to Slack's Web API", ["method", "result"])
SLACK_REACHABLE = Gauge("watchkeeper_slack_reachable", "1 while Slack's Web API answers")
POSTS_WAITING = Gauge("watchkeeper_posts_waiting", "Messages that wait to be sent")
SOCKET_CONNECTIONS = Gauge(
    "watchkeeper_socket_connections", "Connections of this app as Slack counted them last; more than bots are ghosts"
)
SOCKET_HEARD = Gauge(
    "watchkeeper_socket_last_heard_seconds", "When Slack was last heard over Socket Mode, pongs included"
)
SOCKET_ENVELOPES = Counter("watchkeeper_socket_envelopes_total", "What came over Socket Mode", ["result"])
SOCKET_FAREWELLS = Counter("watchkeeper_socket_farewells_total", "How often Slack ended a connection", ["reason"])
SOCKET_FAILURES = Counter("watchkeeper_socket_failures_total", "Connections that could not be opened", ["why"])
LOOP_LAG = Gauge("watchkeeper_loop_lag_seconds", "How late the event loop woke last")
DEAD_MAN = Counter("watchkeeper_dead_man_pings_total", "Calls to the catalog's dead man's address", ["result"])
