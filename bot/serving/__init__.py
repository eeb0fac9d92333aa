"""The parts of a running process: its tasks, the workspace it serves, the files in force, Slack's way in."""
