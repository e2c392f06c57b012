"""Text of schemas and files in generated code: it stays text, and names stay names."""

from __future__ import annotations

import ast
import enum
import importlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from together import built

from amber_sql.compiler.bind.python_names import field, function, member, members, parameter
from amber_sql.compiler.emit.layout import docstring, quoted
from amber_sql.compiler.emit.python_check import check_python
from amber_sql.compiler.pipeline import Build, generated
from amber_sql.compiler.write import write
from amber_sql.errors import BrokenGenerated

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import psycopg

BREAKS_OUT = 'a"""; raise SystemExit; """b'
TEXTS = {
    "quoted": 'Called "x"',
    "quotes alone": '"',
    "triple": BREAKS_OUT,
    "raw": r"\N \u \x \" \\",
    "ends with a backslash": "C:\\",
    "lines": 'one\n"""\nraise SystemExit\n"""',
    "returns and separators": 'a\r"""\u2028raise SystemExit\x0b"""',
    "unseen": "\x1b[2J \u202e txet \x7f",
    "single": "it's '''x'''",
}


def imported(build: Build, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> ModuleType:
    """Write the package, and import a module of it."""
    out = folder / "hostile_package"
    write(out, generated(build, folder / "queries", out))
    monkeypatch.syspath_prepend(str(folder))
    for known in [known for known in sys.modules if known.startswith("hostile_package")]:
        monkeypatch.delitem(sys.modules, known)
    return importlib.import_module(f"hostile_package.{name}")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_comment_stays_a_comment(
    blank: psycopg.Connection[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
) -> None:
    """Wherever a comment, a label or a reason stands, it can be read again and nothing of it runs."""
    blank.execute(
        sql.SQL("CREATE TYPE mood AS ENUM ('x', {0})").format(sql.Literal(text.strip()[:60]))
    )
    blank.execute("CREATE TABLE things (id int PRIMARY KEY, mood mood NOT NULL)")
    for what in ("TABLE things", "COLUMN things.id", "TYPE mood"):
        blank.execute(sql.SQL("COMMENT ON {} IS {}").format(sql.SQL(what), sql.Literal(text)))
    lines = [line for line in text.splitlines() if line.strip()]
    comment = "".join(f"-- {line}\n" for line in lines)
    query = (
        f"-- name: get()^\n{comment}-- @deprecated {lines[0]}\nSELECT t FROM things AS t LIMIT 1;\n"
    )
    build = built(blank, tmp_path, {"a/things.sql": comment + query})
    assert build.errors == ()
    models = imported(build, tmp_path, monkeypatch, "models")
    query_module = importlib.import_module("hostile_package.aio.queries.a.things")
    for doc in (models.Thing.__doc__, models.Mood.__doc__, query_module.__doc__):
        assert (doc or "").split() == text.split()
    assert models.Mood(text.strip()[:60]).value == text.strip()[:60]


@given(st.text())
def test_any_text_is_a_literal(text: str) -> None:
    """A literal is the text again; a docstring is one string, with the words of the text."""
    text = text.encode("utf-8", "replace").decode()
    assert ast.literal_eval(quoted(text)) == text
    (statement,) = ast.parse(docstring(text)).body
    assert isinstance(statement, ast.Expr)
    assert ast.literal_eval(statement.value).split() == text.split()


@given(st.text(min_size=1))
def test_any_name_is_an_identifier_as_python_compares_it(name: str) -> None:
    """A column, a parameter, a function and a label have the name that the compiled code has."""
    name = name.encode("utf-8", "replace").decode()
    found = [field(name), member(name)]
    found += [parameter(name), function(name)] if name.isidentifier() else []
    for one in (one for one in found if one is not None):
        (target,) = ast.parse(f"{one} = 1").body[0].targets  # type: ignore[attr-defined]
        assert target.id == one


@given(st.lists(st.text(alphabet="aA\uff41_-1½ﬁfi ", max_size=4), unique=True, max_size=8))
def test_labels_that_meet_have_names_of_their_own(labels: list[str]) -> None:
    """Two labels that come to one name, by case or by NFKC, are two members."""
    names = members(tuple(labels))
    assert len(enum.Enum("E", {name: label for label, name in names.items()})) == len(labels)


REFUSED = {
    "@struct": ("TABLE things", "@struct X(object): pass\nimport os; os.abort()", "name of a class"),
    "@struct of a line": ("TABLE things", "@struct X; import os", "name of a class"),
    "@struct keyword": ("TABLE things", "@struct class", "name of a class"),
    "@struct reserved": ("TABLE things", "@struct Struct", "name of a class"),
    "@type": ("COLUMN things.data", "@type os.getcwd;raise", "names no class"),
    "@type newline": ("COLUMN things.data", "@type os.x)\nimport os", "names no class"),
    "@type keyword": ("COLUMN things.data", "@type os.class", "names no class"),
    "@type without module": ("COLUMN things.data", "@type Prefs", "names no class"),
    "@type of no module": ("COLUMN things.data", "@type nowhere.at.All", "there is no module nowhere"),
    "@type of half a module": ("COLUMN things.data", "@type json.nowhere.All", "there is json"),
    "@type of no class": ("COLUMN things.data", "@type json.JSONDecodr", "json has no JSONDecodr"),
    "@type of a row": ("COLUMN things.place", "@type json.JSONDecoder", "changes nothing of place"),
    "@type of another type": ("COLUMN things.name", "@type amber_sql.Interval", "is an interval's"),
    "@typ": ("COLUMN things.data", "Prefs.\n@typ json.JSONDecoder", "unknown tag @typ"),
    "@Type": ("COLUMN things.data", "@Type json.JSONDecoder", "unknown tag @Type"),
    "@type in mid-line": ("COLUMN things.data", "Prefs. @type json.JSONDecoder", "within a line"),
    "@type of a table": ("TABLE things", "@type json.JSONDecoder", "in a table's comment"),
    "@struct of a column": ("COLUMN things.data", "@struct Data", "in a column's comment"),
    "@struct of an enum": ("TYPE mood", "A mood.\n@struct Feeling", "says nothing of an enum"),
    "@type of a domain": ("DOMAIN prefs", "@type json.JSONDecoder", "says nothing of an enum"),
    "@tenant of no column": ("TABLE things", "@tenant ide", "no such column"),
}  # fmt: skip


@pytest.mark.parametrize(("what", "comment", "message"), REFUSED.values(), ids=REFUSED)
def test_a_comments_tag_that_says_nothing_is_found(
    blank: psycopg.Connection[Any], tmp_path: Path, what: str, comment: str, message: str
) -> None:
    """The finding's file is the comment, and it points at the tag."""
    blank.execute("CREATE TYPE mood AS ENUM ('x')")
    blank.execute("CREATE DOMAIN prefs AS jsonb")
    blank.execute("CREATE TYPE place AS (x int)")
    blank.execute("CREATE TABLE things (id int PRIMARY KEY, name text, data jsonb, place place)")
    blank.execute(sql.SQL("COMMENT ON {} IS {}").format(sql.SQL(what), sql.Literal(comment)))
    build = built(blank, tmp_path, {"q.sql": "-- name: q()^\n-- D.\nSELECT t FROM things AS t LIMIT 1;\n"})  # fmt: skip
    (error,) = build.errors
    assert (error.file, message in error.message) == (f"COMMENT ON {what}", True), error
    assert error.text[error.column - 1] == "@"
    assert error.hint


def test_classes_of_one_name_are_two(
    blank: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `@type` names keeps its meaning beside a table, or another module's, of that name."""
    blank.execute("""
        CREATE TABLE json_decoders (id int PRIMARY KEY, a jsonb NOT NULL, b jsonb NOT NULL);
        COMMENT ON COLUMN json_decoders.a IS '@type first_types.JsonDecoder';
        COMMENT ON COLUMN json_decoders.b IS '@type second_types.JsonDecoder';
    """)
    for name in ("first", "second"):
        (tmp_path / f"{name}_types.py").write_text("class JsonDecoder: ...\n")
    text = "-- name: q()^\n-- D.\nSELECT j FROM json_decoders AS j LIMIT 1;\n"
    build = built(blank, tmp_path, {"q.sql": text})
    assert build.errors == ()
    models = imported(build, tmp_path, monkeypatch, "models")
    fields = {name: vars(models)[kind] for name, kind in models.JsonDecoder.__annotations__.items() if name != "id" and kind in vars(models)}  # fmt: skip
    assert {name: kind.__module__ for name, kind in fields.items()} == {
        "a": "first_types",
        "b": "second_types",
    }


NAMES = {
    "a file that is a keyword in wide letters": ("\uff43\uff4c\uff41\uff53\uff53.sql", ""),
    "a file with a ligature": ("ﬁ.sql", ""),
    "a file with quotes": ('it"s.sql', "no name of a Python module"),
    "a file that would be code": ("x;import os.sql", "no name of a Python module"),
    "a file that the package uses": ("SOURCE.sql", "no name of a Python module"),
    "a folder that ends in .sql": ("d.sql/q.sql", ""),
    "an ending in capitals": ("q.SQL", "only files that end in .sql"),
}


@pytest.mark.parametrize(("name", "message"), NAMES.values(), ids=NAMES)
def test_names_of_files(
    blank: psycopg.Connection[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    message: str,
) -> None:
    """A file's name is a module that can be imported, or a finding."""
    build = built(blank, tmp_path, {name: "-- name: q()$\n-- D.\nSELECT 1 AS x;\n"})
    if message:
        assert any(message in error.message for error in build.errors), build.errors
        return
    assert build.errors == ()
    (module,) = build.package.modules
    found = imported(build, tmp_path, monkeypatch, f"queries.{module.name}")
    assert found.__all__ == ["q"]


NOT_OURS = {
    "no Python": "x = (\n",
    "a call": "x = 1\nprint(x)\n",
    "a call in a class": "class X:\n    print(1)\n",
    "a NUL byte": "x = '\0'\n",
}


@pytest.mark.parametrize("text", NOT_OURS.values(), ids=NOT_OURS)
def test_a_module_that_is_broken_out_of_is_never_written(text: str) -> None:
    """Should a literal be left after all, compiling it or looking at it finds that."""
    with pytest.raises(BrokenGenerated, match=r"m\.py, line \d"):
        check_python({"m.py": text, "manifest.json": "{"})


STYLES = {
    "default": "",
    "another": 'line-length = 60\nlint.isort.force-single-line = true\nformat.quote-style = "single"\n',
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_projects_formatter_and_linter_leave_it(
    blank: psycopg.Connection[Any], tmp_path: Path, style: str
) -> None:
    """Ruff, whatever it is set to, finds the generated package formatted, sorted and clean."""
    blank.execute("CREATE TABLE things (id int PRIMARY KEY, name text NOT NULL, at timestamptz)")
    text = '-- name: get_by_a_long_name(a_long_parameter, another_long_parameter)\n-- D.\n-- @stream\n-- @deprecated it\'s "old"\nSELECT t, t.at FROM things AS t WHERE t.name = :a_long_parameter OR t.name = :another_long_parameter;\n'
    build = built(blank, tmp_path, {"a/q.sql": text, "empty.sql": ""})
    assert build.errors == ()
    write(tmp_path / "pkg", generated(build, tmp_path / "queries", tmp_path / "pkg"))
    (tmp_path / "ruff.toml").write_text(style)
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--check"], ["check", "--select=ALL", "--ignore=CPY001"]):
        done = subprocess.run([*ruff, *command, "--no-cache", "pkg"], cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout
