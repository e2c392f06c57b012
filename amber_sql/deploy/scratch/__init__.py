"""Databases made from migrations and thrown away: where types are proven and releases compared."""
