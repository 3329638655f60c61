"""Figures for Prometheus. Labels are fixed words, never anything a person sent."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

# Seconds. The aims are 15 ms for a check, 60 to 700 ms for a whole turn; 3.5 s is the dialogue's limit.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2, 3.5, 5, 10)
# How a turn can end. Each series is there from the start: an alert cannot see the first step of one that was not.
TURNS = (
    "answered",
    "timeout",
    "unreachable",
    "error_status",
    "empty",
    "malformed",
    "too_long",
    "breaker",
    "actions",
    "database",
    "poison",
    "bug",
)
PICTURES = ("read", "nothing", "refused", "down")


class Metrics:
    """One registry for one app, so that several apps can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # memory, processor time and open files of this process
        self.requests = Counter(
            "fanzha_http_requests",
            "Requests by route and status.",
            ["route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "fanzha_http_seconds", "Time to answer.", ["route"], buckets=BUCKETS, registry=self._registry
        )
        self.checks = Counter(
            "fanzha_checks",
            "Texts checked by verdict and source.",
            ["verdict", "source"],
            registry=self._registry,
        )
        self.turns = Counter(
            "fanzha_turns", "Messages by how they ended.", ["outcome"], registry=self._registry
        )
        for outcome in TURNS:
            self.turns.labels(outcome)
        self.refusals = Counter(
            "fanzha_refusals", "Refused input by code.", ["code"], registry=self._registry
        )
        self.feedback = Counter(
            "fanzha_feedback", "What people say of answers.", ["value"], registry=self._registry
        )
        self.parts = Gauge("fanzha_part_up", "1 when the part answers.", ["part"], registry=self._registry)

        self.breaker = Gauge(
            "fanzha_breaker_open", "1 while the dialogue engine is not asked.", registry=self._registry
        )
        self.ack_seconds = Histogram(
            "fanzha_ack_seconds",
            "From the request to the stored message.",
            ["channel"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.reply_seconds = Histogram(
            "fanzha_reply_seconds",
            "From the stored message to its stored answer.",
            ["channel"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.queue_age = Gauge(
            "fanzha_queue_age_seconds", "Age of the oldest unanswered message.", registry=self._registry
        )
        self.inbox = Gauge(
            "fanzha_inbox", "Messages that are not answered, by state.", ["state"], registry=self._registry
        )
        self.outbox = Gauge(
            "fanzha_outbox", "Messages in the outbox by state.", ["state"], registry=self._registry
        )
        self.outbox_age = Gauge(
            "fanzha_outbox_age_seconds",
            "How long the oldest message that is due has not left.",
            registry=self._registry,
        )
        self.deliveries = Counter(
            "fanzha_deliveries", "Pushes by outcome.", ["channel", "outcome"], registry=self._registry
        )
        self.dead_letters = Counter(
            "fanzha_dead_letters",
            "Messages that ended dead or unknown, by cause.",
            ["channel", "state", "cause"],
            registry=self._registry,
        )
        self.talks = Gauge("fanzha_talks", "People by who talks to them.", ["talk"], registry=self._registry)
        self.quota = Gauge(
            "fanzha_quota_left",
            "What is left of a platform's limits.",
            ["channel", "name"],
            registry=self._registry,
        )

        self.pictures = Counter(
            "fanzha_pictures", "Pictures by outcome.", ["outcome"], registry=self._registry
        )
        for outcome in PICTURES:
            self.pictures.labels(outcome)
        self.picture_seconds = Histogram(
            "fanzha_picture_seconds",
            "Time to read a picture, waiting included.",
            buckets=(*BUCKETS, 20, 60),
            registry=self._registry,
        )
        self.disk_free = Gauge(
            "fanzha_disk_free_bytes", "Free bytes where the data folder lies.", registry=self._registry
        )

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)
