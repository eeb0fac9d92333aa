"""The sample service: the source of the Lantern Shop and the story of its releases. Starts nothing itself."""

from bot.sandbox.shop.history import BAD, COMMITS, GOOD, Commit, source

__all__ = ["BAD", "COMMITS", "GOOD", "Commit", "source"]
