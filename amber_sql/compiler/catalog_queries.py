"""The questions that `catalog` asks PostgreSQL's system catalogs (manual, chapter 53)."""

TYPES = """
SELECT t.oid::int8, n.nspname, t.typname, t.typtype, t.typcategory,
       CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END::int8, t.typbasetype::int8,
       t.typrelid::int8, coalesce(r.rngsubtype, m.rngsubtype, 0)::int8,
       t.typnotnull, coalesce(obj_description(t.oid, 'pg_type'), ''),
       ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.oid),
       t.typsend <> 0
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_range AS m ON m.rngmultitypid = t.oid
"""

RELATIONS = """
SELECT c.oid::int8, n.nspname, c.relname, c.relkind, coalesce(obj_description(c.oid, 'pg_class'), ''),
       c.relispartition, c.relhassubclass, c.reltype::int8,
       EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.ev_type <> '1')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND n.nspname !~ '^pg_(toast|temp)'
"""

# NOT NULL as each version states it: since 18 a constraint that may not be validated yet.
COLUMNS = """
SELECT a.attrelid::int8, a.attnum, a.attname, a.atttypid::int8, {not_null}, a.attnotnull, a.atthasdef OR a.attidentity <> '',
       coalesce((SELECT d.adbin::text FROM pg_attrdef AS d
                 WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated <> ''), ''), coalesce(col_description(a.attrelid, a.attnum), '')
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY a.attrelid, a.attnum
"""
VALIDATED = """a.attnotnull AND NOT EXISTS (
           SELECT FROM pg_constraint AS k WHERE k.conrelid = a.attrelid AND k.contype = 'n'
             AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated)"""

INHERITS = """
WITH RECURSIVE below AS (
    SELECT inhparent AS parent, inhrelid AS child FROM pg_inherits
    UNION
    SELECT b.parent, i.inhrelid FROM below AS b JOIN pg_inherits AS i ON i.inhparent = b.child
)
SELECT parent::int8, child::int8 FROM below
"""

# A CHECK of this form refuses NULL as NOT NULL does.
CHECKED = r"""
SELECT conrelid::int8, conkey[1] FROM pg_constraint
WHERE contype = 'c' AND convalidated AND cardinality(conkey) = 1
  AND pg_get_expr(conbin, conrelid) ~ '^\(("[^"]+"|\w+) IS NOT NULL\)$'
"""

# A CHECK of this form refuses NULL as an element.
FILLED = r"""
SELECT conrelid::int8, conkey[1]::int8 FROM pg_constraint
WHERE contype = 'c' AND convalidated AND NOT connoinherit AND cardinality(conkey) = 1
  AND pg_get_expr(conbin, conrelid) ~ '^\(array_position\(("[^"]+"|\w+), NULL::[^()]+\) IS NULL\)$'
"""

FOREIGN_KEYS = """
SELECT c.conrelid::int8, c.confrelid::int8, c.conkey::int8[], c.confkey::int8[],
       c.conpfeqop::oid[]::int8[]
FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.confrelid
WHERE c.contype = 'f' AND c.convalidated AND NOT c.condeferrable AND NOT r.relrowsecurity
  -- A key to a partitioned table has an entry for each partition: a row is in one of them.
  AND NOT EXISTS (SELECT FROM pg_constraint AS p
                  WHERE p.oid = c.conparentid AND p.confrelid <> c.confrelid)
"""

# tgtype bits (pg_trigger.h): 1 row, 2 before, 4 insert, 8 delete, 16 update, 64 instead of.
TRIGGERS = """
SELECT tgrelid::int8, tgtype FROM pg_trigger WHERE tgtype & 66 <> 0 AND tgtype & 1 <> 0 AND NOT tgisinternal
"""

INDEXES = """
SELECT i.indrelid::int8, i.indkey::int2[]::int8[],
       k.families, k.types, k.defaults, i.indcollation::oid[]::int8[], k.texts,
       coalesce(i.indpred::text, ''), coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
       coalesce(i.indexprs::text, '')
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam
CROSS JOIN LATERAL (
    SELECT array_agg(c.opcfamily::int8 ORDER BY n) AS families,
           array_agg(c.opcintype::int8 ORDER BY n) AS types,
           array_agg(c.opcdefault ORDER BY n) AS defaults,
           array_agg(pg_get_indexdef(i.indexrelid, n::int4, false) ORDER BY n) AS texts
    FROM unnest(i.indclass::oid[]) WITH ORDINALITY AS u (class, n)
    JOIN pg_opclass AS c ON c.oid = u.class
) AS k
WHERE i.indisunique AND i.indisvalid AND i.indisready AND i.indimmediate AND m.amname = 'btree'
"""

LEADING = """
SELECT i.indrelid::int8, array_agg(i.indkey[0]::int8) FROM pg_index AS i
WHERE i.indisvalid AND i.indkey[0] <> 0 GROUP BY i.indrelid
"""

FUNCTIONS = """
SELECT p.oid::int8, n.nspname, p.proname, p.proisstrict, p.provolatile = 'v', p.proretset,
       p.proargtypes::oid[]::int8[],
       CASE WHEN p.proargmodes IS NULL THEN '{}'
            ELSE ARRAY(SELECT o.type::int8 FROM unnest(p.proallargtypes, p.proargmodes) AS o (type, mode)
                       WHERE o.mode IN ('o', 'b', 't')) END
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
"""

# "Equal" is strategy 3 of btree and 1 of hash; what negates it, `<>`, has an answer where it has.
COMPARISONS = """
SELECT o.amopopr::int8 FROM pg_amop AS o JOIN pg_am AS m ON m.oid = o.amopmethod
WHERE m.amname IN ('btree', 'hash') AND o.amoppurpose = 's'
UNION
SELECT p.oprnegate::int8 FROM pg_amop AS o JOIN pg_am AS m ON m.oid = o.amopmethod
JOIN pg_operator AS p ON p.oid = o.amopopr
WHERE (m.amname, o.amopstrategy) IN (('btree', 3), ('hash', 1)) AND p.oprnegate <> 0
"""

EQUALITIES = """
SELECT o.amopfamily::int8, o.amopopr::int8, o.amoplefttype::int8, o.amoprighttype::int8,
       EXISTS (SELECT FROM pg_opclass AS c WHERE c.opcfamily = o.amopfamily AND c.opcdefault
                 AND c.opcintype = o.amoplefttype AND o.amoplefttype = o.amoprighttype)
FROM pg_amop AS o JOIN pg_am AS m ON m.oid = o.amopmethod
WHERE m.amname = 'btree' AND o.amopstrategy = 3
"""

NONDETERMINISTIC = "SELECT oid::int8 FROM pg_collation WHERE NOT collisdeterministic"

VIEWS = """
SELECT r.ev_class::int8, r.ev_action::text FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
WHERE c.relkind = 'v' AND r.ev_type = '1' AND c.relnamespace <> 'pg_catalog'::regnamespace
  AND c.relnamespace <> 'information_schema'::regnamespace
"""

JSON_CASTS = """
SELECT c.castsource FROM pg_cast AS c
WHERE c.casttarget = 'json'::regtype AND c.castmethod = 'f' AND c.castsource >= 16384
"""
