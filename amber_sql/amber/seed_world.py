"""The world that `seed` writes, as data: who there is, what they own, and what was said there.

Nothing here is random and nothing is real. What has a time is told in days before the seed.
"""

from __future__ import annotations

import msgspec

from amber_sql.models import InstallationStatus, Plan, SubscriptionStatus

TEST_USER = "user_test"
"""The Clerk id of the test user."""


class Widget(msgspec.Struct, frozen=True, kw_only=True):
    """An installation; `talk` are questions and their answers, `visits` sessions that hold some."""

    client_id: str
    name: str
    origin: str
    assistant: str = "Amber AI"
    color: str = "#22d3ee"
    welcome: str | None = None
    status: InstallationStatus = InstallationStatus.ACTIVE
    visits: int = 4
    talk: tuple[tuple[str, str], ...]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user with their subscription; who pays has Stripe's ids, made from `clerk_id`."""

    clerk_id: str
    email: str
    name: str
    plan: Plan = Plan.FREE
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    days_into_period: int = 0
    widgets: tuple[Widget, ...] = ()
    keys: tuple[str, ...] = ()


BOOKS = (
    ("Do you ship to Norway?", "Yes, within three to five days, for 12 euros."),
    ("Is The Dispossessed in stock?", "Three copies of the paperback, on the shelf by the window."),
    ("Can I order a book you do not have?", "Gladly. Most arrive within two days."),
    ("When are you open on Saturdays?", "From ten to six."),
    ("Do you take used books?", "On Tuesdays, up to twenty at a time."),
    ("Can you wrap it as a present?", "Of course, at no charge. Leave a note with the order."),
)
TENTS = (
    ("Does the Fjell 2 stand without pegs?", "It does: its poles cross, so it stands by itself."),
    ("How long is the guarantee?", "Five years on seams and poles, two on everything else."),
    ("The zip of my bag is stuck.", "Rub a candle along it; if that fails, we repair it for free."),
    ("Which stove works below -10 °C?", "The liquid-fuel one; gas loses its pressure in the cold."),
)
TEETH = (
    ("I need an appointment this week.", "Thursday at 9.40 and Friday at 14.00 are free."),
    ("Do you see children?", "From the first tooth on; Mondays are for families."),
    ("Does it hurt?", "You will feel pressure and no pain. Tell us, and we pause."),
)
SUPPORT = (
    ("How do I reset my password?", "Under Account, Security. The link is good for an hour."),
    ("Where is my invoice?", "Under Billing, Invoices; each month's is there on the second."),
    ("Can I add a colleague?", "Under Team, Invite. Your plan has room for four more."),
    ("The export stops at 99 %.", "That was ours, and is mended since this morning. Try again."),
    ("Is there an API?", "There is: make a key under Developers, then see the reference."),
)

PEOPLE = (
    Person(
        clerk_id=TEST_USER,
        email="test@example.com",
        name="Test User",
        widgets=(
            Widget(
                client_id="client_test",
                name="Corner Bookshop",
                origin="https://bookshop.example",
                welcome="Looking for something to read?",
                visits=5,
                talk=BOOKS,
            ),
        ),
    ),
    Person(
        clerk_id="user_mara",
        email="mara@nordlicht.example",
        name="Mara Lindqvist",
        plan=Plan.PRO,
        days_into_period=12,
        widgets=(
            Widget(
                client_id="client_nordlicht",
                name="Nordlicht Outdoor",
                origin="https://nordlicht.example",
                assistant="Saga",
                color="#0f766e",
                welcome="Where are you going?",
                visits=8,
                talk=TENTS,
            ),
            Widget(
                client_id="client_nordlicht_trade",
                name="Nordlicht for shops",
                origin="https://trade.nordlicht.example",
                assistant="Saga",
                color="#0f766e",
                status=InstallationStatus.PAUSED,
                visits=2,
                talk=TENTS,
            ),
        ),
        keys=("Warehouse", "Website"),
    ),
    Person(
        clerk_id="user_sam",
        email="sam@harbour-dental.example",
        name="Sam Okafor",
        plan=Plan.STARTER,
        status=SubscriptionStatus.PAST_DUE,
        days_into_period=27,
        widgets=(
            Widget(
                client_id="client_harbour",
                name="Harbour Dental",
                origin="https://harbour-dental.example",
                visits=3,
                talk=TEETH,
            ),
        ),
    ),
    Person(
        clerk_id="user_ines",
        email="ines@cloudledger.example",
        name="Ines Carvalho",
        plan=Plan.ENTERPRISE,
        days_into_period=5,
        widgets=(
            Widget(
                client_id="client_cloudledger",
                name="Cloudledger help",
                origin="https://help.cloudledger.example",
                assistant="Ledgy",
                color="#7c3aed",
                visits=12,
                talk=SUPPORT,
            ),
            Widget(
                client_id="client_cloudledger_old",
                name="Cloudledger help, the old site",
                origin="https://old.cloudledger.example",
                status=InstallationStatus.DISABLED,
                visits=0,
                talk=SUPPORT,
            ),
        ),
        keys=("Data warehouse",),
    ),
)
