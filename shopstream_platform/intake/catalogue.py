"""What a server's catalogue says of relations: a fixed number of queries, however many relations there are."""

from shopstream_platform.pipeline.extract.schema import TYPE_NAME

# Neither the server's own schemas nor what an extension has made for itself. %(schemas)s: NULL for all.
_RELATION = """
    c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND (%(schemas)s::text[] IS NULL OR n.nspname = ANY (%(schemas)s))
    AND NOT EXISTS (
        SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
"""
_WANTED = f"""
    WITH wanted AS MATERIALIZED (
        SELECT c.*, n.nspname FROM pg_class AS c INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE {_RELATION} AND has_schema_privilege(n.oid, 'USAGE')
    )
"""

SCHEMAS = f"""
    SELECT DISTINCT n.nspname, has_schema_privilege(n.oid, 'USAGE')
    FROM pg_class AS c INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE {_RELATION}
    ORDER BY 1
"""

# The rows of a partitioned table are its leaves'. reltuples is -1 for what was never analysed.
RELATIONS = f"""
    {_WANTED}
    SELECT
        w.oid::bigint, w.nspname, w.relname, format('%%I.%%I', w.nspname, w.relname), w.relkind,
        coalesce(l.tuples, w.reltuples)::bigint,
        coalesce(l.size, CASE WHEN w.relkind IN ('r', 'm') THEN pg_table_size(w.oid) ELSE 0 END)::bigint,
        has_any_column_privilege(w.oid, 'SELECT'), row_security_active(w.oid),
        coalesce(obj_description(w.oid, 'pg_class'), ''),
        CASE WHEN p.partstrat = 'r' AND p.partnatts = 1 THEN nullif(p.partattrs[0], 0) END
    FROM wanted AS w
    LEFT JOIN pg_partitioned_table AS p ON p.partrelid = w.oid
    LEFT JOIN LATERAL (
        SELECT
            CASE WHEN min(leaf.reltuples) >= 0 THEN sum(leaf.reltuples) ELSE -1 END AS tuples,
            sum(CASE WHEN leaf.relkind = 'r' THEN pg_table_size(leaf.oid) ELSE 0 END) AS size
        FROM pg_partition_tree(w.oid) AS t INNER JOIN pg_class AS leaf ON leaf.oid = t.relid
        WHERE t.isleaf
    ) AS l ON w.relkind = 'p'
    ORDER BY w.nspname, w.relname
"""

# A domain stands for its base type, with the length that the innermost declaration of one gives.
COLUMNS = f"""
    {_WANTED.replace("WITH", "WITH RECURSIVE")},
    domain (oid, base, typmod) AS (
        SELECT oid, typbasetype, typtypmod FROM pg_type WHERE typtype = 'd'
        UNION ALL
        SELECT d.oid, t.typbasetype, CASE WHEN d.typmod >= 0 THEN d.typmod ELSE t.typtypmod END
        FROM domain AS d INNER JOIN pg_type AS t ON t.oid = d.base
        WHERE t.typtype = 'd'
    ),
    typed AS (
        SELECT
            a.*, coalesce(d.base, a.atttypid) AS base,
            CASE WHEN d.oid IS NULL THEN a.atttypmod ELSE d.typmod END AS typmod
        FROM wanted AS w
        INNER JOIN pg_attribute AS a ON a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN domain AS d
            ON d.oid = a.atttypid AND NOT EXISTS (SELECT FROM pg_type AS b WHERE b.oid = d.base AND b.typtype = 'd')
    )
    SELECT
        a.attrelid::bigint, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
        {TYPE_NAME.format(modifier="a.typmod")},
        a.attnotnull, a.attgenerated <> '', a.attidentity <> '', has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
        coalesce(col_description(a.attrelid, a.attnum), '')
    FROM typed AS a INNER JOIN pg_type AS t ON t.oid = a.base
    ORDER BY a.attrelid, a.attnum
"""

# Whole ones on plain columns: neither a part of the rows nor an expression says anything of a column.
INDEXES = f"""
    {_WANTED}
    SELECT i.indrelid::bigint, i.indkey::int[], i.indnkeyatts, i.indisunique AND i.indimmediate, i.indisprimary
    FROM wanted AS w INNER JOIN pg_index AS i ON i.indrelid = w.oid
    WHERE i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    ORDER BY i.indrelid, NOT i.indisprimary, i.indnkeyatts, i.indexrelid
"""

# Those that a partition repeats are left out.
FOREIGN_KEYS = f"""
    {_WANTED}
    SELECT k.conrelid::bigint, k.conkey::int[], k.confrelid::bigint, k.confkey::int[], k.convalidated
    FROM wanted AS w INNER JOIN pg_constraint AS k ON k.conrelid = w.oid
    WHERE k.contype = 'f' AND k.conparentid = 0
    ORDER BY k.conrelid, k.conkey, k.oid
"""
