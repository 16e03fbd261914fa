//! The SQL types of the server, with the object ids that go over the wire (recorded: catalog-columns.json).

/// What an array or a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    Text,
    AclItem,
    Int2,
    Int4,
    Int8,
    Oid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlType {
    Bool,
    Int2,
    Int4,
    Int8,
    Uint2,
    Uint4,
    Uint8,
    Oid,
    RegProc,
    RegType,
    RegClass,
    Float4,
    Float8,
    Numeric,
    Text,
    Varchar,
    /// `"char"`, one byte.
    Char,
    Bytea,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    MzTimestamp,
    Uuid,
    Jsonb,
    AclItem,
    Record,
    Array(Element),
    List(Element),
}

use SqlType as T;

/// Type, object id, the name in `mz_columns` and SHOW COLUMNS, the name in create_sql, and the id in `mz_types`.
const NAMES: &[(SqlType, u32, &str, &str, u64)] = &[
    (T::Bool, 16, "boolean", "bool", 2),
    (T::Bytea, 17, "bytea", "bytea", 4),
    (T::Char, 18, "\"char\"", "char", 6),
    (T::Int8, 20, "bigint", "int8", 22),
    (T::Int2, 21, "smallint", "int2", 18),
    (T::Int4, 23, "integer", "int4", 20),
    (T::RegProc, 24, "regproc", "regproc", 60),
    (T::Text, 25, "text", "text", 46),
    (T::Oid, 26, "oid", "oid", 28),
    (T::RegClass, 2205, "regclass", "regclass", 62),
    (T::RegType, 2206, "regtype", "regtype", 64),
    (T::Float4, 700, "real", "float4", 14),
    (T::Float8, 701, "double precision", "float8", 16),
    (T::AclItem, 16566, "mz_aclitem", "mz_aclitem", 70),
    (T::Varchar, 1043, "character varying", "varchar", 48),
    (T::Date, 1082, "date", "date", 10),
    (T::Time, 1083, "time", "time", 50),
    (
        T::Timestamp,
        1114,
        "timestamp without time zone",
        "timestamp",
        52,
    ),
    (
        T::TimestampTz,
        1184,
        "timestamp with time zone",
        "timestamptz",
        54,
    ),
    (T::Interval, 1186, "interval", "interval", 24),
    (T::Numeric, 1700, "numeric", "numeric", 26),
    (T::Uuid, 2950, "uuid", "uuid", 56),
    (T::Jsonb, 3802, "jsonb", "jsonb", 30),
    (T::Uint2, 16460, "uint2", "uint2", 66),
    (T::Uint4, 16462, "uint4", "uint4", 68),
    (T::Uint8, 16464, "uint8", "uint8", 69),
    (T::MzTimestamp, 16552, "mz_timestamp", "mz_timestamp", 72),
    (T::Record, 2249, "record", "record", 74),
    (T::Array(Element::Text), 1009, "text[]", "_text", 47),
    (
        T::Array(Element::AclItem),
        16567,
        "mz_aclitem[]",
        "_mz_aclitem",
        71,
    ),
    (T::Array(Element::Int2), 1005, "smallint[]", "_int2", 19),
    (T::Array(Element::Int4), 1007, "integer[]", "_int4", 21),
    (T::Array(Element::Int8), 1016, "bigint[]", "_int8", 23),
    (T::Array(Element::Oid), 1028, "oid[]", "_oid", 29),
    (T::List(Element::Text), 16384, "list", "list", 80),
];

/// Other spellings that a cast or a column definition may use.
const SPELLINGS: &[(&str, SqlType)] = &[
    ("boolean", T::Bool),
    ("smallint", T::Int2),
    ("int", T::Int4),
    ("integer", T::Int4),
    ("bigint", T::Int8),
    ("real", T::Float4),
    ("float", T::Float8),
    ("double", T::Float8),
    ("double precision", T::Float8),
    ("decimal", T::Numeric),
    ("dec", T::Numeric),
    ("string", T::Text),
    ("bpchar", T::Varchar),
    ("character varying", T::Varchar),
    ("character", T::Varchar),
    ("timestamp without time zone", T::Timestamp),
    ("timestamp with time zone", T::TimestampTz),
    ("json", T::Jsonb),
    ("text list", T::List(Element::Text)),
    ("text[]", T::Array(Element::Text)),
    ("mz_aclitem[]", T::Array(Element::AclItem)),
];

impl SqlType {
    fn entry(self) -> &'static (SqlType, u32, &'static str, &'static str, u64) {
        NAMES
            .iter()
            .find(|entry| entry.0 == self)
            .unwrap_or(&NAMES[7])
    }

    #[must_use]
    pub fn oid(self) -> u32 {
        self.entry().1
    }

    /// As in `mz_columns.type` and SHOW COLUMNS: `integer`, `timestamp with time zone`.
    #[must_use]
    pub fn long_name(self) -> &'static str {
        self.entry().2
    }

    /// As in create_sql, behind `pg_catalog.`: `int4`.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        self.entry().3
    }

    /// The number of its system id (`s20` is int4, `s46` is text; recorded: 02).
    #[must_use]
    pub fn item(self) -> u64 {
        self.entry().4
    }

    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|entry| entry.0)
    }

    #[must_use]
    pub fn by_oid(oid: u32) -> Option<Self> {
        NAMES.iter().find(|entry| entry.1 == oid).map(|e| e.0)
    }

    /// By any of its spellings, without schema, in lower case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        SPELLINGS
            .iter()
            .find(|(spelling, _)| *spelling == name)
            .map(|(_, ty)| *ty)
            .or_else(|| {
                NAMES
                    .iter()
                    .find(|e| e.3 == name || e.2 == name)
                    .map(|e| e.0)
            })
    }

    #[must_use]
    pub fn is_integer(self) -> bool {
        matches!(
            self,
            T::Int2 | T::Int4 | T::Int8 | T::Uint2 | T::Uint4 | T::Uint8 | T::Oid
        ) || matches!(self, T::RegProc | T::RegType | T::RegClass)
    }

    #[must_use]
    pub fn is_number(self) -> bool {
        self.is_integer() || matches!(self, T::Float4 | T::Float8 | T::Numeric)
    }

    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, T::Text | T::Varchar | T::Char)
    }

    #[must_use]
    pub fn is_array(self) -> bool {
        matches!(self, T::Array(_) | T::List(_))
    }

    /// The type of one element, of arrays and lists only.
    #[must_use]
    pub fn element(self) -> Option<Self> {
        let (T::Array(element) | T::List(element)) = self else {
            return None;
        };
        Some(match element {
            Element::Text => T::Text,
            Element::AclItem => T::AclItem,
            Element::Int2 => T::Int2,
            Element::Int4 => T::Int4,
            Element::Int8 => T::Int8,
            Element::Oid => T::Oid,
        })
    }

    /// Fixed width in bytes, -1 for variable ones: `pg_type.typlen`.
    #[must_use]
    pub fn width(self) -> i16 {
        match self {
            T::Bool | T::Char => 1,
            T::Int2 | T::Uint2 => 2,
            T::Int4 | T::Uint4 | T::Oid | T::Float4 | T::Date => 4,
            T::RegProc | T::RegType | T::RegClass => 4,
            T::Int8 | T::Uint8 | T::Float8 | T::Time | T::Timestamp => 8,
            T::TimestampTz | T::MzTimestamp => 8,
            T::Interval | T::Uuid => 16,
            _ => -1,
        }
    }
}

/// A column of a relation or of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub ty: SqlType,
    pub nullable: bool,
}

impl Column {
    #[must_use]
    pub fn new(name: impl Into<String>, ty: SqlType) -> Self {
        Self {
            name: name.into(),
            ty,
            nullable: true,
        }
    }
}
