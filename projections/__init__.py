"""The read models, one file each, and the runner that keeps them up to date."""

from typing import Final

from projections.day_files import day_files
from projections.deals import deals
from projections.feeds import feeds
from projections.interruptions import interruptions
from projections.positions import positions
from projections.read_model import AnyReadModel
from projections.reference_prices import reference_prices
from projections.rejections import rejections
from projections.reports import reports

READ_MODELS: Final[tuple[AnyReadModel, ...]] = (
    deals,
    positions,
    reference_prices,
    feeds,
    interruptions,
    rejections,
    day_files,
    reports,
)
"""Every read model, in the order in which they are written."""

PROJECTION_VERSION: Final = "1"
"""Which rules and fields make a performance: another set of them is another version."""
