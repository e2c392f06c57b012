"""Aggregates, window functions and set-returning functions, by signature: when they are not NULL."""

from __future__ import annotations

from amber_sql.compiler.infer.never_null import signatures

SETS: dict[str, tuple[bool, ...]] = {
    **dict.fromkeys(
        signatures("""
            generate_series(int4,int4|int4,int4,int4|int8,int8|int8,int8,int8)
            generate_series(numeric,numeric|numeric,numeric,numeric|timestamp,timestamp,interval)
            generate_series(timestamptz,timestamptz,interval|timestamptz,timestamptz,interval,text)
            generate_subscripts(anyarray,int4|anyarray,int4,bool)
            jsonb_array_elements(jsonb) json_array_elements(json)
            jsonb_object_keys(jsonb) json_object_keys(json)
            regexp_split_to_table(text,text|text,text,text)
            regexp_matches(text,text|text,text,text)
            pg_listening_channels() jsonb_path_query(jsonb,jsonpath,jsonb,bool)
            string_to_table(text,text) unnest(anymultirange)
        """),
        (True,),
    ),
    **dict.fromkeys(signatures("jsonb_each(jsonb) json_each(json)"), (True, True)),
    **dict.fromkeys(signatures("jsonb_each_text(jsonb) json_each_text(json)"), (True, False)),
    "unnest(tsvector)": (True, False, False),
    "aclexplode(_aclitem)": (True, True, True, True),
}
"""Set-returning functions: which of their columns are never NULL in a row that they return."""

UNNEST = "unnest(anyarray)"
"""Its rows are the array's elements."""

AGGREGATES_OF_ROWS = signatures("""
    array_agg(anyarray|anynonarray)
    json_agg(anyelement) json_agg_strict(anyelement)
    jsonb_agg(anyelement) jsonb_agg_strict(anyelement)
    json_object_agg(any,any) json_object_agg_strict(any,any)
    json_object_agg_unique(any,any) json_object_agg_unique_strict(any,any)
    jsonb_object_agg(any,any) jsonb_object_agg_strict(any,any)
    jsonb_object_agg_unique(any,any) jsonb_object_agg_unique_strict(any,any)
""")
"""Not NULL over one row or more, NULLs included."""

STRING_AGGREGATES = signatures("string_agg(bytea,bytea|text,text)")
"""The same, of their first argument alone: a NULL delimiter only joins nothing."""

AGGREGATES_OF_VALUES = STRING_AGGREGATES | signatures("""
    sum(float4|float8|int2|int4|int8|interval|money|numeric)
    avg(float4|float8|int2|int4|int8|interval|numeric)
    min(anyarray|anyenum|bpchar|bytea|date|float4|float8|inet|int2|int4|int8|interval|money)
    min(numeric|oid|pg_lsn|record|text|tid|time|timestamp|timestamptz|timetz|xid8)
    max(anyarray|anyenum|bpchar|bytea|date|float4|float8|inet|int2|int4|int8|interval|money)
    max(numeric|oid|pg_lsn|record|text|tid|time|timestamp|timestamptz|timetz|xid8)
    any_value(anyelement) bool_and(bool) bool_or(bool) every(bool)
    bit_and(bit|int2|int4|int8) bit_or(bit|int2|int4|int8) bit_xor(bit|int2|int4|int8)
    var_pop(float4|float8|int2|int4|int8|numeric) stddev_pop(float4|float8|int2|int4|int8|numeric)
    covar_pop(float8,float8) regr_avgx(float8,float8) regr_avgy(float8,float8)
    regr_sxx(float8,float8) regr_syy(float8,float8) regr_sxy(float8,float8)
    range_agg(anyrange|anymultirange) range_intersect_agg(anyrange|anymultirange)
    mode(anyelement) percentile_disc(float8,anyelement|_float8,anyelement)
    percentile_cont(float8,float8|float8,interval|_float8,float8|_float8,interval) xmlagg(xml)
""")
"""Not NULL over one row or more whose arguments are not NULL."""

COUNTS = signatures("""
    count(|any) regr_count(float8,float8)
    rank(any) dense_rank(any) percent_rank(any) cume_dist(any)
""")
"""Aggregates (the last four as hypothetical sets) that answer over no rows, too."""

NUMBERING = signatures("row_number() rank() dense_rank() percent_rank() cume_dist()")
"""Window functions that number rows."""

NTILE = "ntile(int4)"
OFFSET_WITH_DEFAULT = signatures(
    "lag(anycompatible,int4,anycompatible) lead(anycompatible,int4,anycompatible)"
)
OFFSET = signatures("lag(anyelement|anyelement,int4) lead(anyelement|anyelement,int4)")
ENDS_OF_FRAME = signatures("first_value(anyelement) last_value(anyelement)")
