"""Measurements: each prints one table. Nothing here is part of the bot."""
