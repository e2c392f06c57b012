"""PostgreSQL's lexical rules, and one statement of a file: what build time and run time share."""
