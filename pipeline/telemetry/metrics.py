"""Counters and gauges for Prometheus."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters and gauges in a registry of their own. Labels are codes of ours, never text from a message."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.files_received_total = self._counter("files_received_total", "Messages and images by kind and outcome.", "kind", "outcome")
        self.reports_decided_total = self._counter("reports_decided_total", "Report versions decided.", "category", "notice")
        self.reasons_total = self._counter("reasons_total", "How often each reason code was given.", "code")
        self.deliveries_total = self._counter("deliveries_total", "Attempts by result: sent, failed, dead.", "destination", "result")
        self.files_found_by_scan_only_total = self._counter("files_found_by_scan_only_total", "Files that no file event announced.")
        self.quarantined_total = self._counter("quarantined_total", "Items put into quarantine.", "reason")
        self.scan_age_seconds = self._gauge("scan_age_seconds", "Seconds since the inbox was last looked through.")
        self.follow_ups_open = self._gauge("follow_ups_open", "Open follow-ups.", "reason")
        self.holds_open = self._gauge("holds_open", "Open holds by their first reason.", "reason")
        self.outbox_waiting = self._gauge("outbox_waiting", "Deliveries not yet sent.", "destination")
        self.batch_seconds = Histogram("vqroute_batch_seconds", "Time to commit one batch.", registry=self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"vqroute_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"vqroute_{name}", meaning, labels, registry=self.registry)


METRICS: Final = Metrics()
