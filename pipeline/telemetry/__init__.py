"""What the product says about itself while it runs: log events from a catalogue, and metrics; never patient data.

Two fences keep patient data out. An event may carry only the fields that its row in `EVENTS` lists, and the value of a field
must have the shape that `FIELDS` gives it (a hash, a code, a number, a time ...), so that a name, a number or a sentence out
of a report does not fit anywhere, whoever calls `emit`.
"""

import os
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from pipeline.telemetry.events import CODE, CRITICAL, DEBUG, ERROR, EVENTS, FIELDS, INFO, WARNING, Event
from pipeline.telemetry.metrics import METRICS

__all__ = ["EVENTS", "METRICS", "Event", "emit", "metrics_text", "serve_metrics", "start", "stop"]

_RANK: Final = {DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50}

_logger: Any = None
_level = _RANK[INFO]


def start(stream: TextIO, pretty: bool = False, level: str = INFO) -> None:
    """Begin to write events to `stream`: one JSON object a line, UTF-8 text, or coloured lines if `pretty`.

    Until this is called `emit` is silent, so that commands and tests are not littered with log lines.
    """
    import structlog

    global _logger, _level
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=True)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")
    _level = _RANK[level]
    _logger = structlog.wrap_logger(
        structlog.WriteLogger(stream), processors=[stamp, _in_order, renderer], wrapper_class=structlog.BoundLogger
    )


def stop() -> None:
    """Be silent again."""
    global _logger
    _logger = None


def emit(event: str, **fields: object) -> None:
    """Write one event of the catalogue.

    Raises:
        AssertionError: under pytest, for an event or a field that the catalogue does not allow, or a value of the wrong shape.
            In production the offending field is left out and `telemetry.field_dropped` says so.
    """
    strict = "PYTEST_CURRENT_TEST" in os.environ
    row = EVENTS.get(event)
    if row is None:
        if strict:
            raise AssertionError(f"event {event!r} is not in telemetry.EVENTS")
        _complain(event if CODE.match(event) else "unlisted", "event")
        return
    heard = _logger is not None and _RANK[row.level] >= _level
    if not heard and not strict:
        return
    clean: dict[str, object] = {}
    for name, value in fields.items():
        if value is None or value == "":
            continue
        shown = _shaped(name, value) if name in row.fields else None
        if shown is None:
            if strict:
                raise AssertionError(f"event {event!r}: field {name!r} is not allowed or its value has the wrong shape")
            _complain(event, name if name in row.fields else "unlisted")
            continue
        clean[name] = shown
    if heard and _logger is not None:
        _logger.msg(event, level=row.level, **clean)


def serve_metrics(port: int) -> None:
    """Answer Prometheus on 127.0.0.1:`port` from a background thread; 0 means not at all.

    Raises:
        OSError: the port is taken.
    """
    if port:
        from prometheus_client import start_http_server

        start_http_server(port, addr="127.0.0.1", registry=METRICS.registry)


def metrics_text() -> str:
    """All metrics in the Prometheus text format."""
    from prometheus_client import generate_latest

    return generate_latest(METRICS.registry).decode()


def _in_order(_logger: object, _method: str, line: Any) -> Any:
    """Time, level and event first: a person who reads raw lines finds them in the same place."""
    first = {name: line.pop(name) for name in ("at", "level", "event")}
    return {**first, **line}


def _complain(event: str, field: str) -> None:
    if _logger is not None:
        _logger.msg("telemetry.field_dropped", level=ERROR, event_name=event, field_name=field)


def _shaped(name: str, value: object) -> object:
    """The value as it may be written, or None where it does not have the field's shape."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value.tzinfo else None
    shape = FIELDS.get(name, CODE)
    if isinstance(value, str):
        return str(value) if shape.match(value) and len(value) <= 64 else None
    if isinstance(value, tuple | list | frozenset | set):
        items = list(value) if isinstance(value, tuple | list) else sorted(value)
        shown = [_shaped(name, item) for item in items]
        return None if None in shown else shown
    return None
