//! How the server must prove who it is: from `sslmode` to a verifier.
//!
//! | sslmode | sslrootcert | verified |
//! |---|---|---|
//! | disable | | nothing, not encrypted |
//! | prefer, require | | nothing, encrypted (prefer: where offered) |
//! | require, verify-ca | a file | signed by that file's authorities |
//! | verify-full | a file | signed by them, and for this host |
//! | verify-full | none or `system` | signed by the system's authorities, and for this host |

use super::error::{Class, Error};
use super::notices::{Received, Tapped};
use super::settings::{ConnectionSettings, RootCertificates, SslMode};
use crate::domain::failure::Cause;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What is checked of the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verification<'a> {
    Nothing,
    SignedBy(&'a Path),
    SignedByForHost(&'a Path),
    SystemForHost,
}

fn verification(
    mode: SslMode,
    roots: Option<&RootCertificates>,
) -> Result<Verification<'_>, Error> {
    match (mode, roots) {
        (SslMode::Disable, _) | (SslMode::Prefer | SslMode::Require, None) => {
            Ok(Verification::Nothing)
        }
        (SslMode::Prefer, Some(RootCertificates::File(_))) => Ok(Verification::Nothing),
        (SslMode::Require | SslMode::VerifyCa, Some(RootCertificates::File(file))) => {
            Ok(Verification::SignedBy(file))
        }
        (SslMode::VerifyFull, Some(RootCertificates::File(file))) => {
            Ok(Verification::SignedByForHost(file))
        }
        (SslMode::VerifyFull, Some(RootCertificates::System) | None) => {
            Ok(Verification::SystemForHost)
        }
        (_, Some(RootCertificates::System)) => Err(unusable(
            format!(
                "sslrootcert `system` does not go with sslmode `{mode}`: a public authority signs certificates for anybody"
            ),
            "use sslmode `verify-full`",
        )),
        (SslMode::VerifyCa, None) => Err(unusable(
            "sslmode `verify-ca` needs sslrootcert",
            "give the authority's PEM file, or use `verify-full`",
        )),
    }
}

fn unusable(reason: impl Into<String>, remedy: &str) -> Error {
    Error::new(Class::Settings {
        reason: reason.into(),
        remedy: remedy.to_owned(),
    })
}

/// The TLS side of a connector.
#[derive(Clone)]
pub(super) struct Tls {
    make: MakeRustlsConnect,
    /// Whether the server's certificate is checked at all.
    pub(super) verified: bool,
}

impl Tls {
    pub(super) fn new(settings: &ConnectionSettings) -> Result<Self, Error> {
        let verification = verification(settings.sslmode, settings.sslrootcert.as_ref())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = verifier(verification, &provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                unusable("no version of TLS can be offered", "report it").because(Cause::of(&error))
            })?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let config = match client_identity(settings)? {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| {
                unusable(
                    "sslcert and sslkey do not fit",
                    "give the key of this certificate",
                )
                .because(Cause::of(&error))
            })?,
            None => builder.with_no_client_auth(),
        };
        Ok(Self {
            make: MakeRustlsConnect::new(config),
            verified: verification != Verification::Nothing,
        })
    }

    /// What one connection to this host needs.
    pub(super) fn connect(&self, host: &str) -> Result<TappedTls, Error> {
        let mut make = self.make.clone();
        <MakeRustlsConnect as MakeTlsConnect<TcpStream>>::make_tls_connect(&mut make, host)
            .map(TappedTls)
            .map_err(|error| {
                unusable(
                    format!("the host `{host}` can't be verified"),
                    "give the name that stands in the server's certificate",
                )
                .because(Cause::of(&error))
            })
    }
}

type RustlsConnect = <MakeRustlsConnect as MakeTlsConnect<TcpStream>>::TlsConnect;

/// Moves the tap from the encrypted to the decrypted side.
pub(super) struct TappedTls(RustlsConnect);

type Handshake<T> = Pin<Box<dyn Future<Output = std::io::Result<T>> + Send>>;

impl TlsConnect<Tapped<TcpStream>> for TappedTls {
    type Stream = Tapped<<RustlsConnect as TlsConnect<TcpStream>>::Stream>;
    type Error = std::io::Error;
    type Future = Handshake<Self::Stream>;

    fn connect(self, stream: Tapped<TcpStream>) -> Self::Future {
        let (stream, received): (_, Received) = stream.into_inner();
        Box::pin(async move {
            let encrypted = self.0.connect(stream).await?;
            Ok(Tapped::new(encrypted, 0, received))
        })
    }
}

fn verifier(
    verification: Verification<'_>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let of_file = |file: &Path| {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots(file)?), provider.clone())
            .build()
            .map_err(|error| bad_file("sslrootcert", file).because(Cause::of(&error)))
    };
    Ok(match verification {
        Verification::Nothing => Arc::new(AnyCertificate(provider.clone())),
        Verification::SignedBy(file) => Arc::new(AnyHost(of_file(file)?)),
        Verification::SignedByForHost(file) => of_file(file)?,
        Verification::SystemForHost => Arc::new(
            rustls_platform_verifier::Verifier::new(provider.clone()).map_err(|error| {
                unusable(
                    "the system's authorities can't be read",
                    "name a PEM file with sslrootcert",
                )
                .because(Cause::of(&error))
            })?,
        ),
    })
}

fn bad_file(what: &str, file: &Path) -> Error {
    let reason = format!("{what} {} can't be read", file.display());
    unusable(reason, "name a PEM file that this user may read")
}

fn certificates(what: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read =
        |error: rustls::pki_types::pem::Error| bad_file(what, file).because(Cause::of(&error));
    let chain: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(read)?
        .collect::<Result<_, _>>()
        .map_err(read)?;
    if chain.is_empty() {
        return Err(bad_file(what, file).because(Cause::new("it holds no PEM certificate")));
    }
    Ok(chain)
}

fn roots(file: &Path) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    for certificate in certificates("sslrootcert", file)? {
        store
            .add(certificate)
            .map_err(|error| bad_file("sslrootcert", file).because(Cause::of(&error)))?;
    }
    Ok(store)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client_identity(settings: &ConnectionSettings) -> Result<Option<Identity>, Error> {
    match (&settings.sslcert, &settings.sslkey) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(unusable("sslcert is set and sslkey is not", "set both")),
        (None, Some(_)) => Err(unusable("sslkey is set and sslcert is not", "set both")),
        (Some(certificate), Some(key)) => {
            let chain = certificates("sslcert", certificate)?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| bad_file("sslkey", key).because(Cause::of(&error)))?;
            Ok(Some((chain, key)))
        }
    }
}

/// Encryption without proof: whoever answers is accepted (sslmode prefer and require).
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A trusted signature, for whatever host (sslmode verify-ca).
#[derive(Debug)]
struct AnyHost(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyHost {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The verifier checks signature and validity first, the name last: only the name was wrong.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn every_mode_checks_what_its_word_says() {
        let path = PathBuf::from("ca.pem");
        let file = RootCertificates::File(path.clone());
        let system = RootCertificates::System;
        let of = |mode, roots| verification(mode, roots).ok();
        assert_eq!(of(SslMode::Prefer, None), Some(Verification::Nothing));
        assert_eq!(of(SslMode::Require, None), Some(Verification::Nothing));
        for mode in [SslMode::Require, SslMode::VerifyCa] {
            assert_eq!(of(mode, Some(&file)), Some(Verification::SignedBy(&path)));
            assert_eq!(of(mode, Some(&system)), None);
        }
        assert_eq!(of(SslMode::VerifyCa, None), None);
        for roots in [None, Some(&system)] {
            assert_eq!(
                of(SslMode::VerifyFull, roots),
                Some(Verification::SystemForHost)
            );
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let settings = ConnectionSettings {
            sslmode: SslMode::VerifyFull,
            sslrootcert: Some(RootCertificates::File(PathBuf::from("/nowhere/ca.pem"))),
            ..ConnectionSettings::default()
        };
        let error = Tls::new(&settings).err().unwrap();
        assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
    }
}
