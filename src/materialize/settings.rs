//! Everything needed to reach a server: types of the domain, which the configuration fills.

pub use crate::domain::connection::{
    ConnectionSettings, Deadlines, InvalidSslMode, Keepalives, RootCertificates, Secret, SslMode,
};
