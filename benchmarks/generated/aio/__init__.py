"""A generated package."""
