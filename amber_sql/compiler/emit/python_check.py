"""Generated text → nothing, or the error that it is no Python: looked at before any of it is written.

Whatever a schema or a file says, a generated module defines and imports; a module or class body
that does anything else was broken out of a literal.
"""

from __future__ import annotations

import ast

from amber_sql.errors import BrokenGenerated

_DEFINITIONS = (
    ast.AnnAssign, ast.Assign, ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef, ast.If,
    ast.Import, ast.ImportFrom,
)  # fmt: skip


def check_python(files: dict[str, str]) -> None:
    """Raise BrokenGenerated for the first file that does not compile, or does more than define."""
    for path, text in sorted(files.items()):
        if not path.endswith(".py"):
            continue
        try:
            tree = ast.parse(text, path)
            compile(tree, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            raise BrokenGenerated(path=path, line=line, reason=error) from None
        bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
        for node in (node for body in bodies for node in body):
            text_alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not text_alone and not isinstance(node, _DEFINITIONS):
                reason = "it does more than define"
                raise BrokenGenerated(path=path, line=node.lineno, reason=reason)
