"""Described queries → the code generation model: names, types, structs and functions of Python."""

from __future__ import annotations

from amber_sql.compiler.bind.query_functions import bind

__all__ = ["bind"]
