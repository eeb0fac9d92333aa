"""No secret reaches a log line: not as a field, not in a traceback, not as the value of a variable in one."""

from collections.abc import Iterator

import pytest
import structlog

from bot import logs

TOKEN = "xoxb-1234-abcdef"
URL = "https://hooks.slack.com/commands/T0/1/secret"
AS_JSON = pytest.mark.parametrize("as_json", [True, False], ids=["json", "terminal"])


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


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
