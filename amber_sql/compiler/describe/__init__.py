"""A Query → a DescribedQuery: the server prepares and plans each statement, and executes none."""

from __future__ import annotations

from amber_sql.compiler.describe.prepare import TESTED, TYPED, describe

__all__ = ["TESTED", "TYPED", "describe"]
