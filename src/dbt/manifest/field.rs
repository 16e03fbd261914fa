//! The fields of a node that anything here looks at; all others are skipped.

use crate::dbt::json::Kind;

/// What may stand in a field for the node to be comparable at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldShape {
    Any,
    Object,
    List,
}

impl FieldShape {
    pub(super) fn admits(self, kind: Kind) -> bool {
        match self {
            Self::Any => true,
            Self::Object => kind == Kind::Object,
            Self::List => kind == Kind::List,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Object => "an object",
            Self::List => "a list",
        }
    }
}

macro_rules! fields {
    ($($name:ident = $key:literal $shape:ident $({ $($inner:ident = $inner_key:literal),+ $(,)? })?),+ $(,)?) => {
        /// A field of a node, a source, an exposure, a metric, ...; the inner ones belong to the object before them.
        /// (`raw_sql` and `compiled_sql` are what dbt called the code before 1.3.)
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Field {
            $($name, $($($inner,)+)?)+
        }

        impl Field {
            /// The fields that stand in no other field.
            pub(super) const OUTER: &'static [Self] = &[$(Self::$name),+];

            /// The field's key in the manifest, with its object's before a dot.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key, $($(Self::$inner => concat!($key, ".", $inner_key),)+)?)+
                }
            }

            pub(super) fn of(key: &str) -> Option<Self> {
                match key {
                    $($key => Some(Self::$name),)+
                    _ => None,
                }
            }

            pub(super) fn inner(self, key: &str) -> Option<Self> {
                match (self, key) {
                    $($($((Self::$name, $inner_key) => Some(Self::$inner),)+)?)+
                    _ => None,
                }
            }

            /// The fields that have to have a certain shape.
            pub(super) const SHAPED: &'static [Self] = &[
                Self::Fqn,
                Self::Columns,
                Self::Config,
                Self::UnrenderedConfig,
                Self::DependsOn,
                Self::DependsOnNodes,
                Self::DependsOnMacros,
                Self::Contract,
                Self::Constraints,
            ];

            pub(super) fn shape(self) -> FieldShape {
                match self {
                    $(Self::$name => FieldShape::$shape,)+
                    Self::DependsOnNodes | Self::DependsOnMacros => FieldShape::List,
                    _ => FieldShape::Any,
                }
            }
        }
    };
}

fields! {
    Name = "name" Any,
    ResourceType = "resource_type" Any,
    PackageName = "package_name" Any,
    Path = "path" Any,
    OriginalFilePath = "original_file_path" Any,
    PatchPath = "patch_path" Any,
    Fqn = "fqn" List,
    Alias = "alias" Any,
    Schema = "schema" Any,
    Database = "database" Any,
    RelationName = "relation_name" Any,
    RawCode = "raw_code" Any,
    CompiledCode = "compiled_code" Any,
    RawSql = "raw_sql" Any,
    CompiledSql = "compiled_sql" Any,
    Description = "description" Any,
    Tags = "tags" Any,
    Columns = "columns" Object,
    Config = "config" Object {
        Enabled = "enabled",
        Materialized = "materialized",
        PersistDocs = "persist_docs",
        Cluster = "cluster",
        Indexes = "indexes",
        ConfigGroup = "group",
        ConfigTags = "tags",
    },
    UnrenderedConfig = "unrendered_config" Object,
    DependsOn = "depends_on" Object {
        DependsOnNodes = "nodes",
        DependsOnMacros = "macros",
    },
    Checksum = "checksum" Any {
        ChecksumName = "name",
        ChecksumValue = "checksum",
    },
    Contract = "contract" Object {
        ContractEnforced = "enforced",
        ContractChecksum = "checksum",
    },
    Constraints = "constraints" List,
    Version = "version" Any,
    LatestVersion = "latest_version" Any,
    Access = "access" Any,
    DeprecationDate = "deprecation_date" Any,
    TestMetadata = "test_metadata" Any,
    SourceName = "source_name" Any,
    Identifier = "identifier" Any,
    Quoting = "quoting" Any,
    Freshness = "freshness" Any,
    LoadedAtField = "loaded_at_field" Any,
    External = "external" Any,
    UnrenderedDatabase = "unrendered_database" Any,
    UnrenderedSchema = "unrendered_schema" Any,
    Type = "type" Any,
    Owner = "owner" Any,
    Maturity = "maturity" Any,
    Url = "url" Any,
    Label = "label" Any,
    Model = "model" Any,
    Defaults = "defaults" Any,
    Entities = "entities" Any,
    Dimensions = "dimensions" Any,
    Measures = "measures" Any,
    PrimaryEntity = "primary_entity" Any,
    Group = "group" Any,
    QueryParams = "query_params" Any,
    Exports = "exports" Any,
    Arguments = "arguments" Any,
    Returns = "returns" Any,
    Overloads = "overloads" Any,
}
