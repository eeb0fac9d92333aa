"""Which addresses the bot calls to say that it is well. Pure."""

from bot.domain.address import web_address


def unsafe(url: str) -> str:
    """Why the bot does not call this address, without a word of it; empty when it does."""
    try:
        web_address(url)
    except ValueError as wrong:
        return str(wrong)
    return ""
