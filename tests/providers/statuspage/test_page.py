"""Public updates at a strict double of Statuspage, and as a signed webhook: once each, whatever gets lost."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from pydantic import ValidationError

from bot.domain.capability import StatusPage
from bot.domain.checkup import Doctor
from bot.domain.errors import ProviderError
from bot.domain.incident import Severity
from bot.domain.incoming import Incoming
from bot.domain.outward import PublicState, PublicUpdate
from bot.providers import status_webhook, statuspage
from bot.providers.registry import Context
from bot.providers.status_webhook import StatusWebhookSettings
from bot.providers.statuspage import StatuspageSettings, client
from bot.providers.webhooks.generic import RECEIVER
from tests.providers.conftest import NOW
from tests.support.statuspage import CHECKOUT, KEY, PAGE, StatuspageDouble

SECRET = "0123456789abcdef0123456789abcdef"


def update(key: str = "k1", state: PublicState = "investigating", text: str = "Checkout is slow.") -> PublicUpdate:
    return PublicUpdate("m1", key, "Problem with Checkout", state, text, Severity.SEV2, NOW + timedelta(minutes=20))


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StatuspageDouble]:
    monkeypatch.setattr(client, "GAP_S", 0.0)
    made = StatuspageDouble()
    await made.start()
    yield made
    await made.close()


def offered(double: StatuspageDouble, context_for: Callable[..., Context], key: str = KEY, **more: object) -> Context:
    return context_for(secrets={"$SP": key})


def page_of(double: StatuspageDouble, context: Context, **more: object) -> StatusPage:
    given = {"page": PAGE, "token": "$SP", "api": double.url, "components": {"Checkout": CHECKOUT}, **more}
    return statuspage.offers(StatuspageSettings.model_validate(given), context)[StatusPage]  # type: ignore[return-value]


async def test_an_incident_there_lives_through_its_updates(
    double: StatuspageDouble, context_for: Callable[..., Context]
) -> None:
    page = page_of(double, offered(double, context_for))
    link = await page.tell(update())
    assert link.startswith("https://stspg.io/")
    assert double.components == {CHECKOUT: "partial_outage"}
    assert await page.tell(update("k2", "monitoring", "A fix is in place.")) == link
    assert await page.tell(update("k3", "resolved", "This is solved.")) == link
    (one,) = double.incidents.values()
    assert (one["name"], one["status"], one["impact"]) == ("Problem with Checkout", "resolved", "major")
    assert double.texts() == ["Checkout is slow.", "A fix is in place.", "This is solved."]
    assert double.components == {CHECKOUT: "operational"}
    assert [told["deliver"] for told in one["incident_updates"]] == [True, True, True]


@pytest.mark.parametrize(
    ("faults", "updates"),
    [
        ([], 1),
        ([429], 1),
        ([420, 429], 1),
        ([503, 503], 1),  # reads are repeated
        ([0, 0, "lost"], 1),  # taken, not answered: found there
        ([0, 0, "cut"], 1),  # not taken: sent again
        ([0, 0, 502], 1),
    ],
)
async def test_an_update_is_there_once_whatever_is_lost(
    double: StatuspageDouble, context_for: Callable[..., Context], faults: list[int | str], updates: int
) -> None:
    double.faults = [fault if fault != 0 else "fine" for fault in faults]
    await page_of(double, offered(double, context_for)).tell(update())
    assert len(double.texts()) == updates
    assert len(double.incidents) == 1


async def test_a_resolving_update_whose_answer_was_lost_is_found_among_the_resolved(
    double: StatuspageDouble, context_for: Callable[..., Context]
) -> None:
    page = page_of(double, offered(double, context_for))
    await page.tell(update())
    double.faults = ["fine", "lost"]
    await page.tell(update("k2", "resolved", "Solved."))
    assert double.texts() == ["Checkout is slow.", "Solved."]


async def test_what_may_be_there_is_called_unknown(
    double: StatuspageDouble, context_for: Callable[..., Context]
) -> None:
    double.faults = ["fine", "fine", "cut", "fine", "fine", "cut"]
    with pytest.raises(ProviderError) as raised:
        await page_of(double, offered(double, context_for)).tell(update())
    assert raised.value.changed == "unknown"
    assert [method for method, _ in double.calls].count("POST") == 2


@pytest.mark.parametrize(
    ("more", "key", "says"),
    [
        ({}, "wrong", "refuses the key in $SP"),
        ({"page": "nosuchpage1"}, KEY, "knows no page nosuchpage1"),
        ({"components": {"Checkout": "nosuchone1"}}, KEY, "Component nosuchone1 not found"),
    ],
)
async def test_a_refusal_says_what_to_put_right_and_changes_nothing(
    double: StatuspageDouble, context_for: Callable[..., Context], more: dict[str, object], key: str, says: str
) -> None:
    with pytest.raises(ProviderError, match=says.replace("$", r"\$")) as raised:
        await page_of(double, offered(double, context_for, key), **more).tell(update())
    assert raised.value.changed == "nothing"
    assert double.incidents == {}


@pytest.mark.parametrize(
    ("components", "state", "says"),
    [
        ({"Checkout": CHECKOUT}, "ok", "Shop status answers, 1 named"),
        ({"Checkout": "nosuchone1"}, "fail", "no component Checkout (nosuchone1)"),
        ({}, "warn", "names none of its components"),
    ],
)
async def test_the_doctor_looks_at_page_and_components_by_reading(
    double: StatuspageDouble,
    context_for: Callable[..., Context],
    components: dict[str, str],
    state: str,
    says: str,
) -> None:
    given = {"page": PAGE, "token": "$SP", "api": double.url, "components": components}
    made = statuspage.offers(StatuspageSettings.model_validate(given), offered(double, context_for))[Doctor]
    (remark,) = await made.examine()  # type: ignore[attr-defined]
    assert remark.state == state
    assert says in remark.says
    assert {method for method, _ in double.calls} == {"GET"}


# --- the plain webhook ------------------------------------------------------------------------------------------


@dataclass
class Hook:
    """Who receives, with the statuses that it answers in order; then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((await request.read(), {name.lower(): value for name, value in request.headers.items()}))
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": "http://127.0.0.1:1/"} if status == 302 else {})


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/status", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/status"
    yield made
    await runner.cleanup()


def webhook(hook: Hook, context_for: Callable[..., Context]) -> StatusPage:
    settings = StatusWebhookSettings(url=hook.url, secret="$HOOK")
    return status_webhook.offers(settings, context_for(secrets={"$HOOK": SECRET}))[StatusPage]  # type: ignore[return-value]


async def test_a_webhook_is_signed_as_the_bot_s_own_are(hook: Hook, context_for: Callable[..., Context]) -> None:
    hook.answers = [503]
    await webhook(hook, context_for).tell(update())
    assert [headers["idempotency-key"] for _, headers in hook.got] == ["k1", "k1"]
    body, headers = hook.got[-1]
    notice = RECEIVER.read(Incoming(headers, body, SECRET, NOW))
    assert notice is not None
    assert (notice.id, notice.says) == ("k1", "Checkout is slow.")


@pytest.mark.parametrize(
    ("answers", "changed", "says"),
    [
        ([302], "nothing", "not followed"),
        ([401], "nothing", "refuses"),
        ([500, 500, 500], "unknown", "answered nothing"),
    ],
)
async def test_a_webhook_that_is_not_taken_says_so(
    hook: Hook, context_for: Callable[..., Context], answers: list[int], changed: str, says: str
) -> None:
    hook.answers = answers
    with pytest.raises(ProviderError, match=says) as raised:
        await webhook(hook, context_for).tell(update())
    assert raised.value.changed == changed


@pytest.mark.parametrize(
    "url", ["http://status.example/x", "https://user:pw@status.example", "ftp://x", "file:///etc/passwd", "https://"]
)
def test_words_go_over_https_or_stay_on_this_machine(url: str) -> None:
    with pytest.raises(ValidationError):
        StatusWebhookSettings(url=url, secret="$HOOK")
    with pytest.raises(ValidationError):
        StatuspageSettings(page=PAGE, token="$SP", api=url)
