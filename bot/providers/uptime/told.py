"""One sentence for every monitor: what is down or up again, and why."""

from datetime import datetime

from bot.domain.incoming import Incoming, Malformed, Notice, State, digest_of, discreet, web_link


def told(
    incoming: Incoming, title: str, monitor: object, state: State, why: object, *, link: object = "",
    at: datetime | None = None,
) -> Notice:  # fmt: skip
    """The same bytes are the same delivery: none of these senders signs an id."""
    name = discreet(monitor, 80)
    if not name or not state:
        raise Malformed("names no monitor or no state")
    because = discreet(why, 120)
    says = f"{title}: {name} is {'down' if state == 'down' else 'up again'}{f' ({because})' if because else ''}"
    address = str(sorted(incoming.query.items())).encode()
    return Notice(digest_of(address + incoming.body), f"{state} {name}", says, web_link(link), at, name, state)
