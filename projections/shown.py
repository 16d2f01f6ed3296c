"""How are deals, prices, events, rejections and feeds written for programs? In the fields of the schema."""

import json
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from domain.canonical import (
    Fields,
    day_text,
    decimal_text,
    figures_fields,
    optional_decimal_text,
    optional_time_text,
    period_fields,
    position_text,
    time_text,
)
from domain.day_files import whole_day, why_no_further
from domain.health_warnings import HealthWarning
from domain.losses import LineLoss, OutageAccount
from domain.performance import ReferencePrice
from domain.periods import DeliveryPeriod, Minutes
from projections.day_files import DayFileRow
from projections.deals import DealRow
from projections.explanation import Explanation
from projections.reading import FeedConnection, FeedStatus, HealthStatus, LogEvent, RecordedMoments
from projections.rejections import RejectionRow
from projections.reports import ReportRow


def deal_fields(row: DealRow) -> Fields:
    """Return the fields of the schema's ``Deal``."""
    period = DeliveryPeriod(row.delivery_day, row.label, row.delivery_start, cast("Minutes", row.minutes))
    return {
        "dealId": row.deal_id,
        "traderId": row.trader_id,
        "direction": row.direction.upper(),
        "quantityMw": decimal_text(row.quantity_mw),
        "energyMwh": decimal_text(row.energy_mwh),
        "price": decimal_text(row.price_eur_mwh),
        "period": period_fields(period),
        "executionTime": time_text(row.executed_at),
        "recordedAt": time_text(row.recorded_at),
        "position": position_text(row.position),
    }


def reference_price_fields(price: ReferencePrice) -> Fields:
    """Return the fields of the schema's ``ReferencePrice``."""
    return {
        "period": period_fields(price.period),
        "value": optional_decimal_text(price.value),
        "lastUpdate": time_text(price.last_update),
        "recordedAt": time_text(price.recorded_at),
        "position": position_text(price.position),
    }


def report_fields(row: ReportRow) -> Fields:
    """Return the fields of the schema's ``Report``, whose figures are the very ones that were published."""
    return {
        "id": position_text(row.position),
        "traderId": row.trader_id,
        "deliveryDay": day_text(row.delivery_day),
        "position": position_text(row.as_of),
        "logHash": row.log_hash,
        "publishedAt": time_text(row.recorded_at),
        "publishedBy": row.published_by,
        "digest": row.digest,
        "performance": json.loads(row.performance),
    }


def explanation_fields(explanation: Explanation) -> Fields:
    """Return the fields of the schema's ``Explanation``."""
    return {
        "before": figures_fields(explanation.before),
        "after": figures_fields(explanation.after),
        "steps": [
            {"event": event_fields(step.event), "figures": figures_fields(step.figures)} for step in explanation.steps
        ],
    }


def recorded_moments_fields(found: RecordedMoments) -> Fields:
    """Return the fields of the schema's ``RecordedMoments``."""
    return {
        "count": found.found,
        "moments": [
            {"position": position_text(each.position), "recordedAt": time_text(each.recorded_at)}
            for each in found.moments
        ],
    }


def event_fields(event: LogEvent) -> Fields:
    """Return the fields of the schema's ``Event``."""
    return {
        "position": position_text(event.position),
        "recordedAt": time_text(event.recorded_at),
        "type": event.topic,
        "stream": event.stream,
        "version": event.version,
        "payload": event.payload,
        "hash": event.chain_hash.hex(),
    }


def rejection_fields(row: RejectionRow) -> Fields:
    """Return the fields of the schema's ``Rejection``; its id is the position of its event."""
    return {
        "id": position_text(row.position),
        "position": position_text(row.position),
        "recordedAt": optional_time_text(row.recorded_at),
        "source": row.source,
        "reason": row.reason,
        "message": row.message,
        "traderId": row.trader_id,
        "deliveryDay": None if row.delivery_day is None else day_text(row.delivery_day),
        "stands": None if row.stands is None else position_text(row.stands),
        "resolution": row.resolution,
        "resolvedBy": row.resolved_by,
        "resolutionReason": row.resolution_reason,
        "resolvedAt": optional_time_text(row.resolved_at),
    }


def day_file_fields(row: DayFileRow, zone: ZoneInfo) -> Fields:
    """Return the fields of the schema's ``DayFile``; *zone* is the market's."""
    return {
        "name": row.name,
        "day": day_text(row.day),
        "sha256": row.sha256,
        "position": position_text(row.position),
        "recordedAt": time_text(row.recorded_at),
        "importedBy": row.imported_by,
        "rows": row.rows,
        "matched": row.matched,
        "recorded": row.recorded,
        "rejected": row.rejected,
        "extra": row.extra,
        "differing": row.differing,
        "toldFrom": time_text(row.told_from),
        "toldUntil": time_text(row.told_until),
        "whyNoFurther": why_no_further(whole_day(row.day, zone), row.told_until, row.extra),
    }


def feed_fields(feed: FeedStatus) -> Fields:
    """Return the fields of the schema's ``Feed``."""
    return {
        "name": feed.name,
        "state": feed.state,
        "since": optional_time_text(feed.since),
        "lastMessageAt": optional_time_text(feed.last_message_at),
        "lastLoss": None if feed.last_loss is None else line_loss_fields(feed.last_loss),
        "losses": feed.losses,
        "deliveredAlone": feed.delivered_alone,
    }


def line_loss_fields(loss: LineLoss) -> Fields:
    """Return the fields of the schema's ``LineLoss``."""
    return {
        "line": loss.line,
        "lostAt": time_text(loss.lost_at),
        "noticedAt": time_text(loss.noticed_at),
        "detectionDelaySeconds": decimal_text(loss.detection_delay_s),
        "reason": loss.reason,
    }


def outage_fields(outage: OutageAccount) -> Fields:
    """Return the fields of the schema's ``Outage``."""
    return {
        "start": time_text(outage.start),
        "end": optional_time_text(outage.end),
        "noticedAt": optional_time_text(outage.noticed_at),
        "lines": [line_loss_fields(loss) for loss in outage.lines],
        "toldBy": [*outage.told_by],
        "isTold": outage.is_told,
        "untold": [{"start": time_text(part.start), "end": optional_time_text(part.end)} for part in outage.untold],
    }


def feed_connection_fields(connection: FeedConnection) -> Fields:
    """Return the fields of the schema's ``FeedConnection``."""
    return {
        "line": connection.line,
        "connectedAt": time_text(connection.connected_at),
        "lastHeardAt": optional_time_text(connection.last_heard_at),
        "noticedAt": optional_time_text(connection.noticed_at),
        "reason": connection.reason,
    }


def health_fields(health: HealthStatus, server_time: datetime) -> Fields:
    """Return the fields of the schema's ``Health``."""
    return {
        "serverTime": time_text(server_time),
        "feeds": [feed_fields(feed) for feed in health.feeds],
        "logPosition": position_text(health.log_position),
        "projectionPosition": position_text(health.projection_position),
        "referencePriceFetchedAt": optional_time_text(health.reference_price_fetched_at),
        "openRejections": health.open_rejections,
        "completeUpTo": optional_time_text(health.complete_up_to),
        "untoldOutages": health.untold_outages,
        "warnings": [warning_fields(warning) for warning in health.warnings],
    }


def warning_fields(warning: HealthWarning) -> Fields:
    """Return the fields of the schema's ``Warning``."""
    return {"level": warning.level, "code": warning.code, "message": warning.message}
