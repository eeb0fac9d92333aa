"""An uptime monitor outside the company: looks at the shop's checkout and tells the bot by a webhook what it saw."""

from datetime import datetime

from aiohttp import ClientSession, ClientTimeout

CHECK = 4711


async def report(shop: str, address: str, now: datetime) -> str:
    """As Pingdom sends it, to the bot's `address` for it; returns what was seen and answered, for a person."""
    async with ClientSession(timeout=ClientTimeout(total=5)) as session:
        async with session.get(f"{shop}/checkout/quote?sku=harbour") as seen:
            status = seen.status
        body = {
            "check_id": CHECK,
            "check_name": "Checkout from Frankfurt",
            "current_state": "UP" if status == 200 else "DOWN",
            "state_changed_timestamp": int(now.timestamp()),
            "description": f"HTTP {status}",
        }
        async with session.post(address, json=body) as answer:
            return f"It saw HTTP {status} and told the bot, which answered {answer.status}."
