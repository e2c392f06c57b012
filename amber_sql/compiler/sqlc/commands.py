"""sqlc's commands, and the suffix that says the same; shared by what imports them and what hints."""

from __future__ import annotations

SUFFIXES = {
    "one": "^",
    "many": "",
    **dict.fromkeys(("exec", "execrows", "execresult", "execlastid"), "!"),
    **dict.fromkeys(("copyfrom", "batchexec", "batchmany", "batchone"), "*!"),
}
DIFFERENT = {
    "execlastid": "`:execlastid` has no twin: write RETURNING id and `<!`",
    "execresult": "`:execresult` gives the rows affected, and no command tag",
    "batchmany": "`:batchmany` gives the rows of all items in one list, in their order",
    "batchone": "`:batchone` gives a list, which has no row where an item finds none",
}
"""What is not quite the same, and has to be looked at."""
