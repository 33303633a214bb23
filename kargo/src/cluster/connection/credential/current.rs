//! A credential that signs requests now, and the factory that makes one from its texts.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::{
    super::{
        own_token::OwnToken,
        transport::{Transport, client_certificate},
        way::Way,
    },
    stored::Unusable,
};
use crate::value::Value;

/// A credential that signs requests.
pub struct Credential {
    /// Content of the header `Authorization`.
    pub authorization: Option<HeaderValue>,
    /// Connections that show its certificate, if it has one.
    pub transport: Transport,
    /// The token that it is, if it is one.
    pub own_token: Option<OwnToken>,
    /// A number that no other credential has.
    pub generation: u64,
}

/// Makes credentials for one way to the cluster.
#[derive(Clone)]
pub struct Factory {
    way: Arc<Way>,
    /// Connections without a certificate.
    plain: Transport,
}

impl Factory {
    pub fn new(way: Arc<Way>, plain: Transport) -> Self {
        Self { way, plain }
    }

    /// Makes a credential. `transport`: the previous one's, if the certificate is still the same.
    pub fn make(
        &self,
        authorization: Option<&SecretString>,
        token: Option<&SecretString>,
        certificate: Option<&(SecretString, SecretString)>,
        transport: Option<Transport>,
    ) -> Result<Credential, Unusable> {
        static GENERATION: AtomicU64 = AtomicU64::new(0);
        let header = |text: &SecretString| {
            let mut header = HeaderValue::from_str(text.expose_secret())
                .map_err(|_| Unusable::new("token", "it has a character that can't be sent"))?;
            header.set_sensitive(true);
            Ok(header)
        };
        let transport = match (transport, certificate) {
            (Some(transport), _) => transport,
            (None, None) => self.plain.clone(),
            (None, Some((certificate, key))) => {
                let unusable = |why: &str| Unusable::new("client-certificate", why);
                let key = client_certificate(certificate.expose_secret(), key.expose_secret())
                    .map_err(unusable)?;
                Transport::new(&self.way, Some(key))
                    .map_err(|error| unusable(&error.to_string()))?
            }
        };
        Ok(Credential {
            authorization: authorization.map(header).transpose()?,
            transport,
            own_token: token
                .map(|token| Value::new(token.expose_secret().to_owned()))
                .and_then(|value| OwnToken::of(&value)),
            generation: GENERATION.fetch_add(1, Ordering::Relaxed),
        })
    }
}
