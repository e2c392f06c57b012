"""queries/messages.sql: a conversation in its order, and the counters beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest
from content import make

from amber_sql.errors import ParameterRefused, RowNotFound
from amber_sql.models import MessageRole, MessagesInsertManyParams
from amber_sql.queries import installations, messages, sessions
from amber_sql.runtime import _copy

if TYPE_CHECKING:
    from amber_sql.models import Session


def _counts(conn: psycopg.Connection, session: Session) -> tuple[int, int]:
    """Return message_count of the session and of its installation."""
    where = {"installation_id": session.installation_id, "id": session.id}
    (of_installation,) = conn.execute(
        "SELECT message_count FROM installations WHERE id = %s", [session.installation_id]
    ).fetchone()
    return sessions.get(conn, **where).message_count, of_installation


def test_a_message_is_numbered_and_counted(conn: psycopg.Connection) -> None:
    """The seq rises by one in each session; session and installation count along."""
    widget = make.installation(conn)
    one, two = (make.session(conn, installation_id=widget.id) for _ in range(2))
    assert [make.message(conn, one).seq for _ in range(3)] == [1, 2, 3]
    answer = make.message(
        conn, two, role=MessageRole.ASSISTANT, content="Yes.", model="m", latency_ms=900
    )
    assert (answer.seq, answer.role, answer.latency_ms) == (1, MessageRole.ASSISTANT, 900)
    assert _counts(conn, one) == (3, 4)
    assert _counts(conn, two) == (1, 4)
    assert messages.get(conn, installation_id=widget.id, id=answer.id) == answer


def test_writing_to_a_foreign_session_counts_nothing(conn: psycopg.Connection) -> None:
    """A session of another installation raises, and no counter moves."""
    mine, yours = make.session(conn), make.session(conn)
    with pytest.raises(RowNotFound):
        messages.append(
            conn,
            installation_id=yours.installation_id,
            session_id=mine.id,
            role=MessageRole.USER,
            content="hello",
        )
    assert _counts(conn, mine) == (0, 0)
    assert _counts(conn, yours) == (0, 0)


def test_a_rolled_back_message_leaves_no_trace(conn: psycopg.Connection) -> None:
    """An exception in the transaction undoes message and counters, and the seq is handed out again."""
    session = make.session(conn)

    def fail_after_writing() -> None:
        with conn.transaction():
            assert make.message(conn, session).seq == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    assert _counts(conn, session) == (0, 0)
    assert make.message(conn, session).seq == 1


def test_a_question_and_its_answer_keep_their_order(conn: psycopg.Connection) -> None:
    """One transaction has one now(); seq still tells which came first."""
    session = make.session(conn)
    with conn.transaction():
        question, answer = make.message(conn, session), make.message(conn, session)
    assert question.created_at == answer.created_at
    where = {"installation_id": session.installation_id, "session_id": session.id}
    assert messages.list_for_session(conn, **where) == [question, answer]


def test_a_conversation_is_read_from_either_end(conn: psycopg.Connection) -> None:
    """Pages by seq, forwards and backwards, hold each message once."""
    session = make.session(conn)
    make.message(conn, make.session(conn, installation_id=session.installation_id))
    said = [make.message(conn, session) for _ in range(5)]
    where = {"installation_id": session.installation_id, "session_id": session.id}
    first = messages.list_for_session(conn, **where, limit=3)
    rest = messages.list_for_session(conn, **where, after_seq=first[-1].seq)
    assert [*first, *rest] == said
    newest = messages.list_latest_for_session(conn, **where, limit=3)
    older = messages.list_latest_for_session(conn, **where, before_seq=newest[-1].seq)
    assert [*newest, *older] == said[::-1]


def test_the_newest_come_with_their_sessions(conn: psycopg.Connection) -> None:
    """Ten unless asked otherwise, newest first, each with its session; pages go by time and id."""
    widget = make.installation(conn)
    pair = [make.session(conn, installation_id=widget.id) for _ in range(2)]
    said = [make.message(conn, pair[number % 2]) for number in range(12)]
    make.message(conn, make.session(conn))
    recent = messages.list_recent(conn, installation_id=widget.id)
    assert [row.id for row in recent] == [message.id for message in said[:1:-1]]
    assert all(row.session.id == row.session_id for row in recent)
    older = messages.list_recent(
        conn,
        installation_id=widget.id,
        before_created_at=recent[-1].created_at,
        before_id=recent[-1].id,
    )
    assert [row.id for row in older] == [said[1].id, said[0].id]
    counts = {session.id: session.message_count for session in (row.session for row in recent)}
    assert counts == {session.id: 6 for session in pair}


def test_messages_are_found_by_what_is_known_of_them(conn: psycopg.Connection) -> None:
    """Each condition alone and with others, either way round, and page by page."""
    widget = make.installation(conn)
    found, plain = (
        make.session(conn, installation_id=widget.id, referrer=page)
        for page in ("https://a.example", None)
    )
    said = [
        make.message(conn, where, role=role) for where in (found, plain) for role in MessageRole
    ]
    where = {"installation_id": widget.id}
    assert messages.search(conn, **where) == said[::-1]
    assert messages.search(conn, **where, sort="oldest", role=MessageRole.USER) == said[::2]
    assert messages.search(conn, **where, referrer="https://a.example", since=said[1].created_at) == [said[1]]  # fmt: skip
    for sort, order in (("newest", said[::-1]), ("oldest", said)):
        first = messages.search(conn, **where, sort=sort, limit=3)
        last = {"beyond_created_at": first[-1].created_at, "beyond_id": first[-1].id}
        assert [*first, *messages.search(conn, **where, sort=sort, **last)] == order


def test_half_a_cursor_is_refused(conn: psycopg.Connection) -> None:
    """Where a page ends is a time and an id: one of them would skip or repeat what has the same time."""
    widget = make.installation(conn)
    with pytest.raises(ParameterRefused, match=r"beyond_id .*without beyond_created_at"):
        messages.search(conn, installation_id=widget.id, beyond_id=widget.id)


def test_everything_said_can_be_streamed(conn: psycopg.Connection) -> None:
    """The stream gives an installation's messages, oldest first, and no other's."""
    session = make.session(conn)
    make.message(conn, make.session(conn))
    said = [make.message(conn, session) for _ in range(5)]
    with messages.stream_for_installation(conn, installation_id=session.installation_id) as rows:
        assert list(rows) == said


def test_deleting_a_widget_takes_its_messages(conn: psycopg.Connection) -> None:
    """Sessions and messages go with their installation."""
    session = make.session(conn)
    make.message(conn, session)
    widget = conn.execute("SELECT user_id, id FROM installations").fetchone()
    assert installations.delete(conn, user_id=widget[0], id=widget[1]) == 1
    assert conn.execute("SELECT count(*) FROM messages").fetchone() == (0,)


def test_an_import_is_copied_in_binary(conn: psycopg.Connection) -> None:
    """Roles too, which are the only column that is no built-in type; what is no role is refused."""
    statement = messages._insert_many
    assert statement.copy is not None
    assert _copy.copy_plan(statement.copy, statement, psycopg.RawCursor(conn)).types
    session = make.session(conn)
    given = MessagesInsertManyParams(
        installation_id=session.installation_id,
        session_id=session.id,
        seq=1,
        role=MessageRole.ASSISTANT,
        content="Yes.",
        model=None,
        prompt_tokens=None,
        completion_tokens=None,
        latency_ms=None,
        created_at=session.created_at,
    )
    assert messages.insert_many(conn, [given]) == 1
    (written,) = messages.list_recent(conn, installation_id=session.installation_id)
    assert (written.role, written.content) == (MessageRole.ASSISTANT, "Yes.")
    wrong = msgspec.structs.replace(given, seq=2, role=5)
    with pytest.raises(ParameterRefused, match="role"):
        messages.insert_many(conn, [wrong])
