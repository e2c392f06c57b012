"""Amber's own commands, which reach `amber-sql` by the entry point group `amber_sql.commands`."""
