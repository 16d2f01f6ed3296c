"""What can a monitoring system ask? Counts and durations, in a registry of the application's own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The application's metrics; nothing is registered globally."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.log_position = Gauge(
            "wattbook_log_position", "Last position of the event log.", registry=self._registry
        )  # fmt: skip
        self.projection_position = Gauge(
            "wattbook_projection_position", "Position that all read models have reached.", registry=self._registry
        )
        self.graphql_duration = Histogram(
            "wattbook_graphql_duration_seconds",
            "Time to answer a GraphQL operation.",
            ["type", "outcome"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self._registry,
        )
        self.subscriptions = Gauge("wattbook_subscriptions", "Subscriptions now open.", registry=self._registry)
        self.views_computed = Counter(
            "wattbook_views_computed", "Views computed for subscribers.", registry=self._registry
        )
        self.clients_evicted = Counter(
            "wattbook_clients_evicted", "Clients cut off because they stopped reading.", registry=self._registry
        )

    def text(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self._registry)
