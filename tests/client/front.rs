//! An encrypted front for a server that speaks plain text: answers the SSL request, then passes bytes.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An authority that signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
pub struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    pem: String,
    key_pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self {
            issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap(),
        }
    }

    /// Writes the authority's certificate where `sslrootcert` can point to.
    pub fn write(&self, folder: &Path, file: &str) -> PathBuf {
        let path = folder.join(file);
        std::fs::write(&path, self.issuer.pem()).unwrap();
        path
    }

    /// A certificate for an IP address or host name.
    pub fn sign(&self, host: &str) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.subject_alt_names = vec![match host.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.try_into().unwrap()),
        }];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certificate {
            chain: vec![certificate.der().clone()],
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        }
    }
}

impl Certificate {
    /// Writes certificate and key where `sslcert` and `sslkey` can point to.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("client.pem"), folder.join("client.key"));
        std::fs::write(&certificate, &self.pem).unwrap();
        std::fs::write(&key, &self.key_pem).unwrap();
        (certificate, key)
    }
}

/// The request for encryption: length 8, code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Starts an encrypted front; returns its address.
pub async fn encrypted(server: SocketAddr, certificate: Certificate) -> SocketAddr {
    front(server, certificate, None).await
}

/// As [`encrypted`], for clients with a certificate of this authority only.
pub async fn mutual(
    server: SocketAddr,
    certificate: Certificate,
    clients: &Authority,
) -> SocketAddr {
    let mut roots = RootCertStore::empty();
    roots.add(clients.issuer.der().clone()).unwrap();
    front(server, certificate, Some(roots)).await
}

async fn front(
    server: SocketAddr,
    certificate: Certificate,
    clients: Option<RootCertStore>,
) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = match clients {
        None => WebPkiClientVerifier::no_client_auth(),
        Some(roots) => {
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .unwrap()
        }
    };
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificate.chain, certificate.key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let _ = serve(client, server, acceptor).await;
            });
        }
    });
    address
}

async fn serve(
    mut client: TcpStream,
    server: SocketAddr,
    acceptor: TlsAcceptor,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let mut request = [0; SSL_REQUEST.len()];
    client.read_exact(&mut request).await?;
    if request == SSL_REQUEST {
        client.write_all(b"S").await?;
        let mut client = acceptor.accept(client).await?;
        copy_bidirectional(&mut client, &mut server).await?;
    } else {
        server.write_all(&request).await?;
        copy_bidirectional(&mut client, &mut server).await?;
    }
    Ok(())
}

/// A front that has no encryption to offer: answers N, then passes bytes.
pub async fn plain(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await?;
                let mut request = [0; SSL_REQUEST.len()];
                client.read_exact(&mut request).await?;
                if request == SSL_REQUEST {
                    client.write_all(b"N").await?;
                } else {
                    server.write_all(&request).await?;
                }
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    address
}
