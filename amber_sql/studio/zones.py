"""A time as PostgreSQL prints it in UTC → the same in the reader's zone, which a cookie names."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

COOKIE = "amber_zone"
"""Written by our script, from what the browser says."""


def of_cookie(value: str) -> str:
    """Return the zone that a cookie names; empty where it is UTC, or none that is known."""
    name = unquote(value)
    return "" if name in {"UTC", "Etc/UTC", "GMT"} or _zone(name) is None else name


def utc(text: str) -> str:
    """Return a timestamptz of a session in UTC without its offset, which is always the same."""
    return text.removesuffix("+00").replace("+00 BC", " BC")


def zoned(text: str, zone: str) -> str:
    """Return a timestamptz in `zone`, or nothing where Python's calendar does not reach it."""
    known = _zone(zone)
    if known is None:
        return ""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return ""
        here = moment.astimezone(known)
    except (ValueError, OverflowError):
        return ""
    day = "" if here.date() == moment.astimezone(UTC).date() else f"{here:%Y-%m-%d} "
    return f"{day}{here:%H:%M:%S} {here.tzname()}"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None
