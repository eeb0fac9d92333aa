"""Forms and home tabs: opened, filled in, sent, refused, changed, closed."""

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import NoSuchElement, View, Workspace
from bot.sandbox.workspace.things import Json
from tests.sandbox.small_app import SmallApp, actions, button, field_of, modal, plain, section

HERE = "C0SHOPOPS"


def pick(kind: str = "static_select", **more: object) -> Json:
    options = [{"text": plain("Shop"), "value": "shop"}, {"text": plain("Blog"), "value": "blog"}]
    element = {"type": kind, "action_id": "service.pick", "options": options, **more}
    return {"type": "input", "block_id": "service", "label": plain("Service"), "element": element}


async def opened(ws: Workspace, app: SmallApp, slack: AsyncWebClient, view: Json) -> View:
    await ws.type("U0ANA", HERE, "/rollback")
    await slack.views_open(trigger_id=app.got[-1]["trigger_id"], view=view)
    return ws.views("U0ANA")[-1]


async def test_a_form_is_filled_in_sent_and_closed(ws: Workspace, small_app: SmallApp, slack: AsyncWebClient) -> None:
    view = await opened(
        ws, small_app, slack, modal(pick(), field_of("why"), callback_id="rollback", private_metadata="R-42")
    )
    answer = await ws.submit("U0ANA", view.id, {"service": "shop", "why": "checkout answers 500"})
    sent = small_app.got[-1]
    assert (answer.error, sent["type"], sent["user"]["id"]) == (None, "view_submission", "U0ANA")
    assert (sent["view"]["callback_id"], sent["view"]["private_metadata"]) == ("rollback", "R-42")
    values = sent["view"]["state"]["values"]
    assert values["service"]["service.pick"]["selected_option"]["value"] == "shop"
    assert values["why"]["why.typed"] == {"type": "plain_text_input", "value": "checkout answers 500"}
    assert ws.views("U0ANA") == []


async def test_values_may_come_by_action_id_or_in_slacks_own_shape(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    view = await opened(ws, small_app, slack, modal(pick("multi_static_select"), field_of("why")))
    shape = {"why.typed": {"type": "plain_text_input", "value": "because"}}
    await ws.submit("U0ANA", view.id, {"service.pick": ["shop", "Blog"], "why": shape})
    values = small_app.got[-1]["view"]["state"]["values"]
    assert [option["value"] for option in values["service"]["service.pick"]["selected_options"]] == ["shop", "blog"]
    assert values["why"]["why.typed"]["value"] == "because"


INCOMPLETE: list[tuple[str, Json, dict[str, str], str]] = [
    ("nothing typed", field_of("why"), {}, "required field"),
    ("too short", field_of("why", min_length=5), {"why": "x"}, "At least 5"),
    ("too long", field_of("why", max_length=3), {"why": "four"}, "At most 3"),
    ("nothing chosen", {**pick(), "block_id": "why"}, {}, "required field"),
]


@pytest.mark.parametrize(("what", "block", "values", "words"), INCOMPLETE, ids=[row[0] for row in INCOMPLETE])
async def test_an_incomplete_form_never_reaches_the_app(
    ws: Workspace,
    small_app: SmallApp,
    slack: AsyncWebClient,
    what: str,
    block: Json,
    values: dict[str, str],
    words: str,
) -> None:
    view = await opened(ws, small_app, slack, modal(block))
    answer = await ws.submit("U0ANA", view.id, values)
    assert (answer.error, len(small_app.got), len(ws.views("U0ANA"))) == ("incomplete_form", 1, 1)
    assert words in (answer.json() or {})["errors"]["why"]


async def test_what_the_form_does_not_have_cannot_be_filled_in(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    view = await opened(ws, small_app, slack, modal(pick(), {**field_of("why"), "optional": True}))
    with pytest.raises(NoSuchElement, match=r"no field \['reason'\]"):
        await ws.submit("U0ANA", view.id, {"reason": "x", "service": "shop"})
    with pytest.raises(NoSuchElement, match=r"service.pick offers 'shop', 'blog', not 'bank'"):
        await ws.submit("U0ANA", view.id, {"service": "bank"})
    assert (await ws.submit("U0ANA", view.id, {"service": "shop"})).error is None


async def answered(ws: Workspace, app: SmallApp, slack: AsyncWebClient, answer: Json) -> tuple[str | None, list[str]]:
    view = await opened(ws, app, slack, modal(field_of("why")))
    app.answer = lambda payload: web.json_response(answer)
    told = await ws.submit("U0ANA", view.id, {"why": "x"})
    return told.error and told.error.split(":")[0], [str(shown.body["title"]["text"]) for shown in ws.views("U0ANA")]


AFTER: list[tuple[str, Json, str | None, list[str]]] = [
    ("errors", {"response_action": "errors", "errors": {"why": "Say more."}}, None, ["Roll back"]),
    ("update", {"response_action": "update", "view": modal(section("x"), title=plain("Sent"))}, None, ["Sent"]),
    (
        "push",
        {"response_action": "push", "view": modal(section("x"), title=plain("Sure?"))},
        None,
        ["Roll back", "Sure?"],
    ),
    ("clear", {"response_action": "clear"}, None, []),
    (
        "errors at a block that is not",
        {"response_action": "errors", "errors": {"x": "y"}},
        "invalid_errors",
        ["Roll back"],
    ),
    ("a bad view", {"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments", ["Roll back"]),
    ("an action that is none", {"response_action": "wait"}, "invalid_response_action", ["Roll back"]),
]


@pytest.mark.parametrize(("what", "answer", "error", "titles"), AFTER, ids=[row[0] for row in AFTER])
async def test_the_app_decides_what_becomes_of_the_form(
    ws: Workspace,
    small_app: SmallApp,
    slack: AsyncWebClient,
    what: str,
    answer: Json,
    error: str | None,
    titles: list[str],
) -> None:
    assert await answered(ws, small_app, slack, answer) == (error, titles)


async def test_an_update_with_an_old_hash_is_refused(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    view = await opened(ws, small_app, slack, modal(section("Loading…")))
    await slack.views_update(view_id=view.id, hash=view.hash, view=modal(section("Releases")))
    assert ws.views("U0ANA")[0].blocks[0]["text"]["text"] == "Releases"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await slack.views_update(view_id=view.id, hash=view.hash, view=modal(section("Old")))


async def test_a_closed_form_tells_the_app_if_it_asked(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    view = await opened(ws, small_app, slack, modal(section("x"), notify_on_close=True))
    await ws.close_view("U0ANA", view.id)
    assert (small_app.got[-1]["type"], small_app.got[-1]["view"]["id"], ws.views("U0ANA")) == (
        "view_closed",
        view.id,
        [],
    )
    with pytest.raises(SlackApiError, match="not_found"):
        await slack.views_update(view_id=view.id, view=modal(section("x")))


async def test_a_home_tab_is_published_opened_and_clicked(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    await ws.open_home("U0ANA")
    assert small_app.got[-1]["event"]["type"] == "app_home_opened"
    home = {"type": "home", "blocks": [section("No open approvals"), actions(button("home.refresh", "Refresh"))]}
    view = (await slack.views_publish(user_id="U0ANA", view=home))["view"]
    await ws.click_view("U0ANA", view["id"], "Refresh")
    click = small_app.got[-1]
    assert (click["container"], click["view"]["type"]) == ({"type": "view", "view_id": view["id"]}, "home")
    assert (ws.home("U0BEN"), ws.home("U0ANA") is None) == (None, False)
