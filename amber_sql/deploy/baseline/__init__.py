"""A database that has no history here → its first migration."""
