"""Typesetting: Markdown becomes a PDF. Knows no incident, no database and no Slack; nothing is fetched."""
