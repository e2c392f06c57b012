"""The allow-list: which built-in functions never answer NULL, and why we may say so.

"Strict" means only that NULL in gives NULL out; many strict functions answer NULL for other
arguments too (`'{}'::jsonb -> 'a'`, `array_length('{}', 1)`). So a function is believed only when
it stands here, or is the comparison of a btree or hash operator family, which the manual (38.16
"Interfacing Extensions to Indexes") requires to answer. Functions stand here by signature, as
pg_proc has it, with `|` between those of one name: `lower(text)` always answers, `lower(anyrange)`
does not. Only functions of pg_catalog are meant: nobody else's `lower` is believed. Each is called
with the edges of its arguments by tests/compiler/test_function_claims.py.
"""

from __future__ import annotations

import re


def signatures(text: str) -> frozenset[str]:
    """Read `name(type,type|type)` as the signatures `name(type,type)` and `name(type)`."""
    return frozenset(
        f"{name}({arguments})"
        for name, forms in re.findall(r"(\w+)\(([^)]*)\)", text)
        for arguments in forms.split("|")
    )


ALWAYS = signatures("""
    array_append(anycompatiblearray,anycompatible) array_prepend(anycompatible,anycompatiblearray)
    clock_timestamp() concat(any) current_database() current_user()
    daterange(date,date|date,date,text) enum_first(anyenum) enum_last(anyenum)
    enum_range(anyenum|anyenum,anyenum) gen_random_uuid() getpgusername()
    int4range(int4,int4|int4,int4,text) int8range(int8,int8|int8,int8,text) json_build_array(|any)
    json_build_object(|any) jsonb_build_array(|any) jsonb_build_object(|any) now()
    num_nonnulls(any) num_nulls(any) numrange(numeric,numeric|numeric,numeric,text)
    pg_backend_pid() pg_conf_load_time() pg_current_snapshot() pg_current_xact_id()
    pg_is_in_recovery() pg_postmaster_start_time() pg_typeof(any) pi()
    quote_nullable(anyelement|text) random() session_user() statement_timestamp() timeofday()
    transaction_timestamp() tsrange(timestamp,timestamp|timestamp,timestamp,text)
    tstzrange(timestamptz,timestamptz|timestamptz,timestamptz,text) txid_current()
    txid_current_snapshot() uuidv4() uuidv7() version()
""")
"""Not NULL whatever the arguments."""

_ARITHMETIC = """
    int2pl(int2,int2) int2mi(int2,int2) int2mul(int2,int2) int2div(int2,int2) int2mod(int2,int2)
    int4pl(int4,int4) int4mi(int4,int4) int4mul(int4,int4) int4div(int4,int4) int4mod(int4,int4)
    int8pl(int8,int8) int8mi(int8,int8) int8mul(int8,int8) int8div(int8,int8) int8mod(int8,int8)
    int24pl(int2,int4) int24mi(int2,int4) int24mul(int2,int4) int24div(int2,int4)
    int42pl(int4,int2) int42mi(int4,int2) int42mul(int4,int2) int42div(int4,int2)
    int28pl(int2,int8) int28mi(int2,int8) int28mul(int2,int8) int28div(int2,int8)
    int82pl(int8,int2) int82mi(int8,int2) int82mul(int8,int2) int82div(int8,int2)
    int48pl(int4,int8) int48mi(int4,int8) int48mul(int4,int8) int48div(int4,int8)
    int84pl(int8,int4) int84mi(int8,int4) int84mul(int8,int4) int84div(int8,int4) int2um(int2)
    int4um(int4) int8um(int8) int2up(int2) int4up(int4) int8up(int8) int2abs(int2) int4abs(int4)
    int8abs(int8) int2and(int2,int2) int4and(int4,int4) int8and(int8,int8) int2or(int2,int2)
    int4or(int4,int4) int8or(int8,int8) int2xor(int2,int2) int4xor(int4,int4) int8xor(int8,int8)
    int2not(int2) int4not(int4) int8not(int8) int2shl(int2,int4) int2shr(int2,int4)
    int4shl(int4,int4) int4shr(int4,int4) int8shl(int8,int4) int8shr(int8,int4)
    float4pl(float4,float4) float4mi(float4,float4) float4mul(float4,float4)
    float4div(float4,float4) float8pl(float8,float8) float8mi(float8,float8)
    float8mul(float8,float8) float8div(float8,float8) float48pl(float4,float8)
    float48mi(float4,float8) float48mul(float4,float8) float48div(float4,float8)
    float84pl(float8,float4) float84mi(float8,float4) float84mul(float8,float4)
    float84div(float8,float4) float4um(float4) float8um(float8) float4up(float4) float8up(float8)
    float4abs(float4) float8abs(float8) numeric_add(numeric,numeric) numeric_sub(numeric,numeric)
    numeric_mul(numeric,numeric) numeric_div(numeric,numeric) numeric_mod(numeric,numeric)
    numeric_uminus(numeric) numeric_uplus(numeric) numeric_abs(numeric)
    numeric_power(numeric,numeric) numeric_sqrt(numeric) numeric_exp(numeric) numeric_ln(numeric)
    numeric_log(numeric,numeric) dpow(float8,float8) dsqrt(float8) dcbrt(float8) dexp(float8)
    dlog1(float8) dlog10(float8) dround(float8) dtrunc(float8) cash_pl(money,money)
    cash_mi(money,money) cash_mul_flt8(money,float8) cash_div_flt8(money,float8)
    cash_mul_int4(money,int4) cash_div_int4(money,int4) cash_mul_int8(money,int8)
    cash_div_int8(money,int8) flt8_mul_cash(float8,money) int4_mul_cash(int4,money)
    int8_mul_cash(int8,money) cash_div_cash(money,money) abs(float4|float8|int2|int4|int8|numeric)
    ceil(float8|numeric) ceiling(float8|numeric) floor(float8|numeric)
    round(float8|numeric|numeric,int4) trunc(float8|macaddr|macaddr8|numeric|numeric,int4)
    sign(float8|numeric) power(float8,float8|numeric,numeric) pow(float8,float8|numeric,numeric)
    sqrt(float8|numeric) cbrt(float8) exp(float8|numeric) ln(float8|numeric)
    log(float8|numeric|numeric,numeric) log10(float8|numeric)
    mod(int2,int2|int4,int4|int8,int8|numeric,numeric) div(numeric,numeric)
    gcd(int4,int4|int8,int8|numeric,numeric) lcm(int4,int4|int8,int8|numeric,numeric)
    factorial(int8) degrees(float8) radians(float8) sin(float8) cos(float8) tan(float8)
    asin(float8) acos(float8) atan(float8) atan2(float8,float8) cot(float8) sinh(float8)
    cosh(float8) tanh(float8)
    width_bucket(anycompatible,anycompatiblearray|float8,float8,float8,int4|numeric,numeric,numeric,int4)
    trim_scale(numeric) erf(float8) erfc(float8) gamma(float8) lgamma(float8) acosd(float8)
    asind(float8) atand(float8) atan2d(float8,float8) cosd(float8) cotd(float8) sind(float8)
    tand(float8) asinh(float8) acosh(float8) atanh(float8) numeric_div_trunc(numeric,numeric)
    cash_mul_flt4(money,float4) cash_div_flt4(money,float4) cash_mul_int2(money,int2)
    cash_div_int2(money,int2) flt4_mul_cash(float4,money) int2_mul_cash(int2,money)
"""
"""Overflow and division by zero are errors, never NULL (9.3)."""

_DATES = """
    date_pli(date,int4) date_mii(date,int4) date_mi(date,date) integer_pl_date(int4,date)
    timestamp_mi(timestamp,timestamp) timestamp_pl_interval(timestamp,interval)
    timestamp_mi_interval(timestamp,interval) timestamptz_mi(timestamptz,timestamptz)
    timestamptz_pl_interval(timestamptz,interval) timestamptz_mi_interval(timestamptz,interval)
    interval_pl_timestamp(interval,timestamp) interval_pl_timestamptz(interval,timestamptz)
    interval_pl_date(interval,date) interval_pl_time(interval,time)
    interval_pl_timetz(interval,timetz) date_pl_interval(date,interval)
    date_mi_interval(date,interval) interval_pl(interval,interval) interval_mi(interval,interval)
    interval_um(interval) interval_mul(interval,float8) interval_div(interval,float8)
    mul_d_interval(float8,interval) time_pl_interval(time,interval)
    time_mi_interval(time,interval) time_mi_time(time,time) timetz_pl_interval(timetz,interval)
    timetz_mi_interval(timetz,interval) datetime_pl(date,time) datetimetz_pl(date,timetz)
    timedate_pl(time,date) timetzdate_pl(timetz,date)
    date_trunc(text,interval|text,timestamp|text,timestamptz|text,timestamptz,text)
    date_bin(interval,timestamp,timestamp|interval,timestamptz,timestamptz)
    age(timestamp|timestamptz|xid|timestamp,timestamp|timestamptz,timestamptz)
    justify_days(interval) justify_hours(interval) justify_interval(interval)
    timezone(timestamp|timestamptz|timetz|interval,timestamp|interval,timestamptz|interval,timetz|text,timestamp|text,timestamptz|text,timetz)
    isfinite(date|interval|timestamp|timestamptz) make_date(int4,int4,int4)
    make_time(int4,int4,float8) make_timestamp(int4,int4,int4,int4,int4,float8)
    make_timestamptz(int4,int4,int4,int4,int4,float8|int4,int4,int4,int4,int4,float8,text)
    make_interval(int4,int4,int4,int4,int4,int4,float8) to_timestamp(float8|text,text)
    to_date(text,text) date_add(timestamptz,interval|timestamptz,interval,text)
    date_subtract(timestamptz,interval|timestamptz,interval,text)
"""
"""Out of range is an error (9.9). date_part and extract answer NULL for some fields of infinity."""

_TEXTS = """
    textcat(text,text) initcap(text) length(bit|bpchar|bytea|lseg|path|text|tsvector|bytea,name)
    char_length(bpchar|text) character_length(bpchar|text) octet_length(bit|bpchar|bytea|text)
    bit_length(bit|bytea|text) btrim(text|bytea,bytea|text,text) ltrim(text|bytea,bytea|text,text)
    rtrim(text|bytea,bytea|text,text) lpad(text,int4|text,int4,text)
    rpad(text,int4|text,int4,text) repeat(text,int4) replace(text,text,text)
    translate(text,text,text) reverse(bytea|text) left(text,int4) right(text,int4)
    substr(bytea,int4|text,int4|bytea,int4,int4|text,int4,int4) strpos(text,text)
    position(bit,bit|bytea,bytea|text,text) ascii(text) chr(int4) md5(bytea|text) sha224(bytea)
    sha256(bytea) sha384(bytea) sha512(bytea) encode(bytea,text) decode(text,text)
    convert(bytea,name,name) convert_from(bytea,name) convert_to(text,name) to_hex(int4|int8)
    to_bin(int4|int8) to_oct(int4|int8) split_part(text,text,int4) starts_with(text,text)
    quote_ident(text) quote_literal(anyelement|text) textanycat(text,anynonarray)
    anytextcat(anynonarray,text) textlike(text,text) textnlike(text,text) texticlike(text,text)
    texticnlike(text,text) textregexeq(text,text) textregexne(text,text) texticregexeq(text,text)
    texticregexne(text,text) bpcharlike(bpchar,text) bpcharnlike(bpchar,text)
    bpchariclike(bpchar,text) bpcharicnlike(bpchar,text) bpcharregexeq(bpchar,text)
    bpcharregexne(bpchar,text) bpcharicregexeq(bpchar,text) bpcharicregexne(bpchar,text)
    namelike(name,text) namenlike(name,text) nameregexeq(name,text) nameregexne(name,text)
    like_escape(bytea,bytea|text,text) similar_to_escape(text|text,text) similar_escape(text,text)
    regexp_replace(text,text,text|text,text,text,int4|text,text,text,text|text,text,text,int4,int4|text,text,text,int4,int4,text)
    regexp_count(text,text|text,text,int4|text,text,int4,text)
    regexp_instr(text,text|text,text,int4|text,text,int4,int4|text,text,int4,int4,int4|text,text,int4,int4,int4,text|text,text,int4,int4,int4,text,int4)
    regexp_like(text,text|text,text,text)
    overlay(bit,bit,int4|bytea,bytea,int4|text,text,int4|bit,bit,int4,int4|bytea,bytea,int4,int4|text,text,int4,int4)
    normalize(text,text) is_normalized(text,text) unistr(text) bytealike(bytea,bytea)
    byteanlike(bytea,bytea) byteacat(bytea,bytea) get_byte(bytea,int4) set_byte(bytea,int4,int4)
    get_bit(bit,int4|bytea,int8) set_bit(bit,int4,int4|bytea,int8,int4) bit_count(bit|bytea)
    casefold(text) crc32(bytea) crc32c(bytea) regexp_split_to_array(text,text|text,text,text)
    lower(text) upper(text)
    substring(bit,int4|bytea,int4|text,int4|bit,int4,int4|bytea,int4,int4|text,int4,int4)
    textlen(text) like(bytea,bytea|name,text|text,text) notlike(bytea,bytea|name,text|text,text)
    nameiclike(name,text) nameicnlike(name,text) nameicregexeq(name,text) nameicregexne(name,text)
    unicode_assigned(text) parse_ident(text,bool)
    to_char(float4,text|float8,text|int4,text|int8,text|numeric,text)
"""
"""Text in, text or a count out (9.4); `substring(… from pattern)` and `regexp_match` may find nothing."""

_CASTS = """
    int4(bit|bool|bytea|char|float4|float8|int2|int8|numeric)
    int8(bit|bytea|float4|float8|int2|int4|numeric|oid)
    int2(bytea|float4|float8|int4|int8|numeric) float4(float8|int2|int4|int8|numeric)
    float8(float4|int2|int4|int8|numeric) numeric(float4|float8|int2|int4|int8|money|numeric,int4)
    text(bool|bpchar|char|inet|name|xml) varchar(name|varchar,int4,bool)
    bpchar(char|name|bpchar,int4,bool) char(int4|text) name(bpchar|text|varchar)
    date(timestamp|timestamptz) timestamp(date|timestamptz|date,time|timestamp,int4)
    timestamptz(date|timestamp|date,time|date,timetz|timestamptz,int4)
    time(interval|timetz|time,int4) timetz(time|timetz,int4) interval(time|interval,int4)
    bool(int4) money(int4|int8|numeric) bytea(int2|int4|int8) cidr(inet) oid(int8) regclass(text)
    bit(int4,int4|int8,int4|bit,int4,bool) varbit(varbit,int4,bool) xml(text) to_json(anyelement)
    to_jsonb(anyelement) row_to_json(record|record,bool) array_to_json(anyarray|anyarray,bool)
    jsonb_pretty(jsonb) xid(xid8) macaddr8(macaddr)
"""
"""Casts fail or answer (CREATE CAST); those of jsonb answer NULL for JSON's null since 18, and an
infinite timestamp has no time of the day."""

_GEOMETRY = """
    point_distance(point,point) point(box|circle|lseg|polygon|float8,float8) area(box|circle)
    center(box|circle) diameter(circle) radius(circle) height(box) width(box)
    npoints(path|polygon) isclosed(path) isopen(path) point_add(point,point)
    point_sub(point,point) point_mul(point,point) point_div(point,point) point_ne(point,point)
"""
"""Answers for every argument (9.11); an open path has no area."""

_OTHERS = """
    jsonb_typeof(jsonb) json_typeof(json) jsonb_array_length(jsonb) json_array_length(json)
    jsonb_contains(jsonb,jsonb) jsonb_contained(jsonb,jsonb) jsonb_exists(jsonb,text)
    jsonb_exists_any(jsonb,_text) jsonb_exists_all(jsonb,_text) jsonb_concat(jsonb,jsonb)
    jsonb_delete(jsonb,_text|jsonb,int4|jsonb,text) jsonb_delete_path(jsonb,_text)
    jsonb_path_query_array(jsonb,jsonpath,jsonb,bool) jsonb_strip_nulls(jsonb|jsonb,bool)
    json_strip_nulls(json|json,bool) jsonb_set(jsonb,_text,jsonb,bool)
    jsonb_insert(jsonb,_text,jsonb,bool) jsonb_object(_text|_text,_text)
    json_object(_text|_text,_text) arraycontains(anyarray,anyarray)
    arraycontained(anyarray,anyarray) arrayoverlap(anyarray,anyarray) cardinality(anyarray)
    array_fill(anyelement,_int4|anyelement,_int4,_int4)
    array_replace(anycompatiblearray,anycompatible,anycompatible)
    array_remove(anycompatiblearray,anycompatible) trim_array(anyarray,int4)
    array_sort(anyarray|anyarray,bool|anyarray,bool,bool) array_reverse(anyarray)
    array_positions(anycompatiblearray,anycompatible) array_shuffle(anyarray)
    array_sample(anyarray,int4) range_contains_elem(anyrange,anyelement)
    range_contains(anyrange,anyrange) elem_contained_by_range(anyelement,anyrange)
    range_contained_by(anyrange,anyrange) range_overlaps(anyrange,anyrange)
    range_before(anyrange,anyrange) range_after(anyrange,anyrange)
    range_adjacent(anyrange,anyrange) range_overleft(anyrange,anyrange)
    range_overright(anyrange,anyrange) range_union(anyrange,anyrange)
    range_intersect(anyrange,anyrange) range_minus(anyrange,anyrange)
    range_merge(anymultirange|anyrange,anyrange) isempty(anymultirange|anyrange)
    lower_inc(anymultirange|anyrange) upper_inc(anymultirange|anyrange)
    lower_inf(anymultirange|anyrange) upper_inf(anymultirange|anyrange)
    multirange_contains_elem(anymultirange,anyelement)
    multirange_contains_range(anymultirange,anyrange)
    multirange_contains_multirange(anymultirange,anymultirange)
    multirange_overlaps_multirange(anymultirange,anymultirange)
    range_overlaps_multirange(anyrange,anymultirange)
    multirange_overlaps_range(anymultirange,anyrange)
    multirange_union(anymultirange,anymultirange) multirange_minus(anymultirange,anymultirange)
    multirange_intersect(anymultirange,anymultirange) multirange(anyrange) network_sub(inet,inet)
    network_subeq(inet,inet) network_sup(inet,inet) network_supeq(inet,inet)
    network_overlap(inet,inet) host(inet) network(inet) masklen(inet) broadcast(inet)
    netmask(inet) hostmask(inet) family(inet) abbrev(cidr|inet) set_masklen(cidr,int4|inet,int4)
    inet_merge(inet,inet) inet_same_family(inet,inet) inetnot(inet) inetand(inet,inet)
    inetor(inet,inet) inetpl(inet,int8) inetmi_int8(inet,int8) inetmi(inet,inet) hashtext(text)
    nextval(regclass) currval(regclass) lastval() setval(regclass,int8|regclass,int8,bool)
    pg_try_advisory_lock(int8|int4,int4) pg_try_advisory_xact_lock(int8|int4,int4)
    bitcat(varbit,varbit) bitand(bit,bit) bitor(bit,bit) bitxor(bit,bit) bitnot(bit)
    bitshiftleft(bit,int4) bitshiftright(bit,int4) ts_match_vq(tsvector,tsquery)
    ts_match_qv(tsquery,tsvector)
    to_tsvector(json|jsonb|text|regconfig,json|regconfig,jsonb|regconfig,text)
    to_tsquery(text|regconfig,text) plainto_tsquery(text|regconfig,text)
    phraseto_tsquery(text|regconfig,text) websearch_to_tsquery(text|regconfig,text)
    ts_rank(tsvector,tsquery|_float4,tsvector,tsquery|tsvector,tsquery,int4|_float4,tsvector,tsquery,int4)
    ts_rank_cd(tsvector,tsquery|_float4,tsvector,tsquery|tsvector,tsquery,int4|_float4,tsvector,tsquery,int4)
    ts_headline(json,tsquery|jsonb,tsquery|text,tsquery|json,tsquery,text|jsonb,tsquery,text|regconfig,json,tsquery|regconfig,jsonb,tsquery|regconfig,text,tsquery|text,tsquery,text|regconfig,json,tsquery,text|regconfig,jsonb,tsquery,text|regconfig,text,tsquery,text)
    tsvector_concat(tsvector,tsvector) setweight(tsvector,char|tsvector,char,_text)
    strip(tsvector) numnode(tsquery) querytree(tsquery) pg_column_size(any)
    random_normal(float8,float8) random(int4,int4|int8,int8|numeric,numeric)
    row_security_active(oid|text) pg_size_pretty(int8|numeric)
    overlaps(time,interval,time,interval|time,interval,time,time|time,time,time,interval|time,time,time,time|timestamp,interval,timestamp,interval|timestamp,interval,timestamp,timestamp|timestamp,timestamp,timestamp,interval|timestamp,timestamp,timestamp,timestamp|timestamptz,interval,timestamptz,interval|timestamptz,interval,timestamptz,timestamptz|timestamptz,timestamptz,timestamptz,interval|timestamptz,timestamptz,timestamptz,timestamptz|timetz,timetz,timetz,timetz)
    int4multirange(|_int4range|int4range) int8multirange(|_int8range|int8range)
    nummultirange(|_numrange|numrange) tsmultirange(|_tsrange|tsrange)
    tstzmultirange(|_tstzrange|tstzrange) datemultirange(|_daterange|daterange)
    current_schemas(bool) uuidv7(interval) elem_contained_by_multirange(anyelement,anymultirange)
    int8pl_inet(int8,inet) macaddr_and(macaddr,macaddr) macaddr_or(macaddr,macaddr)
    macaddr_not(macaddr) macaddr8_and(macaddr8,macaddr8) macaddr8_or(macaddr8,macaddr8)
    macaddr8_not(macaddr8) macaddr8_set7bit(macaddr8) tsquery_and(tsquery,tsquery)
    tsquery_or(tsquery,tsquery) tsquery_not(tsquery)
    tsquery_phrase(tsquery,tsquery|tsquery,tsquery,int4) ts_delete(tsvector,_text|tsvector,text)
    ts_filter(tsvector,_char) tsvector_to_array(tsvector) array_to_tsvector(_text)
    json_to_tsvector(json,jsonb|regconfig,json,jsonb)
    jsonb_to_tsvector(jsonb,jsonb|regconfig,jsonb,jsonb) ts_match_tq(text,tsquery)
    ts_match_tt(text,text) xideqint4(xid,int4) xidneqint4(xid,int4) xidneq(xid,xid)
    numeric_pl_pg_lsn(numeric,pg_lsn) pg_lsn_mi(pg_lsn,pg_lsn) array_to_string(anyarray,text)
    has_table_privilege(text,text|name,text,text) has_schema_privilege(text,text|name,text,text)
    has_database_privilege(text,text|name,text,text)
"""
"""Answers for every argument that is not NULL: 9.16 (JSON), 9.19 (arrays), 9.20 (ranges), 9.12."""

STRICTLY = signatures(_ARITHMETIC + _DATES + _TEXTS + _CASTS + _GEOMETRY + _OTHERS)
"""Not NULL when no argument is."""

ANY_ARGUMENT = signatures("array_cat(anycompatiblearray,anycompatiblearray)")
"""Not NULL when one argument is not."""

FIRST_ARGUMENTS = {
    "concat_ws(text,any)": 1,
    "format(text)": 1,
    "format(text,any)": 1,
    "array_to_string(anyarray,text,text)": 2,
    "string_to_array(text,text)": 1,
    "string_to_array(text,text,text)": 1,
}
"""Not NULL when the first so many arguments are not."""
