//! Who wrote the manifest, and when.

use crate::dbt::json::{Malformed, Reader, Value};

/// A manifest's `metadata`, as far as dbt wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The whole schema address, which ends in `/v12.json`.
    pub schema_version: Option<String>,
    pub dbt_version: Option<String>,
    pub project_name: Option<String>,
    pub adapter_type: Option<String>,
    /// The time of the parse, in UTC as dbt wrote it.
    pub generated_at: Option<String>,
    pub invocation_id: Option<String>,
}

impl Metadata {
    /// The first two numbers of dbt's version: (1, 12) of `1.12.6`.
    #[must_use]
    pub fn release(&self) -> Option<(u32, u32)> {
        let mut numbers = self.dbt_version.as_deref()?.split('.');
        let mut next = || numbers.next()?.parse().ok();
        Some((next()?, next()?))
    }

    /// Whether dbt's second engine (Fusion, version 2) wrote it. Its checksums and unrendered configurations are not those of
    /// dbt-core.
    #[must_use]
    pub fn is_by_fusion(&self) -> bool {
        self.release().is_some_and(|(major, _)| major >= 2)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut metadata = Self::default();
        reader.object(|reader, key| {
            let slot = match key {
                "dbt_schema_version" => &mut metadata.schema_version,
                "dbt_version" => &mut metadata.dbt_version,
                "project_name" => &mut metadata.project_name,
                "adapter_type" => &mut metadata.adapter_type,
                "generated_at" => &mut metadata.generated_at,
                "invocation_id" => &mut metadata.invocation_id,
                _ => return reader.skip().map(drop),
            };
            *slot = match reader.value()? {
                Value::Null => None,
                Value::Text(text) => Some(text.into()),
                other => Some(other.to_string()),
            };
            Ok(())
        })?;
        Ok(metadata)
    }
}
