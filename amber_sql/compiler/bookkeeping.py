"""The bookkeeping tables of deploys, yoyo's and ours: the only list of them."""

from __future__ import annotations

YOYO_TABLES = ("_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock")
"""As plain yoyo makes and reads them."""

OUR_TABLES = ("_amber_migration", "_amber_release")
"""The text of each applied migration; the queries of each deployed release."""

TABLES = (*YOYO_TABLES, *OUR_TABLES)
"""All of them."""
