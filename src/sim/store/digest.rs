//! md5(text), by which contents are compared.

use md5::{Digest, Md5};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Result};

/// # Errors
/// When SQLite refuses the registration.
pub fn register(sqlite: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    sqlite.create_scalar_function("sim_md5", 1, flags, |context| {
        let text: Option<String> = context.get(0)?;
        Ok(text.map(|text| hex(&Md5::digest(text.as_bytes()))))
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_postgres() {
        let sqlite = Connection::open_in_memory().unwrap();
        register(&sqlite).unwrap();
        let digest = |text: Option<&str>| -> Option<String> {
            sqlite
                .query_row("SELECT sim_md5(?1)", [text], |row| row.get(0))
                .unwrap()
        };
        // As RFC 1321 gives them.
        assert_eq!(
            digest(Some("abc")).as_deref(),
            Some("900150983cd24fb0d6963f7d28e17f72")
        );
        assert_eq!(
            digest(Some("")).as_deref(),
            Some("d41d8cd98f00b204e9800998ecf8427e")
        );
        assert_eq!(digest(None), None);
    }
}
