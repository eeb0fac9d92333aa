"""The terminal's way to ask, approve and watch: the same engine on the same database, without Slack."""
