"""The questions that `tables` asks beyond the compiler's catalog: how SQL states what hangs on a table.

They are asked with PostgreSQL's own schema first in the search_path and the caller's behind it: no
operator of anybody's comes first, and what the caller may write without a schema is printed without.
"""

COLUMNS = """
SELECT a.attrelid::int8, a.attnum, format_type(a.atttypid, a.atttypmod),
       coalesce(pg_get_expr(d.adbin, d.adrelid), ''),
       a.attidentity::text, a.attgenerated::text
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef AS d
    ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%(tables)s::oid[])
  AND a.attnum > 0 AND NOT a.attisdropped
"""

CONSTRAINTS = """
SELECT k.conrelid::int8, k.conname, k.contype::text,
       pg_get_constraintdef(k.oid, true),
       k.conkey::int8[], k.confrelid::int8, k.confkey::int8[]
FROM pg_constraint AS k
LEFT JOIN pg_constraint AS p ON p.oid = k.conparentid
WHERE k.conrelid = ANY (%(tables)s::oid[])
  AND k.contype = ANY (ARRAY['c', 'f', 'p', 'u', 'x']::"char"[])
  -- A key to a partitioned table has an entry for each partition; a partition's own is its parent's.
  AND (p.oid IS NULL OR p.confrelid = k.confrelid)
ORDER BY k.conrelid, k.contype, k.conname
"""

INDEXES = """
SELECT i.indrelid::int8, x.relname, pg_get_indexdef(i.indexrelid),
       i.indisunique, i.indisprimary, i.indisvalid,
       CASE WHEN i.indpred IS NULL THEN i.indkey::int2[]::int8[] END,
       i.indnkeyatts
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
WHERE i.indrelid = ANY (%(tables)s::oid[])
ORDER BY i.indrelid, NOT i.indisprimary, x.relname
"""

POLICIES = """
SELECT p.polrelid::int8, p.polname, concat_ws(' ',
    CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR',
    CASE p.polcmd::text WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
        WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    'TO', coalesce((SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname)
           FROM pg_roles AS r WHERE r.oid = ANY (p.polroles)), 'PUBLIC'),
    'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
    'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
FROM pg_policy AS p
WHERE p.polrelid = ANY (%(tables)s::oid[])
ORDER BY p.polrelid, p.polname
"""

TRIGGERS = """
SELECT g.tgrelid::int8, g.tgname, pg_get_triggerdef(g.oid, true)
FROM pg_trigger AS g
WHERE g.tgrelid = ANY (%(tables)s::oid[]) AND NOT g.tgisinternal
ORDER BY g.tgrelid, g.tgname
"""

RELATIONS = """
SELECT c.oid::int8, c.relrowsecurity, coalesce(pg_get_partkeydef(c.oid), ''),
       (SELECT count(*) FROM pg_inherits AS i
        WHERE i.inhparent = c.oid),
       CASE WHEN c.relkind = ANY (ARRAY['v', 'm']::"char"[])
            THEN pg_get_viewdef(c.oid, true) ELSE '' END
FROM pg_class AS c
WHERE c.oid = ANY (%(tables)s::oid[])
"""

# What an extension brought is no part of anybody's schema.
EXTENSIONS = """
SELECT d.objid::int8 FROM pg_depend AS d
WHERE d.deptype = 'e'
"""
