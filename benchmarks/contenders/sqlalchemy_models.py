"""The five tables as a user of SQLAlchemy would map them: typed columns, enums as ours."""

from __future__ import annotations

from datetime import datetime  # SQLAlchemy reads the annotations
from typing import Any
from uuid import UUID  # noqa: TC003

from sqlalchemy import ARRAY, BigInteger, DateTime, Enum, ForeignKey, ForeignKeyConstraint, Text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.sql import func

from amber_sql.models import MessageRole
from benchmarks.generated.models import (
    InstallationStatus,
    Plan,
    SubscriptionStatus,
    WidgetPosition,
)


def _enum(enum: type[Any], name: str) -> Enum:
    return Enum(enum, name=name, create_type=False, values_callable=lambda e: [m.value for m in e])


class Base(DeclarativeBase):
    """Python types → PostgreSQL's."""

    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's own way
        str: Text,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        Plan: _enum(Plan, "plan"),
        SubscriptionStatus: _enum(SubscriptionStatus, "subscription_status"),
        InstallationStatus: _enum(InstallationStatus, "installation_status"),
        WidgetPosition: _enum(WidgetPosition, "widget_position"),
        MessageRole: _enum(MessageRole, "message_role"),
    }


class Stamped:
    """What every table has."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class User(Stamped, Base):
    """users."""

    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    clerk_id: Mapped[str]
    email: Mapped[str]
    name: Mapped[str | None]
    avatar_url: Mapped[str | None]
    subscription: Mapped[Subscription | None] = relationship()
    installations: Mapped[list[Installation]] = relationship(order_by="Installation.id")


class Subscription(Stamped, Base):
    """subscriptions."""

    __tablename__ = "subscriptions"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    stripe_customer_id: Mapped[str | None]
    stripe_subscription_id: Mapped[str | None]
    plan: Mapped[Plan]
    status: Mapped[SubscriptionStatus]
    message_limit: Mapped[int]
    installation_limit: Mapped[int]
    messages_used: Mapped[int]
    current_period_start: Mapped[datetime]
    current_period_end: Mapped[datetime]
    cancel_at_period_end: Mapped[bool]


class Installation(Stamped, Base):
    """installations."""

    __tablename__ = "installations"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    client_id: Mapped[str]
    name: Mapped[str]
    status: Mapped[InstallationStatus]
    assistant_name: Mapped[str]
    accent_color: Mapped[str]
    avatar_url: Mapped[str | None]
    position: Mapped[WidgetPosition]
    welcome_message: Mapped[str | None]
    allowed_origins: Mapped[list[str]]
    message_count: Mapped[int] = mapped_column(BigInteger)


class Session(Stamped, Base):
    """sessions."""

    __tablename__ = "sessions"
    installation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    session_key: Mapped[str]
    user_agent: Mapped[str | None]
    ip: Mapped[str | None] = mapped_column(INET)
    referrer: Mapped[str | None]
    message_count: Mapped[int]
    last_seen_at: Mapped[datetime]


class Message(Stamped, Base):
    """messages."""

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["installation_id", "session_id"], ["sessions.installation_id", "sessions.id"]
        ),
    )
    installation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    session_id: Mapped[UUID]
    seq: Mapped[int]
    role: Mapped[MessageRole]
    content: Mapped[str]
    model: Mapped[str | None]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    latency_ms: Mapped[int | None]
    session: Mapped[Session] = relationship(viewonly=True)
