"""queries/installations.sql: an owner's widgets, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from content import make

from amber_sql.models import (
    InstallationStatus,
    MessageRole,
    MessagesInsertManyParams,
    WidgetPosition,
)
from amber_sql.queries import installations, messages, sessions

if TYPE_CHECKING:
    import psycopg


def test_a_new_widget_has_the_default_branding(conn: psycopg.Connection) -> None:
    """The defaults of the schema arrive in the struct."""
    new = make.installation(conn)
    assert (new.status, new.position) == (InstallationStatus.ACTIVE, WidgetPosition.BOTTOM_RIGHT)
    assert (new.assistant_name, new.accent_color) == ("Amber AI", "#22d3ee")
    assert (new.allowed_origins, new.message_count) == ([], 0)
    assert installations.get_by_client_id(conn, client_id=new.client_id) == new


def test_new_branding_leaves_the_origins(conn: psycopg.Connection) -> None:
    """The whole changed row comes back."""
    new = make.installation(conn, allowed_origins=["https://a.example"])
    branded = installations.update_branding(
        conn,
        user_id=new.user_id,
        id=new.id,
        assistant_name="Otto",
        accent_color="#FF0000",
        avatar_url=None,
        position=WidgetPosition.TOP_LEFT,
        welcome_message="Hello",
    )
    assert (branded.assistant_name, branded.position) == ("Otto", WidgetPosition.TOP_LEFT)
    assert branded.allowed_origins == ["https://a.example"]
    assert installations.get(conn, user_id=new.user_id, id=new.id) == branded


def test_branding_that_is_not_given_stays(conn: psycopg.Connection) -> None:
    """One statement for each combination: what is given is set, None clears what may be empty."""
    new = make.installation(conn)
    owner = {"user_id": new.user_id, "id": new.id}
    one = installations.update_branding(conn, **owner, welcome_message="Hi", accent_color="#FF0000")
    assert (one.welcome_message, one.accent_color, one.position) == ("Hi", "#FF0000", new.position)
    two = installations.update_branding(conn, **owner, welcome_message=None)
    assert (two.welcome_message, two.accent_color) == (None, "#FF0000")
    assert two.updated_at > one.updated_at > new.updated_at


def test_origins_and_status_are_set_one_by_one(conn: psycopg.Connection) -> None:
    """Each gives the whole changed row, and leaves what the other set."""
    new = make.installation(conn, allowed_origins=["https://a.example"])
    owner = {"user_id": new.user_id, "id": new.id}
    opened = installations.set_allowed_origins(conn, **owner, allowed_origins=[])
    assert (opened.allowed_origins, opened.status) == ([], InstallationStatus.ACTIVE)
    paused = installations.set_status(conn, **owner, status=InstallationStatus.PAUSED)
    assert (paused.allowed_origins, paused.status) == ([], InstallationStatus.PAUSED)
    assert installations.get(conn, **owner) == paused


def test_another_user_cannot_reach_a_widget(conn: psycopg.Connection) -> None:
    """The right id with the wrong owner reads, changes and deletes nothing."""
    mine, yours = make.installation(conn), make.installation(conn)
    wrong = {"user_id": yours.user_id, "id": mine.id}
    assert [
        installations.get(conn, **wrong),
        installations.set_status(conn, **wrong, status=InstallationStatus.DISABLED),
        installations.set_allowed_origins(conn, **wrong, allowed_origins=["x"]),
        installations.recount_messages(conn, **wrong),
        installations.delete(conn, **wrong),
    ] == [None, None, None, None, 0]
    assert installations.list_for_user(conn, user_id=yours.user_id) == [yours]
    assert installations.get(conn, user_id=mine.user_id, id=mine.id) == mine


def test_active_widgets_come_with_owner_and_sessions(conn: psycopg.Connection) -> None:
    """One statement nests the user and the sessions seen last."""
    user = make.user(conn)
    first, second = (make.installation(conn, user_id=user.id) for _ in range(2))
    seen = [
        make.session(conn, installation_id=first.id, user_agent=f"Agent {number}")
        for number in range(3)
    ]
    page = installations.list_active_with_sessions(conn, user_id=user.id, sessions_limit=2)
    assert [(row.id, row.user) for row in page] == [(first.id, user), (second.id, user)]
    assert [row.sessions for row in page] == [[seen[2], seen[1]], []]
    assert page[0].sessions[0].user_agent == "Agent 2"


def test_paused_widgets_are_not_active(conn: psycopg.Connection) -> None:
    """They stay out of a page, which is as long as asked."""
    user = make.user(conn)
    paused, *active = (make.installation(conn, user_id=user.id) for _ in range(3))
    installations.set_status(conn, user_id=user.id, id=paused.id, status=InstallationStatus.PAUSED)
    page = installations.list_active_with_sessions(conn, user_id=user.id)
    assert [row.id for row in page] == [row.id for row in active]
    assert len(installations.list_active_with_sessions(conn, user_id=user.id, limit=1)) == 1


def test_widgets_are_paged_by_key(conn: psycopg.Connection) -> None:
    """The pages of a user hold their widgets once, oldest first."""
    user = make.user(conn)
    widgets = [make.installation(conn, user_id=user.id) for _ in range(3)]
    first = installations.list_for_user(conn, user_id=user.id, limit=2)
    second = installations.list_for_user(conn, user_id=user.id, after_id=first[-1].id)
    assert [*first, *second] == widgets
    last = installations.list_for_user(conn, user_id=user.id, sort="newest", limit=1)
    rest = installations.list_for_user(conn, user_id=user.id, sort="newest", after_id=last[0].id)
    assert [*last, *rest] == widgets[::-1]


def test_widgets_of_a_status_are_listed(conn: psycopg.Connection) -> None:
    """Those alone, of the user alone."""
    user = make.user(conn)
    paused, active = (make.installation(conn, user_id=user.id) for _ in range(2))
    installations.set_status(conn, user_id=user.id, id=paused.id, status=InstallationStatus.PAUSED)
    found = installations.list_for_user(conn, user_id=user.id, status=InstallationStatus.ACTIVE)
    assert found == [active]


def test_stats_count_and_sum(conn: psycopg.Connection) -> None:
    """Widgets and their messages, and zeros for who has none."""
    user = make.user(conn)
    for _ in range(2):
        widget = make.installation(conn, user_id=user.id)
        session = make.session(conn, installation_id=widget.id)
        for _ in range(3):
            make.message(conn, session)
    stats = installations.get_stats(conn, user_id=user.id)
    assert (stats.installation_count, stats.message_count) == (2, 6)
    nothing = installations.get_stats(conn, user_id=make.user(conn).id)
    assert (nothing.installation_count, nothing.message_count) == (0, 0)


def test_a_recount_catches_up_with_an_import(conn: psycopg.Connection) -> None:
    """After insert_many the counters stand where append goes on; a second recount adds nothing."""
    session = make.session(conn)
    make.message(conn, session)
    rows = [
        MessagesInsertManyParams(
            installation_id=session.installation_id,
            session_id=session.id,
            seq=seq,
            role=MessageRole.ASSISTANT,
            content="imported",
            model=None,
            prompt_tokens=None,
            completion_tokens=None,
            latency_ms=None,
            created_at=datetime.now(UTC),
        )
        for seq in range(2, 12)
    ]
    assert messages.insert_many(conn, rows) == 10
    widget = conn.execute("SELECT user_id, id FROM installations").fetchone()
    owner = dict(zip(("user_id", "id"), widget, strict=True))
    assert installations.recount_messages(conn, **owner) == 11
    assert installations.recount_messages(conn, **owner) == 11
    where = {"installation_id": session.installation_id, "id": session.id}
    assert sessions.get(conn, **where).message_count == 11
    assert make.message(conn, session).seq == 12
