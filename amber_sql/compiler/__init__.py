"""Build time: SQL files become described queries, and those become typed Python.

load → describe (PostgreSQL prepares, and shows its query tree) → infer → bind → emit. Nothing
here is imported at run time.
"""
