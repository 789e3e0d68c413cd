//! The signatures.

use trunkline_server::Type;

use super::Entry;

const BOOL: Type = Type::BOOL;
const BPCHAR: Type = Type::BPCHAR;
const BYTEA: Type = Type::BYTEA;
const DATE: Type = Type::DATE;
const FLOAT8: Type = Type::FLOAT8;
const INT4: Type = Type::INT4;
const INT8: Type = Type::INT8;
const INTERVAL: Type = Type::INTERVAL;
const JSON: Type = Type::JSON;
const JSONB: Type = Type::JSONB;
const NAME: Type = Type::NAME;
const NUMERIC: Type = Type::NUMERIC;
const OID: Type = Type::OID;
const TEXT: Type = Type::TEXT;
const TIMESTAMP: Type = Type::TIMESTAMP;
const TIMESTAMPTZ: Type = Type::TIMESTAMPTZ;
const UUID: Type = Type::UUID;
/// Any type, handed over as text.
const ANY: Type = Type::ANY;

const fn f(name: &'static str, args: &'static [Type], result: Type, calls: &'static str) -> Entry {
    Entry {
        name,
        args,
        optional: 0,
        variadic: false,
        result,
        calls,
    }
}

/// With `n` arguments that may be left out.
const fn o(
    n: usize,
    name: &'static str,
    args: &'static [Type],
    result: Type,
    calls: &'static str,
) -> Entry {
    Entry {
        name,
        args,
        optional: n,
        variadic: false,
        result,
        calls,
    }
}

/// With the last argument repeated.
const fn v(name: &'static str, args: &'static [Type], result: Type, calls: &'static str) -> Entry {
    Entry {
        name,
        args,
        optional: 0,
        variadic: true,
        result,
        calls,
    }
}

/// In the order of preference where a name has several.
pub(crate) const ENTRIES: &[Entry] = &[
    // Strings.
    f("lower", &[TEXT], TEXT, "tl_lower"),
    f("upper", &[TEXT], TEXT, "tl_upper"),
    f("initcap", &[TEXT], TEXT, "tl_initcap"),
    f("length", &[TEXT], INT4, "length"),
    f("length", &[BYTEA], INT4, "length"),
    f("char_length", &[TEXT], INT4, "length"),
    f("character_length", &[TEXT], INT4, "length"),
    f("octet_length", &[TEXT], INT4, "octet_length"),
    f("octet_length", &[BPCHAR], INT4, "octet_length"),
    f("octet_length", &[BYTEA], INT4, "octet_length"),
    f("bit_length", &[TEXT], INT4, "8 * octet_length"),
    o(1, "substring", &[TEXT, INT4, INT4], TEXT, "tl_substring"),
    o(1, "substr", &[TEXT, INT4, INT4], TEXT, "tl_substring"),
    f("substring", &[TEXT, TEXT], TEXT, "tl_regex_substring"),
    f("left", &[TEXT, INT4], TEXT, "tl_left"),
    f("right", &[TEXT, INT4], TEXT, "tl_right"),
    o(1, "lpad", &[TEXT, INT4, TEXT], TEXT, "tl_lpad"),
    o(1, "rpad", &[TEXT, INT4, TEXT], TEXT, "tl_rpad"),
    f("repeat", &[TEXT, INT4], TEXT, "tl_repeat"),
    f("reverse", &[TEXT], TEXT, "tl_reverse"),
    f("replace", &[TEXT, TEXT, TEXT], TEXT, "replace"),
    f("translate", &[TEXT, TEXT, TEXT], TEXT, "tl_translate"),
    f("split_part", &[TEXT, TEXT, INT4], TEXT, "tl_split_part"),
    f("strpos", &[TEXT, TEXT], INT4, "instr"),
    f("starts_with", &[TEXT, TEXT], BOOL, "tl_starts_with"),
    o(1, "overlay", &[TEXT, TEXT, INT4, INT4], TEXT, "tl_overlay"),
    o(1, "btrim", &[TEXT, TEXT], TEXT, "trim"),
    o(1, "trim", &[TEXT, TEXT], TEXT, "trim"),
    o(1, "ltrim", &[TEXT, TEXT], TEXT, "ltrim"),
    o(1, "rtrim", &[TEXT, TEXT], TEXT, "rtrim"),
    f("ascii", &[TEXT], INT4, "unicode"),
    f("chr", &[INT4], TEXT, "char"),
    v("concat", &[ANY], TEXT, "concat"),
    v("concat_ws", &[TEXT, ANY], TEXT, "concat_ws"),
    f("md5", &[TEXT], TEXT, "tl_md5"),
    f("md5", &[BYTEA], TEXT, "tl_md5"),
    f("sha256", &[BYTEA], BYTEA, "tl_sha256"),
    f("to_hex", &[INT8], TEXT, "tl_to_hex"),
    f("encode", &[BYTEA, TEXT], TEXT, "tl_encode"),
    f("decode", &[TEXT, TEXT], BYTEA, "tl_decode"),
    f("quote_ident", &[TEXT], TEXT, "tl_quote_ident"),
    f("quote_literal", &[TEXT], TEXT, "tl_quote_literal"),
    v("format", &[TEXT, ANY], TEXT, "tl_format"),
    f("format", &[TEXT], TEXT, "tl_format"),
    o(
        1,
        "regexp_replace",
        &[TEXT, TEXT, TEXT, TEXT],
        TEXT,
        "tl_regexp_replace",
    ),
    o(
        1,
        "regexp_like",
        &[TEXT, TEXT, TEXT],
        BOOL,
        "tl_regexp_like",
    ),
    // Numbers.
    f("round", &[FLOAT8], FLOAT8, "tl_rint"),
    f("round", &[NUMERIC], NUMERIC, "tl_numeric_round"),
    f("trunc", &[FLOAT8], FLOAT8, "tl_trunc"),
    f("trunc", &[NUMERIC], NUMERIC, "tl_numeric_trunc"),
    f("ceil", &[FLOAT8], FLOAT8, "tl_ceil"),
    f("ceil", &[NUMERIC], NUMERIC, "tl_numeric_ceil"),
    f("ceiling", &[FLOAT8], FLOAT8, "tl_ceil"),
    f("ceiling", &[NUMERIC], NUMERIC, "tl_numeric_ceil"),
    f("floor", &[FLOAT8], FLOAT8, "tl_floor"),
    f("floor", &[NUMERIC], NUMERIC, "tl_numeric_floor"),
    f("sign", &[FLOAT8], FLOAT8, "tl_sign"),
    f("sign", &[NUMERIC], NUMERIC, "tl_numeric_sign"),
    f("sqrt", &[FLOAT8], FLOAT8, "tl_sqrt"),
    f("sqrt", &[NUMERIC], NUMERIC, "tl_numeric_sqrt"),
    f("cbrt", &[FLOAT8], FLOAT8, "tl_cbrt"),
    f("exp", &[FLOAT8], FLOAT8, "tl_exp"),
    f("exp", &[NUMERIC], NUMERIC, "tl_numeric_exp"),
    f("ln", &[FLOAT8], FLOAT8, "tl_ln"),
    f("ln", &[NUMERIC], NUMERIC, "tl_numeric_ln"),
    f("log", &[FLOAT8], FLOAT8, "tl_log10"),
    f("log", &[NUMERIC], NUMERIC, "tl_numeric_log"),
    f("log", &[NUMERIC, NUMERIC], NUMERIC, "tl_numeric_log"),
    f("log10", &[FLOAT8], FLOAT8, "tl_log10"),
    f("log10", &[NUMERIC], NUMERIC, "tl_numeric_log"),
    f("power", &[FLOAT8, FLOAT8], FLOAT8, "tl_power"),
    f("power", &[NUMERIC, NUMERIC], NUMERIC, "tl_numeric_power"),
    f("pow", &[FLOAT8, FLOAT8], FLOAT8, "tl_power"),
    f("pow", &[NUMERIC, NUMERIC], NUMERIC, "tl_numeric_power"),
    f("div", &[NUMERIC, NUMERIC], NUMERIC, "tl_numeric_div"),
    f("mod", &[INT4, INT4], INT4, "tl_mod"),
    f("mod", &[INT8, INT8], INT8, "tl_mod"),
    f("mod", &[NUMERIC, NUMERIC], NUMERIC, "tl_numeric_mod"),
    f("pi", &[], FLOAT8, "tl_pi"),
    f("sin", &[FLOAT8], FLOAT8, "tl_sin"),
    f("cos", &[FLOAT8], FLOAT8, "tl_cos"),
    f("tan", &[FLOAT8], FLOAT8, "tl_tan"),
    f("atan", &[FLOAT8], FLOAT8, "tl_atan"),
    f("atan2", &[FLOAT8, FLOAT8], FLOAT8, "tl_atan2"),
    f("degrees", &[FLOAT8], FLOAT8, "tl_degrees"),
    f("radians", &[FLOAT8], FLOAT8, "tl_radians"),
    // Dates and times.
    f("age", &[TIMESTAMP, TIMESTAMP], INTERVAL, "tl_age"),
    f("age", &[TIMESTAMPTZ, TIMESTAMPTZ], INTERVAL, "tl_age"),
    f("make_date", &[INT4, INT4, INT4], DATE, "tl_make_date"),
    f(
        "make_timestamp",
        &[INT4, INT4, INT4, INT4, INT4, FLOAT8],
        TIMESTAMP,
        "tl_make_timestamp",
    ),
    f("to_timestamp", &[FLOAT8], TIMESTAMPTZ, "tl_to_timestamp"),
    f("isfinite", &[TIMESTAMP], BOOL, "tl_isfinite"),
    f("isfinite", &[DATE], BOOL, "tl_isfinite"),
    // JSON.
    f("json_typeof", &[JSON], TEXT, "tl_json_typeof"),
    f("jsonb_typeof", &[JSONB], TEXT, "tl_json_typeof"),
    f("json_array_length", &[JSON], INT4, "json_array_length"),
    f("jsonb_array_length", &[JSONB], INT4, "json_array_length"),
    f("jsonb_pretty", &[JSONB], TEXT, "tl_jsonb_pretty"),
    // Identity and the server.
    f("gen_random_uuid", &[], UUID, "tl_uuid"),
    f("pg_sleep", &[FLOAT8], Type::VOID, "tl_sleep"),
    f("pg_backend_pid", &[], INT4, "tl_backend_pid"),
    f("set_config", &[TEXT, TEXT, BOOL], TEXT, "tl_set_config"),
    f("pg_is_in_recovery", &[], BOOL, "tl_false"),
    f("pg_advisory_unlock_all", &[], Type::VOID, "tl_void"),
    f("pg_advisory_lock", &[INT8], Type::VOID, "tl_void"),
    f("pg_advisory_unlock", &[INT8], BOOL, "tl_true"),
    f("pg_try_advisory_lock", &[INT8], BOOL, "tl_true"),
    f("pg_get_userbyid", &[OID], NAME, "tl_user"),
    f("pg_table_is_visible", &[OID], BOOL, "tl_true"),
    f("pg_type_is_visible", &[OID], BOOL, "tl_true"),
    f("pg_function_is_visible", &[OID], BOOL, "tl_true"),
    f("pg_operator_is_visible", &[OID], BOOL, "tl_true"),
    f("pg_get_function_sqlbody", &[OID], TEXT, "tl_null"),
    o(1, "format_type", &[OID, INT4], TEXT, "tl_format_type"),
    f("pg_encoding_to_char", &[INT4], NAME, "tl_encoding"),
    o(1, "obj_description", &[OID, NAME], TEXT, "tl_null"),
    f("col_description", &[OID, INT4], TEXT, "tl_null"),
    o(1, "shobj_description", &[OID, NAME], TEXT, "tl_null"),
    o(1, "pg_get_expr", &[TEXT, OID, BOOL], TEXT, "tl_first"),
    f("pg_get_partkeydef", &[OID], TEXT, "tl_null"),
    o(1, "pg_get_constraintdef", &[OID, BOOL], TEXT, "tl_null"),
    o(2, "pg_get_indexdef", &[OID, INT4, BOOL], TEXT, "tl_null"),
    f("pg_relation_size", &[OID], INT8, "tl_zero"),
    f("pg_total_relation_size", &[OID], INT8, "tl_zero"),
    f("pg_size_pretty", &[INT8], TEXT, "tl_size_pretty"),
    o(1, "has_table_privilege", &[OID, TEXT], BOOL, "tl_true"),
    f("has_schema_privilege", &[TEXT, TEXT], BOOL, "tl_true"),
    f("has_database_privilege", &[TEXT, TEXT], BOOL, "tl_true"),
    f("inet_server_addr", &[], TEXT, "tl_null"),
    f("inet_server_port", &[], INT4, "tl_null"),
    f("inet_client_addr", &[], TEXT, "tl_null"),
    f("pg_postmaster_start_time", &[], TIMESTAMPTZ, "tl_started"),
    f("pg_notify", &[TEXT, TEXT], Type::VOID, "tl_void"),
    f("lastval", &[], INT8, "last_insert_rowid"),
    f("currval", &[TEXT], INT8, "tl_currval"),
    f("txid_current_snapshot", &[], TEXT, "tl_null"),
];
