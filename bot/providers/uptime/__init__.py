"""Monitors that watch from outside and call when something is down: none of these can sign what it sends."""

from bot.domain.incoming import Receiver
from bot.providers.uptime.betterstack import read as betterstack
from bot.providers.uptime.healthchecks import read as healthchecks
from bot.providers.uptime.pingdom import read as pingdom
from bot.providers.uptime.uptimerobot import read as uptimerobot

__all__ = ["RECEIVERS"]

RECEIVERS = (
    Receiver("uptimerobot", "UptimeRobot", False, uptimerobot),
    Receiver("betterstack", "Better Stack", False, betterstack),
    Receiver("pingdom", "Pingdom", False, pingdom),
    Receiver("healthchecks", "Healthchecks", False, healthchecks),
)
