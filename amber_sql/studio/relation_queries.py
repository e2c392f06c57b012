"""The catalog queries of the pages, on PostgreSQL 15 and newer, for a search_path of its own schema."""

from __future__ import annotations

_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"

RELATIONS = f"""
    SELECT c.oid::int8, n.nspname, c.relname, c.relkind::text,
        coalesce(obj_description(c.oid, 'pg_class'), ''),
        CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8
             WHEN s.n_live_tup > 0 THEN s.n_live_tup
             WHEN c.relkind IN ('r', 'm') AND pg_relation_size(c.oid) = 0 THEN 0 END,
        CASE WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid) ELSE 0 END,
        pn.nspname, pc.relname,
        CASE WHEN c.relkind IN ('v', 'm') THEN coalesce(pg_get_viewdef(c.oid, true), '') ELSE '' END
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
    LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND c.relispartition
    LEFT JOIN pg_class AS pc ON pc.oid = i.inhparent
    LEFT JOIN pg_namespace AS pn ON pn.oid = pc.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS}
    ORDER BY n.nspname <> 'public', n.nspname, c.relname
"""

COLUMNS = f"""
    WITH RECURSIVE under AS (
        SELECT t.oid AS top, t.oid, t.typbasetype, t.typtype FROM pg_type AS t
        UNION ALL
        SELECT u.top, t.oid, t.typbasetype, t.typtype
        FROM under AS u JOIN pg_type AS t ON t.oid = u.typbasetype WHERE u.typtype = 'd'
    )
    SELECT a.attrelid::int8, a.attnum::int4, a.attname, format_type(a.atttypid, a.atttypmod),
        format_type(a.atttypid, -1), t.typcategory::text, t.typtype::text,
        ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
        a.attnotnull, coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attgenerated::text,
        a.attidentity::text, coalesce(col_description(a.attrelid, a.attnum), ''), t.typlen = -1,
        t.typtype IN ('e', 'r', 'm') OR t.typcategory = 'A' OR EXISTS (
            SELECT FROM pg_opclass AS o JOIN pg_am AS m ON m.oid = o.opcmethod
            WHERE m.amname = 'btree' AND o.opcdefault
              AND (o.opcintype = t.oid OR EXISTS (
                  SELECT FROM pg_cast AS k WHERE k.castsource = t.oid AND k.casttarget = o.opcintype
                    AND k.castmethod = 'b' AND k.castcontext = 'i'))
        )
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN under AS u ON u.top = a.atttypid AND u.typtype <> 'd'
    JOIN pg_type AS t ON t.oid = u.oid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS} AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum
"""

INDEXES = f"""
    SELECT i.indrelid::int8, c.relname, ARRAY(
            SELECT coalesce(a.attname::text, '')
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
            LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
            WHERE k.place <= i.indnkeyatts ORDER BY k.place
        ), i.indisunique, i.indisprimary, m.amname, i.indpred IS NOT NULL, i.indimmediate,
        EXISTS (SELECT FROM pg_opclass AS o WHERE o.oid = ANY (i.indclass::oid[]) AND o.opcname LIKE '%trgm_ops'),
        CASE WHEN c.relkind = 'i' THEN pg_relation_size(c.oid) ELSE 0 END, coalesce(s.idx_scan, 0),
        pg_get_indexdef(c.oid)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    JOIN pg_class AS r ON r.oid = i.indrelid
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    LEFT JOIN pg_stat_all_indexes AS s ON s.indexrelid = i.indexrelid
    WHERE i.indisvalid AND i.indislive AND {_OURS}
    ORDER BY i.indrelid, NOT i.indisprimary, c.relname
"""

FOREIGN_KEYS = """
    SELECT o.conname, n.nspname, c.relname, fn.nspname, f.relname, ARRAY(
            SELECT a.attname::text FROM unnest(o.conkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute AS a ON a.attrelid = o.conrelid AND a.attnum = k.number ORDER BY k.place
        ), ARRAY(
            SELECT a.attname::text FROM unnest(o.confkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute AS a ON a.attrelid = o.confrelid AND a.attnum = k.number ORDER BY k.place
        ), o.confdeltype::text
    FROM pg_constraint AS o
    JOIN pg_class AS c ON c.oid = o.conrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_class AS f ON f.oid = o.confrelid
    JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
    WHERE o.contype = 'f' AND o.conparentid = 0
    ORDER BY n.nspname, c.relname, o.conname
"""

CHECKS = """
    SELECT o.conrelid::int8, o.conname, ARRAY(
            SELECT a.attname::text FROM unnest(o.conkey) AS k (number)
            JOIN pg_attribute AS a ON a.attrelid = o.conrelid AND a.attnum = k.number
        ), pg_get_constraintdef(o.oid)
    FROM pg_constraint AS o WHERE o.contype = 'c' AND o.conrelid > 0 ORDER BY o.conrelid, o.conname
"""

VIEW_RULES = f"""
    SELECT r.ev_class::int8, r.ev_action::text
    FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND r.rulename = '_RETURN' AND {_OURS}
"""

READ_BY_GENERATED = """
    SELECT a.adrelid::int8, a.adnum::int4, d.refobjsubid::int4
    FROM pg_attrdef AS a JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
    JOIN pg_attribute AS t ON t.attrelid = a.adrelid AND t.attnum = a.adnum
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.adrelid AND d.refobjsubid > 0
      AND d.refobjsubid <> a.adnum AND t.attgenerated <> ''
"""

CHILDREN = "SELECT i.inhrelid::int8, i.inhparent::int8 FROM pg_inherits AS i ORDER BY 1, 2"

PASSWORDS = """
    SELECT a.attrelid::int8, a.attnum::int4
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND a.attnum > 0 AND (
        (c.relname::text, a.attname::text) IN (
            ('pg_authid', 'rolpassword'), ('pg_shadow', 'passwd'), ('pg_user_mapping', 'umoptions'),
            ('pg_user_mappings', 'umoptions'), ('user_mapping_options', 'option_value'),
            ('pg_subscription', 'subconninfo'), ('pg_stat_wal_receiver', 'conninfo'),
            ('pg_hba_file_rules', 'options'), ('pg_statistic_ext_data', 'stxdmcv'))
        OR c.relname IN ('pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs') AND a.attname ~ '^(most_common|histogram|range_)'
        OR c.relname = 'pg_statistic' AND a.attname ~ '^stavalues'
    )
"""

FIELDS = """
    SELECT a.attrelid::int8, a.attnum::int4, coalesce(col_description(a.attrelid, a.attnum), '')
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped
"""

HOLDERS = f"""
    WITH RECURSIVE held (relation, number, type) AS (
        SELECT a.attrelid, a.attnum, a.atttypid
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped AND {_OURS}
        UNION
        SELECT h.relation, h.number, i.type
        FROM held AS h
        JOIN pg_type AS t ON t.oid = h.type
        LEFT JOIN pg_range AS r ON t.oid IN (r.rngtypid, r.rngmultitypid)
        CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem), (r.rngsubtype)) AS i (type)
        WHERE i.type <> 0
    )
    SELECT h.relation::int8, h.number::int4, t.typrelid::int8
    FROM held AS h JOIN pg_type AS t ON t.oid = h.type WHERE t.typrelid <> 0
"""

NAMES = """
    SELECT DISTINCT a.attname::text
    FROM unnest(%s::int8[], %s::int4[]) AS k (relation, number)
    JOIN pg_attribute AS a ON a.attrelid = k.relation::oid AND a.attnum = k.number
"""
