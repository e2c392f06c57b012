"""The code generation model → the text of every generated file, pure and sorted."""

from __future__ import annotations

from amber_sql.compiler.emit.package import emit

__all__ = ["emit"]
