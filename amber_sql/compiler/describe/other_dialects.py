"""What people write who come from another database or tool → what PostgreSQL calls it."""

from __future__ import annotations

import re

from amber_sql.compiler.describe.clauses import clause

FUNCTIONS = {
    "ifnull": "coalesce(…)", "nvl": "coalesce(…)", "isnull": "coalesce(…)",
    "iif": "CASE WHEN … THEN … ELSE … END", "if": "CASE WHEN … THEN … ELSE … END",
    "decode": "CASE … WHEN … THEN … END", "getdate": "now()", "sysdate": "now()",
    "getutcdate": "now()", "curdate": "current_date", "datetime": "now()",
    "group_concat": "string_agg(…, ',')", "len": "length(…)", "charindex": "strpos(…)",
    "instr": "strpos(…)", "locate": "strpos(…)", "dateadd": "… + interval '1 day'",
    "date_add": "… + interval '1 day'", "datediff": "a difference of two dates",
    "year": "extract(year FROM …)", "month": "extract(month FROM …)",
    "day": "extract(day FROM …)", "strftime": "to_char(…)", "date_format": "to_char(…)",
    "uuid": "gen_random_uuid()", "newid": "gen_random_uuid()", "uuid_generate_v4": "gen_random_uuid()",
    "last_insert_id": "RETURNING id", "last_insert_rowid": "RETURNING id",
    "json_extract": "column -> 'key'", "rand": "random()", "ucase": "upper(…)", "lcase": "lower(…)",
    "unix_timestamp": "extract(epoch FROM …)", "from_unixtime": "to_timestamp(…)",
}  # fmt: skip
"""Functions of other databases, and what is written here."""

_OPERATORS = {
    "==": "write =",
    "===": "write =",
    "!==": "write <>",
    "&&": "write AND",
    "+": "texts are joined with ||",
}


def operator(message: str) -> str:
    """Say what to write for an operator that does not exist between these types."""
    match = re.search(r"does not exist: (?:(\S.*?) )?([-+*/<>=~!@#%^&|`?]+) (.+)", message)
    if match is None:
        return ""
    left, name, right = match[1] or "", match[2], match[3]
    if left.startswith("json"):
        return "compare a field as text, cast: (… ->> 'key')::integer"
    if right == "interval" and left.startswith("timestamp"):
        return "write :name::interval for what is added or subtracted"
    texts = {"text", "character varying", "unknown", "name"}
    if name in {"&&", "||"} and "boolean" in {left, right}:
        return "write AND" if name == "&&" else "write OR"
    if name == "+" and not texts & {left, right}:
        return ""
    if name == "`" or name.startswith("`"):
        return 'names are quoted in "double quotes"'
    if away := re.match(r"(\w+)\.", left if right in (left, "unknown") else ""):
        return f"search_path lacks {away[1]}, where its operators are: OPERATOR({away[1]}.{name})"
    if name in _OPERATORS and name != "&&":
        return _OPERATORS[name]
    return f"cast one side: {left} and {right} are never compared" if left and name == "=" else ""


def syntax(before: str, at: str) -> str:
    """Say what stands wrong where the server stopped; `before` and `at` are the text around it."""
    if re.match(r"%s|%\(\w+\)s|\{+\s*\w*\s*\}|[$#]\{|\$\w*[A-Za-z]", at) or before.endswith(
        ("?", "$", "#")
    ):
        return "write a parameter as :name, and declare it in the header"
    if "`" in before[-80:] or at.startswith("`"):
        return 'names are quoted in "double quotes"'
    if at.startswith("[") and re.search(r"(SELECT|FROM|JOIN|,|\.)$", before, re.IGNORECASE):
        return 'names are quoted in "double quotes"'
    if re.search(r"\bTOP$", before, re.IGNORECASE):
        return "write LIMIT at the statement's end"
    if hint := clause(before, at):
        return hint
    if before.endswith(","):
        return "delete the comma before it"
    if at.startswith((".", "(")) and re.search(r"[\w)\"]\s+\w+$", before):
        return "is a comma missing before this word?"
    if not at.strip():
        return "the statement stops in its middle"
    return _parameter(before, at)


def _parameter(before: str, at: str) -> str:
    """Say where a parameter cannot stand."""
    if not (parameter := re.match(r"\$\d+", at)):
        return ""
    if match := re.search(r"\b(NOT\s+)?IN$", before, re.IGNORECASE):
        operator = "<> ALL" if match[1] else "= ANY"
        return f"write {operator} ({parameter[0]}), a parameter that is an array"
    if match := re.search(r"\b(INTERVAL|DATE|TIME|TIMESTAMP|TIMESTAMPTZ)$", before, re.IGNORECASE):
        return f"write {parameter[0]}::{match[1].lower()}: behind the word stands a literal"
    return "a parameter stands for a value, never for a name or a keyword"
