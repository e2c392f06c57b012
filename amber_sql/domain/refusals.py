"""What the domain refuses; like every exception of amber-sql, the docstring is the message."""

from __future__ import annotations

from amber_sql.errors import USAGE, AmberError


class NoErasureKey(AmberError):
    """No key to remember erased people by: set AMBER_ERASURE_KEY to a secret of {shortest} characters or more, always the same, or pass `key`."""

    exit_code = USAGE


class InvalidApiKey(AmberError):
    """The API key is not valid."""


class MissingScope(AmberError):
    """The API key lacks the scope {scope}."""


class UnknownPrice(AmberError):
    """No plan is known for Stripe's price {price}: add it to the handlers' `plans`."""


class UnknownCustomer(AmberError):
    """No user is known for Stripe's customer {customer}: checkout writes the user's id into the subscription's metadata as user_id."""
