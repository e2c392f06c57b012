"""A database against its migrations: its objects as SQL, and the differences."""
