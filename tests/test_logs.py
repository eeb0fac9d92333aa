"""No secret reaches a log line: not as a field, not in a traceback, not as the value of a variable in one."""

import logging

import pytest
import structlog

from bot import logs

TOKEN = "xoxb-1234-abcdef"
URL = "https://hooks.slack.com/commands/T0/1/secret"
AS_JSON = pytest.mark.parametrize("as_json", [True, False], ids=["json", "terminal"])


@AS_JSON
def test_secrets_are_removed_by_their_shape(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(json=as_json)
    database = "postgresql://wk:hunter2@db/wk"
    structlog.get_logger().info("happened", token=TOKEN, reply=URL, database=database, run_id=42)
    told = capsys.readouterr().err
    assert "happened" in told
    assert "42" in told
    for secret in (TOKEN, "/commands/T0", "hunter2"):
        assert secret not in told


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://wk:hunter2@db/wk", "postgresql://[redacted]@db/wk"),
        ("postgresql://wk:hun@ter@2@db/wk", "postgresql://[redacted]@db/wk"),
        ("https://zebra@git.example/shop.git", "https://[redacted]@git.example/shop.git"),
        ("https://x-token:zebra@git.example/shop.git", "https://[redacted]@git.example/shop.git"),
        ("ssh://git@git.example/shop.git", "ssh://git@git.example/shop.git"),
        ("https://shop.example/@ana", "https://shop.example/@ana"),
    ],
)
def test_what_stands_before_a_host_is_removed_where_it_may_be_a_key(text: str, left: str) -> None:
    assert logs.redact(f"failed at '{text}'") == f"failed at '{left}'"


@AS_JSON
def test_a_traceback_shows_no_variables(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(json=as_json)
    try:
        fail("correct horse")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    told = capsys.readouterr().err
    assert "RuntimeError" in told
    assert "refused [redacted]" in told
    assert "correct horse" not in told.replace('fail("correct horse")', "").replace(r"fail(\"correct horse\")", "")


def fail(password: str) -> None:
    raise RuntimeError(f"refused {TOKEN}" if password else "")


@AS_JSON
def test_secrets_are_removed_wherever_they_lie_in_a_field(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(json=as_json)
    structlog.get_logger().info("happened", headers={"Authorization": f"Bearer {TOKEN}"}, tried=[URL, (TOKEN,)])
    told = capsys.readouterr().err
    assert "Authorization" in told
    for secret in (TOKEN, "/commands/T0"):
        assert secret not in told


@pytest.mark.parametrize("name", ["asyncio", "aiohttp.server", "slack_sdk.web.async_client"])
def test_what_libraries_log_is_redacted_too(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = logs.Redacting("%(name)s: %(message)s")
    try:
        fail("correct horse")
    except RuntimeError as error:
        about = (type(error), error, error.__traceback__)
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, "%s answered %s", (URL, TOKEN), about)
    told = line.format(record)
    assert told.startswith(name)
    assert "RuntimeError" in told
    for secret in (TOKEN, "/commands/T0"):
        assert secret not in told


def test_the_root_logger_writes_through_it() -> None:
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        logs.configure(json=True)
        assert [type(handler.formatter) for handler in root.handlers] == [logs.Redacting]
    finally:
        root.handlers = before
