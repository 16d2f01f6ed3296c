"""What is known of a published report?"""

from projections.reports import reports
from tests.notation import DAY, published
from tests.spec import given


def test_each_report_is_a_row_of_its_own() -> None:
    given(published(), published(None, position=9)).when(reports).then(
        {"position": 1, "trader_id": "anna", "delivery_day": DAY, "as_of": 7, "published_by": "auditor"},
        {"position": 2, "trader_id": None, "as_of": 9, "log_hash": "0f" * 32, "projection_version": "1"},
    )


def test_a_row_holds_the_very_bytes_and_their_digest() -> None:
    event = published()
    given(event).when(reports).then({"performance": event.performance, "digest": event.digest})
