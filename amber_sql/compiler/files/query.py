"""A query as its file states it, and the file that it stands in: nothing here was asked of a server."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from amber_sql.errors import Finding

if TYPE_CHECKING:
    from amber_sql.compiler.files.source import Block, Tag


class Operation(StrEnum):
    """What a query gives back, by aiosql's suffix."""

    MANY = "many"
    ONE = "one"
    VALUE = "value"
    AFFECTED = "affected"
    RETURNING = "returning"
    MANY_AFFECTED = "many_affected"
    SCRIPT = "script"


class OptionKind(StrEnum):
    """What makes a line optional."""

    VALUE = "value"
    SWITCH = "switch"
    CHOICE = "choice"


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A name that `@if` or `@choose` gives a meaning."""

    name: str
    kind: OptionKind
    labels: tuple[str, ...] = ()
    """Those of a choice, the default first."""
    line: int
    """Where it stands first."""

    @property
    def is_sent(self) -> bool:
        """Whether the server gets it as a parameter."""
        return self.kind is OptionKind.VALUE


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A query as its file states it; nothing here was asked of a server."""

    module: str
    name: str
    file: str
    line: int
    operation: Operation
    parameters: tuple[str, ...]
    doc: str
    tags: tuple[Tag, ...]
    sql: str
    block: Block
    anchors: tuple[tuple[int, int], ...]
    """(offset in `sql`, offset in the file), at the start and wherever their distance changes."""
    options: tuple[Option, ...] = ()
    variants: tuple[Query, ...] = ()
    """Of a query with optional lines: each as a query of its own; the first is the file as it stands."""
    variant: str = ""
    """Which of them this one is: `with since, without role`."""
    given: frozenset[str] = frozenset()
    chosen: tuple[tuple[str, str], ...] = ()
    """Of a variant: the names that are given, and the label of each choice."""

    def option(self, name: str) -> Option | None:
        """Return what makes a parameter optional."""
        return next((option for option in self.options if option.name == name), None)

    def tag(self, name: str) -> Tag | None:
        """Return the query's tag of this name."""
        return next((tag for tag in self.tags if tag.name == name), None)

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column in the file of a character offset in `sql`."""
        ours, theirs = max(anchor for anchor in self.anchors if anchor[0] <= offset)
        return self.block.source.place(theirs + offset - ours)

    def finding(
        self,
        message: str,
        hint: str = "",
        *,
        offset: int | None = None,
        tag: Tag | None = None,
        rule: str = "",
    ) -> Finding:
        """Return a finding at a tag, at an offset of the statement, or at the query's header."""
        line, column = self.line, 1
        if tag is not None:
            line, column = tag.line, tag.column
        elif offset is not None:
            line, column = self.place(offset)
        return Finding(
            file=self.file,
            line=line,
            column=column,
            message=f"{message} ({self.variant})" if self.variant else message,
            hint=hint,
            query=f"{self.module}.{self.name}",
            rule=rule,
            text=self.block.source.line(line),
        )


class SqlFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its queries in their order, its comment, and what is wrong with it."""

    module: str
    file: str
    doc: str
    digest: str
    queries: tuple[Query, ...]
    findings: tuple[Finding, ...]
