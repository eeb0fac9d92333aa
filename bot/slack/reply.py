"""An answer to one person through the response_url of what they just did; never to a host that is not Slack's."""

from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.domain.json import JsonObject

log = structlog.get_logger()

SLACK = (("https", "hooks.slack.com"), ("https", "hooks.slack-gov.com"))
TIMEOUT = aiohttp.ClientTimeout(total=10)


class Replies:
    """`send` posts once and never raises for Slack's sake: an ephemeral answer may be lost, the record may not."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session = session
        self._places = {*SLACK, urlsplit(api_url)[:2]}

    def allowed(self, url: str) -> bool:
        """Slack's own, or the scheme and host of SLACK_API_URL."""
        try:
            return urlsplit(url)[:2] in self._places
        except ValueError:
            return False

    async def send(self, url: str, text: str, blocks: list[JsonObject], *, replace: bool = False) -> bool:
        if not self.allowed(url):
            log.warning("reply.host_refused", host=url.partition("://")[2].partition("/")[0][:80])
            return False
        message = {"text": text, "blocks": blocks, "response_type": "ephemeral", "replace_original": replace}
        try:
            async with self._session.post(url, json=message, timeout=TIMEOUT, allow_redirects=False) as answer:
                if answer.status >= 300:
                    log.warning("reply.refused", status=answer.status)
                return answer.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("reply.failed", error=type(error).__name__)
            return False
