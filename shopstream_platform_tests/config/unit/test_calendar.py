"""Which days there are, and which are expected to be unusual."""

from datetime import date

import pytest
from pydantic import ValidationError

from shopstream_platform.config.groups import CalendarSettings


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", set()),
        ("2026-11-27", {date(2026, 11, 27)}),
        (" 2026-11-27 ,,2026-12-24", {date(2026, 11, 27), date(2026, 12, 24)}),
    ],
)
def test_unusual_days_are_a_list(monkeypatch: pytest.MonkeyPatch, text: str, days: set[date]) -> None:
    monkeypatch.setenv("SHOPSTREAM_UNUSUAL_DAYS", text)
    assert CalendarSettings().unusual_days == days


def test_what_is_not_a_day_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPSTREAM_UNUSUAL_DAYS", "2026-11-27,Friday")
    with pytest.raises(ValidationError, match="SHOPSTREAM_UNUSUAL_DAYS is not a list of days"):
        CalendarSettings()
