"""`python -m amber_sql` is `amber-sql`."""

from __future__ import annotations

from amber_sql.cli import main

main()
