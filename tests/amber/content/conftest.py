"""Whatever is tested here is a service's, and so is its role."""

from __future__ import annotations

import pytest


@pytest.fixture
def database_url(app_url: str) -> str:
    """Work as the app role, as a service does; what is the operator's says so in its own file."""
    return app_url
