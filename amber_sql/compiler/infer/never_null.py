"""The allow-list: which built-in functions never answer NULL, and why we may say so.

"Strict" means only that NULL in gives NULL out; many strict functions answer NULL for other
arguments too (`'{}'::jsonb -> 'a'`, `array_length('{}', 1)`). So a function is believed only when
it stands here, or is the comparison of a btree or hash operator family, which the manual (38.16
"Interfacing Extensions to Indexes") requires to answer. Only functions of pg_catalog are meant:
nobody else's `lower` is believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Function

ALWAYS = frozenset(
    """
    now transaction_timestamp statement_timestamp clock_timestamp timeofday
    gen_random_uuid uuidv4 uuidv7 random version pg_backend_pid current_database
    current_user session_user getpgusername current_schemas
    concat num_nulls num_nonnulls quote_nullable pg_typeof enum_first enum_last enum_range array_append array_prepend
    int4range int8range numrange tsrange tstzrange daterange
    jsonb_build_object jsonb_build_array json_build_object json_build_array
    pg_postmaster_start_time pg_conf_load_time txid_current pg_current_xact_id
    pg_current_snapshot txid_current_snapshot pg_is_in_recovery pi
    """.split()
)
"""Not NULL whatever the arguments."""

ARITHMETIC = """
    int2pl int2mi int2mul int2div int2mod int4pl int4mi int4mul int4div int4mod int8pl int8mi int8mul
    int8div int8mod int24pl int24mi int24mul int24div int42pl int42mi int42mul int42div int28pl int28mi
    int28mul int28div int82pl int82mi int82mul int82div int48pl int48mi int48mul int48div int84pl int84mi
    int84mul int84div int2um int4um int8um int2up int4up int8up int2abs int4abs int8abs int2and int4and
    int8and int2or int4or int8or int2xor int4xor int8xor int2not int4not int8not int2shl int2shr int4shl
    int4shr int8shl int8shr float4pl float4mi float4mul float4div float8pl float8mi float8mul float8div
    float48pl float48mi float48mul float48div float84pl float84mi float84mul float84div float4um float8um
    float4up float8up float4abs float8abs numeric_add numeric_sub numeric_mul numeric_div numeric_mod
    numeric_uminus numeric_uplus numeric_abs numeric_power numeric_sqrt numeric_exp numeric_ln numeric_log
    dpow dsqrt dcbrt dexp dlog1 dlog10 dround dtrunc dceil dfloor dsign
    cash_pl cash_mi cash_mul_flt8 cash_div_flt8 cash_mul_int4 cash_div_int4 cash_mul_int8 cash_div_int8
    flt8_mul_cash int4_mul_cash int8_mul_cash cash_div_cash
    abs ceil ceiling floor round trunc sign power pow sqrt cbrt exp ln log log10 mod div gcd lcm factorial
    degrees radians sin cos tan asin acos atan atan2 cot sinh cosh tanh width_bucket
    trim_scale erf erfc gamma lgamma
"""
"""Overflow and division by zero are errors, never NULL (9.3)."""

DATES = """
    date_pli date_mii date_mi integer_pl_date timestamp_mi timestamp_pl_interval timestamp_mi_interval
    timestamptz_mi timestamptz_pl_interval timestamptz_mi_interval interval_pl_timestamp
    interval_pl_timestamptz interval_pl_date interval_pl_time interval_pl_timetz date_pl_interval
    date_mi_interval interval_pl interval_mi interval_um interval_mul interval_div mul_d_interval
    time_pl_interval time_mi_interval time_mi_time timetz_pl_interval timetz_mi_interval
    datetime_pl datetimetz_pl timedate_pl timetzdate_pl
    date_trunc date_bin age justify_days justify_hours justify_interval timezone isfinite
    make_date make_time make_timestamp make_timestamptz make_interval to_timestamp to_date
    date_add date_subtract
"""
"""Out of range is an error (9.9). date_part and extract answer NULL for some fields of infinity."""

TEXTS = """
    textcat initcap length char_length character_length octet_length bit_length
    btrim ltrim rtrim lpad rpad repeat replace translate reverse left right substr strpos position ascii chr
    md5 sha224 sha256 sha384 sha512 encode decode convert convert_from convert_to to_hex to_bin to_oct
    split_part starts_with quote_ident quote_literal textanycat anytextcat textlike textnlike
    texticlike texticnlike textregexeq textregexne texticregexeq texticregexne bpcharlike bpcharnlike
    bpchariclike bpcharicnlike bpcharregexeq bpcharregexne bpcharicregexeq bpcharicregexne namelike namenlike
    nameregexeq nameregexne like_escape similar_to_escape similar_escape regexp_replace regexp_count
    regexp_instr regexp_like overlay normalize is_normalized unistr
    bytealike byteanlike byteacat get_byte set_byte get_bit set_bit bit_count casefold crc32 crc32c
    regexp_split_to_array
"""
"""Text in, text or a count out (9.4); `substring(… from pattern)` and `regexp_match` may find nothing."""

CASTS = """
    int4 int8 int2 float4 float8 numeric text varchar bpchar char name date timestamp timestamptz time timetz
    interval bool money bytea uuid inet cidr oid regclass regtype regproc bit varbit xml jsonb json
    i2toi4 i4toi2 i4toi8 i8toi4 float8_numeric numeric_float8 numeric_int4 numeric_int8 numeric_int2
    int4_numeric int8_numeric int2_numeric timestamptz_date timestamp_date date_timestamptz date_timestamp
    numeric_float4 float4_numeric ftod dtof dtoi4 dtoi8 dtoi2 i2tod i4tod i8tod ftoi4 ftoi8 ftoi2 i2tof i4tof i8tof
    to_json to_jsonb row_to_json array_to_json jsonb_pretty quote_nullable
"""
"""Casts fail or answer (CREATE CAST). `jsonb::int` and the like do since 18 for JSON null: not here."""

JSON_CASTS = frozenset({"bool", "int2", "int4", "int8", "float4", "float8", "numeric"})
"""Casts that, from jsonb, answer NULL for JSON's null since PostgreSQL 18."""

OTHERS = """
    jsonb_typeof json_typeof jsonb_array_length json_array_length jsonb_contains jsonb_contained
    jsonb_exists jsonb_exists_any jsonb_exists_all jsonb_concat jsonb_delete jsonb_delete_path
    jsonb_path_query_array jsonb_strip_nulls json_strip_nulls jsonb_set jsonb_insert jsonb_object json_object
    arraycontains arraycontained arrayoverlap cardinality array_fill array_replace array_remove trim_array
    array_sort array_reverse array_positions array_shuffle array_sample
    range_contains_elem range_contains elem_contained_by_range range_contained_by range_overlaps range_before
    range_after range_adjacent range_overleft range_overright range_union range_intersect range_minus
    range_merge isempty lower_inc upper_inc lower_inf upper_inf
    multirange_contains_elem multirange_contains_range multirange_contains_multirange
    multirange_overlaps_multirange range_overlaps_multirange multirange_overlaps_range multirange_union
    multirange_minus multirange_intersect multirange
    network_sub network_subeq network_sup network_supeq network_overlap host network masklen broadcast
    netmask hostmask family abbrev set_masklen inet_merge inet_same_family inetnot inetand
    inetor inetpl inetmi_int8 inetmi
    hashtext nextval currval lastval setval pg_try_advisory_lock
    pg_try_advisory_xact_lock bitcat bitand bitor bitxor bitnot bitshiftleft
    bitshiftright ts_match_vq ts_match_qv to_tsvector to_tsquery plainto_tsquery phraseto_tsquery
    websearch_to_tsquery ts_rank ts_rank_cd ts_headline tsvector_concat setweight strip numnode querytree
    point_distance pg_column_size random_normal random
    row_security_active pg_size_pretty overlaps point
    int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange

"""
"""Answers for every argument that is not NULL: 9.16 (JSON), 9.19 (arrays), 9.20 (ranges), 9.12."""

STRICTLY = frozenset(
    name for group in (ARITHMETIC, DATES, TEXTS, CASTS, OTHERS) for name in group.split()
)
"""Not NULL when no argument is."""

ANY_ARGUMENT = frozenset({"array_cat"})
"""Not NULL when one argument is not."""

FIRST_ARGUMENTS = {"concat_ws": 1, "format": 1, "array_to_string": 2, "string_to_array": 1}
"""Not NULL when the first so many arguments are not."""

SETS = {
    "generate_series": (True,),
    "generate_subscripts": (True,),
    "jsonb_array_elements": (True,),
    "json_array_elements": (True,),
    "jsonb_each": (True, True),
    "json_each": (True, True),
    "jsonb_each_text": (True, False),
    "json_each_text": (True, False),
    "jsonb_object_keys": (True,),
    "json_object_keys": (True,),
    "regexp_split_to_table": (True,),
    "regexp_matches": (True,),
    "pg_listening_channels": (True,),
    "jsonb_path_query": (True,),
    "aclexplode": (True, True, True, True),
}
"""Set-returning functions: which of their columns are never NULL in a row that they return."""

AGGREGATES_OF_ROWS = frozenset(
    f"{kind}{form}"
    for kind in ("json", "jsonb")
    for form in (
        "_agg",
        "_agg_strict",
        "_object_agg",
        "_object_agg_strict",
        "_object_agg_unique",
        "_object_agg_unique_strict",
    )
) | {"array_agg"}
"""Not NULL over one row or more, NULLs included."""

AGGREGATES_OF_VALUES = frozenset(
    """
    sum avg min max any_value string_agg bool_and bool_or every bit_and bit_or bit_xor var_pop stddev_pop
    covar_pop regr_avgx regr_avgy regr_sxx regr_syy regr_sxy range_agg range_intersect_agg mode percentile_cont percentile_disc xmlagg
    """.split()
)
"""Not NULL over one row or more whose arguments are not NULL."""

COUNTS = frozenset({"count", "regr_count", "rank", "dense_rank", "percent_rank", "cume_dist"})
"""Aggregates (the last four as hypothetical sets) that answer over no rows, too."""

NUMBERING = frozenset({"row_number", "rank", "dense_rank", "percent_rank", "cume_dist"})
"""Window functions that number rows."""


def is_built_in(function: Function | None) -> bool:
    """Tell whether a function is PostgreSQL's own, the only ones whose names are believed."""
    return function is not None and function.schema == "pg_catalog"
