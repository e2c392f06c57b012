""".sql files → queries, through aiosql, at build time; `texts` is what run time has.

aiosql reads each query's header: its name, how many parameters it has, what it gives back. The
statement itself travels sealed: aiosql's own scanner would change some texts (see `sqltext.lexer`), so it
is shown a stand-in with as many parameters, and our adapter puts the file's text in its place,
with `$1` for the first declared parameter and so on, which psycopg sends as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from aiosql.query_loader import QueryLoader
from aiosql.utils import SQLParseException

from amber_sql.compiler.files.headers import HINT, name_offset, problem
from amber_sql.compiler.files.line_tags import LineTags
from amber_sql.compiler.files.query import Operation, Query, SqlFile
from amber_sql.compiler.files.source_checks import SECOND, misused, repeated_tags
from amber_sql.compiler.files.split import split
from amber_sql.compiler.files.variants import tagged_names, with_variants
from amber_sql.errors import Finding
from amber_sql.sqltext.lexer import Kind
from amber_sql.sqltext.module import digest_of, module_name
from amber_sql.sqltext.statement import PARAMETERS, declared, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aiosql.types import SQLOperationType

    from amber_sql.compiler.files.source import Block


_OPERATIONS = {
    "SELECT": Operation.MANY,
    "SELECT_ONE": Operation.ONE,
    "SELECT_VALUE": Operation.VALUE,
    "INSERT_UPDATE_DELETE": Operation.AFFECTED,
    "INSERT_RETURNING": Operation.RETURNING,
    "INSERT_UPDATE_DELETE_MANY": Operation.MANY_AFFECTED,
    "SCRIPT": Operation.SCRIPT,
}


MISUSED = "misused"
"""The rule of findings that the server would only repeat, as a syntax error."""


def load_folder(
    folder: Path, known: dict[tuple[str, bytes], SqlFile] | None = None
) -> list[SqlFile]:
    """Read every `*.sql` below `folder`, sorted by path; errors are in each file's `findings`.

    Hidden files and folders are left out. `known` are files that were read before; these replace them.
    """
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sql_files(folder)}
    files = _load(found, folder.resolve().name, known)
    return [*files, *_passed_over(folder)]


def sql_files(folder: Path) -> list[Path]:
    """Return the files below a folder that queries are read from, sorted."""
    found = sorted(path for path in folder.rglob("*.sql") if path.is_file())
    hidden = [any(part.startswith(".") for part in p.relative_to(folder).parts) for p in found]
    return [path for path, is_hidden in zip(found, hidden, strict=True) if not is_hidden]


def _passed_over(folder: Path) -> Iterator[SqlFile]:
    """Yield, as files without queries, those whose names differ from `.sql` by case alone."""
    for path in sorted(folder.rglob("*.[sS][qQ][lL]")):
        if path.suffix != ".sql" and path.is_file():
            relative = path.relative_to(folder).as_posix()
            name = f"{folder.resolve().name}/{relative}"
            message, hint = "only files that end in .sql are read", "rename it to end in .sql"
            finding = Finding(file=name, line=1, column=1, message=message, hint=hint)
            yield SqlFile(module="", file=name, doc="", digest="", queries=(), findings=(finding,))


def load_texts(texts: Mapping[str, str], folder: str) -> list[SqlFile]:
    """Read the texts of files, by their paths below a folder of this name, as `load_folder` does."""
    return _load({path: texts[path].encode() for path in sorted(texts)}, folder)


def _load(
    found: Mapping[str, bytes], folder: str, known: dict[tuple[str, bytes], SqlFile] | None = None
) -> list[SqlFile]:
    read = {
        (path, data): (known or {}).get((path, data))
        or load_data(data, f"{folder}/{path}", module_name(path))
        for path, data in found.items()
    }
    if known is not None:
        known.clear()
        known.update(read)
    files = list(read.values())
    return [
        msgspec.structs.replace(file, findings=(*file.findings, *_unfit(file, files)))
        for file in files
    ]


def load_file(path: Path, file: str, module: str) -> SqlFile:
    """Read one file; `file` is its name in messages."""
    return load_data(path.read_bytes(), file, module)


def load_data(data: bytes, file: str, module: str) -> SqlFile:
    """Read the bytes of one file."""
    source = split(data, file)
    findings = list(source.findings)
    queries: list[Query] = []
    first_of: dict[str, Query] = {}
    for block in source.blocks:
        if not block.body or block.body[-1].kind is Kind.BROKEN:
            continue  # its finding is there already
        try:
            query = _query(block, module)
        except _WrongParameter as wrong:
            at = block.start + wrong.offset(block.header)
            findings.append(block.source.finding(at, str(wrong), wrong.hint()))
            continue
        except (SQLParseException, ValueError):
            at, message, hint = problem(block.header)
            findings.append(block.source.finding(block.start + at, message, hint))
            continue
        for one in misused(query):
            if one.message == SECOND and (nth := _no_header(findings, query.line, one.line)) >= 0:
                # The statement of a misspelt header is that one's.
                findings[nth] = msgspec.structs.replace(
                    findings[nth], query=f"{module}.{query.name}", rule=MISUSED
                )
            else:
                findings.append(msgspec.structs.replace(one, rule=one.rule or MISUSED))
        findings += repeated_tags(query)
        label = f"{query.module}.{query.name}"
        mistagged = [
            block.source.finding(one.at, one.message, one.hint, label, MISUSED)
            for one in LineTags(block, query.parameters, query.operation).wrong()
        ]
        if not mistagged and not any(one.query == label for one in findings):
            query, too_many = with_variants(query)
            mistagged = [msgspec.structs.replace(one, rule=MISUSED) for one in too_many]
        findings += mistagged
        if PARAMETERS.search(block.header) is None and query.operation is not Operation.SCRIPT:
            header = f"`-- name: {query.name}({', '.join(query.parameters)})`"
            hint = f"write {header}, and behind it what follows the name now"
            findings.append(query.finding("missing mandatory parameter list", hint))
        first = first_of.setdefault(query.name, query)
        if first is not query:
            hint = f"the first one is in line {first.line}; rename or delete one of them"
            message, at = f"a second query is named {query.name}", name_offset(block.header)
            findings.append(block.source.finding(block.start + at, message, hint, label))
        queries.append(query)  # each is described, also where generating stops
    return SqlFile(
        module=module,
        file=file,
        doc=source.doc,
        digest=digest_of(data),
        queries=tuple(queries),
        findings=tuple(findings),
    )


def _no_header(findings: list[Finding], first: int, last: int) -> int:
    """Return which finding, of lines between these, says that a line is no header; -1 for none."""
    for number, one in enumerate(findings):
        if first < one.line <= last and one.message.endswith("is not a header"):
            return number
    return -1


def _unfit(file: SqlFile, files: list[SqlFile]) -> Iterator[Finding]:
    """Find what is wrong with a file's place: its name, or another file of the same module."""

    def found(message: str, hint: str) -> Finding:
        return Finding(file=file.file, line=1, column=1, message=message, hint=hint)

    for part in file.module.split("."):
        if not part.isidentifier() or part.startswith("__") or part == "SOURCE":
            yield found(f"{part} is no name of a Python module", "rename the file or its folder")
    for other in files:
        if other.file < file.file and other.module.lower() == file.module.lower():
            yield found(f"its module, {file.module}, is also that of {other.file}", "rename one")
        elif other.module.lower().startswith(f"{file.module.lower()}."):
            hint = f"move it into the folder, or rename one: {other.file} is in there"
            yield found(f"{file.module} is a folder as well as a file", hint)
            return


_BEHIND_NAME = re.compile(r"(?<=\w)(?=\s*(?:[\^$!#]|<!|\*!)?\s*$)")
"""Where a list of parameters is missing."""


class _WrongParameter(ValueError):
    """What stands in a header's list and is no name."""

    def __init__(self, name: str) -> None:
        missing = "a parameter is missing beside this comma"
        super().__init__(f"`{name}` is no name of a parameter" if name else missing)
        self.name = name

    def offset(self, header: str) -> int:
        listed = header.find("(") + 1
        if self.name:
            return max(0, header.find(self.name, listed))
        comma = re.search(r"(?<=\()\s*,|,(?=\s*[,)])", header)
        return comma.end() - 1 if comma else listed

    def hint(self) -> str:
        if not self.name:
            return "delete the comma"
        word = re.match(r"[:@$]?([^\W\d]\w*)", self.name)
        return f"write {word[1]} alone: PostgreSQL tells its type" if word else HINT


def _query(block: Block, module: str) -> Query:
    """Pass one block through aiosql, its statement sealed."""
    parameters = declared(block.header, block.source.text, block.body)
    if PARAMETERS.search(block.header) is None:
        parameters = list(dict.fromkeys([*parameters, *tagged_names(block)]))
    for name in parameters:
        if not name.isidentifier():
            raise _WrongParameter(name)
    # Stand-ins, since aiosql makes a Python signature of them, where `class` cannot stand.
    names = [f"p{number}" for number, _ in enumerate(parameters)]
    shown = "SELECT " + (", ".join(f":{name}" for name in names) or "1")
    place = PARAMETERS if PARAMETERS.search(block.header) else _BEHIND_NAME
    header = place.sub(f"({', '.join(names)})", block.header, count=1)
    sql, anchors = numbered(block.source.text, block.body, parameters)
    adapter: Any = _Sealed(sql)  # loading asks nothing else of it
    (datum,) = QueryLoader(adapter, None).load_query_data_from_sql(f"{header}\n{shown}", [])
    if datum.query_name.startswith("_"):
        raise ValueError(f"{datum.query_name} begins with an underscore: a query is public")
    return Query(
        module=module,
        name=datum.query_name,
        file=block.source.file,
        line=block.line,
        operation=_OPERATIONS[datum.operation_type.name],
        parameters=tuple(parameters),
        doc="\n".join(block.doc).strip(),
        tags=block.tags,
        sql=datum.sql,
        block=block,
        anchors=anchors,
    )


class _Sealed:
    """aiosql's driver adapter, as far as loading needs one: it breaks the seal."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def process_sql(self, _name: str, _operation: SQLOperationType, _shown: str) -> str:
        return self.sql
