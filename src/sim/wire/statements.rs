//! Prepared statements and portals of one connection.

use super::conversation::Description;
use super::encode::Format;
use super::parameters::decode;
use super::reply::Formats;
use crate::Value;
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;
use pgwire::messages::extendedquery::Bind;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Prepared {
    pub sql: String,
    pub description: Description,
}

#[derive(Debug, Clone)]
pub(super) struct Portal {
    pub statement: Arc<Prepared>,
    pub parameters: Vec<Value>,
    pub formats: Formats,
}

/// By name; the one without a name is the empty name.
#[derive(Debug, Default)]
pub(super) struct Statements {
    prepared: HashMap<String, Arc<Prepared>>,
    portals: HashMap<String, Portal>,
}

impl Statements {
    pub(super) fn prepare(&mut self, name: Option<String>, prepared: Prepared) {
        self.prepared
            .insert(name.unwrap_or_default(), Arc::new(prepared));
    }

    pub(super) fn prepared(&self, name: Option<&str>) -> SqlResult<Arc<Prepared>> {
        let name = name.unwrap_or_default();
        let missing = || {
            SqlError::new(
                "26000",
                format!("prepared statement \"{name}\" does not exist"),
            )
        };
        self.prepared.get(name).cloned().ok_or_else(missing)
    }

    pub(super) fn portal(&self, name: Option<&str>) -> SqlResult<Portal> {
        let name = name.unwrap_or_default();
        let missing = || SqlError::new("34000", format!("portal \"{name}\" does not exist"));
        self.portals.get(name).cloned().ok_or_else(missing)
    }

    pub(super) fn bind(&mut self, bind: &Bind) -> SqlResult<()> {
        let statement = self.prepared(bind.statement_name.as_deref())?;
        let types = &statement.description.parameters;
        if types.len() != bind.parameters.len() {
            let message = format!(
                "bind message supplies {} parameters, but the prepared statement requires {}",
                bind.parameters.len(),
                types.len()
            );
            return Err(SqlError::new("08P01", message));
        }
        let formats = Formats::from_codes(&bind.parameter_format_codes);
        let bound = types.iter().zip(&bind.parameters).enumerate();
        let read = |(number, (ty, bytes)): (usize, (&SqlType, &Option<bytes::Bytes>))| {
            let format: Format = formats.of(number);
            decode(bytes.as_deref(), *ty, format)
        };
        let parameters = bound.map(read).collect::<SqlResult<_>>()?;
        let formats = Formats::from_codes(&bind.result_column_format_codes);
        let portal = Portal {
            statement,
            parameters,
            formats,
        };
        self.portals
            .insert(bind.portal_name.clone().unwrap_or_default(), portal);
        Ok(())
    }

    /// Closing what doesn't exist is no error.
    pub(super) fn close(&mut self, is_portal: bool, name: Option<&str>) {
        let name = name.unwrap_or_default();
        if is_portal {
            self.portals.remove(name);
        } else {
            self.prepared.remove(name);
        }
    }
}
