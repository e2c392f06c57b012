"""A query's form, and what running it shows: rows, the call in Python, what a write would change."""
