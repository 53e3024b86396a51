//! What the certificate of a PostgreSQL must prove.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::store::{StoreError, StoreResult};

/// What a certificate must prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing: what is said is encrypted, to whoever answers.
    None,
    /// That a certificate of this file vouches for it, whatever host it is for.
    Issuer(PathBuf),
    /// That it is for the host.
    Host(Roots),
}

/// Who may vouch for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those whom the system trusts.
    System,
    /// The certificates of a file in PEM form.
    File(PathBuf),
}

/// What judges certificates.
pub(super) fn verifier(
    proof: &Proof,
    provider: &Arc<CryptoProvider>,
) -> StoreResult<Arc<dyn ServerCertVerifier>> {
    Ok(match proof {
        Proof::None => Arc::new(Lenient { issuer: None, provider: provider.clone() }),
        Proof::Issuer(file) => {
            let issuer = Some(by_file(file, provider)?);
            Arc::new(Lenient { issuer, provider: provider.clone() })
        }
        Proof::Host(Roots::File(file)) => by_file(file, provider)?,
        Proof::Host(Roots::System) => {
            Arc::new(rustls_platform_verifier::Verifier::new(provider.clone())?)
        }
    })
}

fn by_file(file: &Path, provider: &Arc<CryptoProvider>) -> StoreResult<Arc<WebPkiServerVerifier>> {
    let failed = |detail: &dyn std::fmt::Display| StoreError::Roots {
        path: file.to_owned(),
        detail: detail.to_string(),
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add(certificate).map_err(|error| failed(&error))?;
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    builder.build().map_err(|error| failed(&error))
}

/// Takes a certificate for any host: from an issuer where there is one, else from anybody. That the
/// other side holds the certificate's key is checked all the same.
#[derive(Debug)]
struct Lenient {
    issuer: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(issuer) = &self.issuer else { return Ok(ServerCertVerified::assertion()) };
        match issuer.verify_server_cert(certificate, chain, host, ocsp, now) {
            // The name is looked at last, when the chain has been found good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
