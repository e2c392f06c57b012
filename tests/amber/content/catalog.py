"""A database → what it is made of, as sorted text: equal catalogs, equal lists.

Read from PostgreSQL's own definitions (pg_get_…def), so that whatever a migration can make shows;
yoyo's own tables are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

_SNAPSHOT = """
WITH relation AS (
    SELECT c.oid, c.relname, c.relkind, c.reloptions
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '^(_?yoyo|_amber_)'
),
thing (kind, name, definition, comment) AS (
    SELECT 'relation ' || r.relkind::text, r.relname, concat_ws(' ', r.reloptions::text,
               CASE r.relkind WHEN 'v' THEN pg_get_viewdef(r.oid) END,
               CASE r.relkind WHEN 'p' THEN pg_get_partkeydef(r.oid) END),
           obj_description(r.oid, 'pg_class')
    FROM relation AS r
    UNION ALL
    SELECT 'column', r.relname || '.' || a.attname,
           concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid)),
           col_description(r.oid, a.attnum)
    FROM relation AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
    UNION ALL
    SELECT 'constraint', r.relname || '.' || c.conname, pg_get_constraintdef(c.oid),
           obj_description(c.oid, 'pg_constraint')
    FROM relation AS r JOIN pg_constraint AS c ON c.conrelid = r.oid
    UNION ALL
    SELECT 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid),
           i.indisvalid::text
    FROM relation AS r JOIN pg_index AS i ON i.indrelid = r.oid
    UNION ALL
    SELECT 'trigger', r.relname || '.' || t.tgname, pg_get_triggerdef(t.oid), NULL
    FROM relation AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid),
           obj_description(p.oid, 'pg_proc')
    FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'type ' || t.typtype::text, t.typname,
           (SELECT string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder)
            FROM pg_enum AS e WHERE e.enumtypid = t.oid),
           obj_description(t.oid, 'pg_type')
    FROM pg_type AS t
    WHERE t.typnamespace = 'public'::regnamespace AND t.typname !~ '^(_?yoyo|_amber_)'
)
SELECT kind, name, definition, comment FROM thing ORDER BY kind, name, definition
"""


def snapshot(conn: psycopg.Connection) -> list[tuple[str | None, ...]]:
    """Return (kind, name, definition, comment) of everything in the schema public."""
    return conn.execute(_SNAPSHOT).fetchall()
