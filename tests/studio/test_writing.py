"""Editing: a list of changes, shown as SQL, applied as a whole; nothing without --write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from studio_world import form_of

if TYPE_CHECKING:
    import httpx
    import psycopg
    from studio_world import Running

WORLD = """
CREATE TABLE team (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE person (
    id int PRIMARY KEY, name varchar(10) NOT NULL CHECK (name <> 'nobody'), note text, age int,
    team int REFERENCES team ON DELETE CASCADE, number int GENERATED ALWAYS AS IDENTITY,
    loud text GENERATED ALWAYS AS (upper(note)) STORED, code text UNIQUE, pin text
);
COMMENT ON COLUMN person.pin IS '@secret';
CREATE TABLE badge (id int PRIMARY KEY, person int REFERENCES person);
CREATE VIEW people AS SELECT id, name FROM person;
INSERT INTO team VALUES (1, 'red'), (2, 'blue');
INSERT INTO person (id, name, note, age, team, code, pin)
SELECT g, 'p' || g, CASE WHEN g % 2 = 0 THEN '' END, g, 1, 'c' || g, 'sekret' || g FROM generate_series(1, 20) AS g;
INSERT INTO badge VALUES (1, 3);
"""


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Open a form and send it, with the fields that are filled in."""
    page = client.get(path)
    assert page.status_code == 200, page.text
    given = {name.replace("__", "."): value for name, value in fields.items()}
    return client.post(path, data=form_of(page.text) | given)


def apply(client: httpx.Client) -> httpx.Response:
    """Apply the list."""
    return post(client, "/changes", do="apply")


def value(rows: psycopg.Connection, column: str, id: int) -> object:
    """Return a field of a person."""
    row = rows.execute(f"SELECT {column} FROM person WHERE id = %s", [id]).fetchone()
    return row[0] if row else "gone"


def test_an_edit_is_listed_as_sql_and_then_written(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """What is shown is what runs; before it is applied nothing is."""
    listed = post(editor, "/edit/public/person/1", value__age="41")
    assert "UPDATE &#34;public&#34;.&#34;person&#34;" in listed.text
    assert value(rows, "age", 1) == 1
    assert "Written: 1 change" in apply(editor).text
    assert value(rows, "age", 1) == 41


def test_null_and_the_empty_text_are_told_apart(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """A field that is left as it is stays, whichever of the two it is."""
    assert (
        "Nothing was changed"
        in post(editor, "/edit/public/person/3", how__note="null", value__note="").text
    )
    assert (
        "Nothing was changed"
        in post(editor, "/edit/public/person/4", how__note="value", value__note="").text
    )
    post(editor, "/edit/public/person/3", how__note="value", value__note="")
    post(editor, "/edit/public/person/4", how__note="null", value__note="")
    apply(editor)
    assert [value(rows, "note", 3), value(rows, "note", 4)] == ["", None]


def test_a_row_that_changed_since_is_refused_and_nothing_is_written(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """Neither it nor what else is in the list."""
    post(editor, "/edit/public/person/5", value__age="50")
    post(editor, "/edit/public/person/6", value__age="60")
    rows.execute("UPDATE person SET note = 'by somebody else' WHERE id = 6")
    answer = apply(editor)
    assert "was changed or removed since it was read" in answer.text
    assert [value(rows, "age", 5), value(rows, "age", 6)] == [5, 6]
    post(editor, "/changes", do="drop all")


def test_of_two_editors_of_one_row_the_second_is_refused(
    writing: Running, editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """The first one's value stays; each has a list of their own."""
    with writing.browser() as other:
        post(editor, "/edit/public/person/7", value__age="70")
        post(other, "/edit/public/person/7", value__age="71")
        assert "Written" in apply(editor).text
        assert "since it was read" in apply(other).text
    assert value(rows, "age", 7) == 70


def test_a_form_that_was_open_too_long_is_refused(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """The row changed between the form and its answer."""
    form = form_of(editor.get("/edit/public/person/8").text)
    rows.execute("UPDATE person SET age = 88 WHERE id = 8")
    answer = editor.post("/edit/public/person/8", data=form | {"value.age": "1"})
    assert "since it was read" in answer.text
    assert "UPDATE" not in editor.get("/changes").text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("age", "many", "invalid input syntax"), ("name", "nobody", "person_name_check"),
        ("name", "far too long a name", "too long"), ("code", "c1", "person_code_key"), ("team", "9", "person_team_fkey"),
        ("id", "2", "person_pkey"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field(
    editor: httpx.Client, field: str, value: str, says: str
) -> None:
    """Found by trying it out, and by whichever rule of the schema."""
    answer = post(
        editor, "/edit/public/person/9", **{f"value__{field}": value, "value__note": "as well"}
    )
    number = re.search(rf'name="value.{field}"[^>]*aria-describedby="(v\d+)-wrong"', answer.text)
    assert number, answer.text
    wrong = re.search(rf'id="{number[1]}-wrong">([^<]*)<', answer.text)
    assert wrong
    assert says in wrong[1]
    assert "UPDATE" not in editor.get("/changes").text


@pytest.mark.parametrize("column", ["number", "loud", "pin"])
def test_what_cannot_be_edited_is_refused_however_the_form_says_it(
    editor: httpx.Client, rows: psycopg.Connection, column: str
) -> None:
    """Identity, generated and secret columns have no field, and one that is sent is refused."""
    page = editor.get("/edit/public/person/10").text
    assert f'name="value.{column}"' not in page
    answer = editor.post("/edit/public/person/10", data=form_of(page) | {f"value.{column}": "1"})
    assert answer.status_code == 403
    added = editor.post(
        "/add/public/person",
        data=form_of(editor.get("/add/public/person").text) | {f"how.{column}": "null"},
    )
    assert added.status_code == 403
    assert value(rows, "pin", 10) == "sekret10"


def test_a_row_is_added_with_its_defaults(editor: httpx.Client, rows: psycopg.Connection) -> None:
    """What is left alone is left to the server."""
    post(editor, "/add/public/person", value__id="100", value__name="New", how__note="null")
    assert "Written" in apply(editor).text
    assert rows.execute(
        "SELECT name, note, age, number > 0 FROM person WHERE id = 100"
    ).fetchone() == ("New", None, None, True)


def test_what_depends_on_a_deleted_row_is_shown_first(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """What goes with it, by name, and what goes with that; what refuses it."""
    page = editor.get("/delete/public/team/1").text
    assert "These rows go with it" in page
    assert "/row/public/person/" in page
    assert "These rows refuse it" in editor.get("/delete/public/person/3").text
    post(editor, "/delete/public/person/20")
    assert value(rows, "id", 20) == 20
    apply(editor)
    assert value(rows, "id", 20) == "gone"


def test_a_deletion_that_is_refused_keeps_the_rest(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """All or nothing, and the server's reason at its statement."""
    post(editor, "/edit/public/person/11", value__age="111")
    post(editor, "/delete/public/person/3")
    assert "badge_person_fkey" in apply(editor).text
    assert value(rows, "age", 11) == 11
    post(editor, "/changes", do="drop all")


HOSTILE = "'); DROP TABLE person; --\\ $$ \x01 \u202e <script>"


def test_a_hostile_value_is_a_value(editor: httpx.Client, rows: psycopg.Connection) -> None:
    """In the SQL that is shown and that runs."""
    listed = post(editor, "/edit/public/person/12", how__note="value", value__note=HOSTILE)
    assert "<script>" not in listed.text.replace(
        '<script src="/static/studio.js" defer></script>', ""
    )
    assert "\u202e" not in listed.text
    apply(editor)
    assert value(rows, "note", 12) == HOSTILE


def test_a_form_without_its_token_is_refused(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """Also with another session's."""
    for token in ("", "x"):
        answer = editor.post("/edit/public/person/13", data={"form_token": token, "value.age": "0"})
        assert answer.status_code == 403
    assert editor.post("/changes", data={"do": "apply"}).status_code == 403
    assert value(rows, "age", 13) == 13


def test_a_list_that_was_not_shown_is_not_applied(
    editor: httpx.Client, rows: psycopg.Connection
) -> None:
    """Something came into the list in another tab."""
    shown = form_of(editor.get("/changes").text or "")
    post(editor, "/edit/public/person/14", value__age="140")
    fields = form_of(editor.get("/changes").text) | {"version": shown.get("version", "0")}
    assert (
        "another than the one that was shown"
        in editor.post("/changes", data=fields | {"do": "apply"}).text
    )
    assert value(rows, "age", 14) == 14
    post(editor, "/changes", do="drop all")


WRITES = ["/edit/public/person/1", "/delete/public/person/1", "/add/public/person", "/changes"]


@pytest.mark.parametrize("path", WRITES)
def test_without_write_no_form_writes(
    studio: Running, browser: httpx.Client, rows: psycopg.Connection, path: str
) -> None:
    """Whatever is sent, with the session's own token."""
    session = next(iter(studio.state.doors.sessions.values()))
    assert browser.get(path).status_code == 403
    for known in studio.state.doors.sessions.values():
        session = known
    sent = {"form_token": session.form_token, "do": "apply", "value.age": "0", "version": "1"}
    assert browser.post(path, data=sent).status_code == 403
    assert rows.execute("SELECT count(*) FROM person WHERE age = 0").fetchone() == (0,)


def test_a_view_is_not_edited(editor: httpx.Client) -> None:
    """It has no key, and nothing is added to it."""
    assert editor.get("/add/public/people").status_code == 403
    assert "Add a row" not in editor.get("/table/public/people").text
