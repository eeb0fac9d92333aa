"""Sentry: its webhooks."""

from bot.providers.sentry.incoming import RECEIVER

__all__ = ["RECEIVERS"]

RECEIVERS = (RECEIVER,)
