//! Flags of signing in with OIDC, named after the values of Kargo's chart.

use std::path::{Path, PathBuf};

use app::sign_in::OidcMode;
use clap::Args;
use kargo::name::ProjectName;
use secrecy::SecretString;
use thiserror::Error;

use super::url::http_url;
use crate::oidc::{CaError, Fetch, Settings};

/// Flags of signing in with OIDC. The names in brackets are those of Kargo's chart, below `api.oidc`.
#[derive(Debug, Args)]
pub struct OidcFlags {
    /// Issuer of ID tokens (`issuerURL`); of Kargo's own Dex: Kargo's address and /dex.
    #[arg(long, env = "KARGO_TOKENS_OIDC_ISSUER_URL", value_name = "URL", value_parser = http_url)]
    oidc_issuer_url: Option<String>,

    /// Client at the issuer (`clientID`): a public client with PKCE, which may redirect to /sign-in/oidc/callback.
    #[arg(long, env = "KARGO_TOKENS_OIDC_CLIENT_ID", value_name = "ID")]
    oidc_client_id: Option<String>,

    /// File with the client's secret, for an issuer without public clients.
    #[arg(
        long,
        env = "KARGO_TOKENS_OIDC_CLIENT_SECRET_FILE",
        value_name = "FILE"
    )]
    oidc_client_secret_file: Option<PathBuf>,

    /// Scopes to ask for besides openid, profile and email (`additionalScopes`).
    #[arg(
        long,
        env = "KARGO_TOKENS_OIDC_ADDITIONAL_SCOPES",
        value_name = "SCOPE",
        value_delimiter = ',',
        default_value = "groups"
    )]
    oidc_additional_scopes: Vec<String>,

    /// Claim with the name of a person for people (`usernameClaim`).
    #[arg(
        long,
        env = "KARGO_TOKENS_OIDC_USERNAME_CLAIM",
        value_name = "CLAIM",
        default_value = "email"
    )]
    oidc_username_claim: String,

    /// File with certificate authorities that sign the issuer's certificate, as PEM.
    #[arg(long, env = "KARGO_TOKENS_OIDC_CA", value_name = "FILE")]
    oidc_ca: Option<PathBuf>,

    /// Send the ID token itself to the API server, which must trust the issuer. Default: act as the ServiceAccounts whose claims match, as
    /// Kargo does.
    #[arg(long, env = "KARGO_TOKENS_OIDC_FORWARD")]
    oidc_forward: bool,

    /// Further namespaces whose ServiceAccounts people can act as (`globalServiceAccounts.namespaces`), in Kargo's order.
    #[arg(
        long,
        env = "KARGO_TOKENS_GLOBAL_SERVICE_ACCOUNT_NAMESPACES",
        value_name = "NAMESPACE",
        value_delimiter = ','
    )]
    pub global_service_account_namespaces: Vec<ProjectName>,
}

/// Why the flags can't be used, in words.
#[derive(Debug, Error)]
#[error("{0}.")]
pub struct OidcFlagsError(pub String);

impl OidcFlags {
    /// Whether flags are given that make no sense without signing in with OIDC.
    pub fn is_set(&self) -> bool {
        self.oidc_issuer_url.is_some() || self.oidc_forward
    }

    /// The issuer and the client at it.
    pub fn client(&self) -> [Option<&str>; 2] {
        [&self.oidc_issuer_url, &self.oidc_client_id].map(Option::as_deref)
    }

    /// How people reach the API server.
    pub fn mode(&self) -> OidcMode {
        if self.oidc_forward {
            OidcMode::Forwarded
        } else {
            OidcMode::Mapped
        }
    }

    /// Checks the flags at start, and reads the files that they name.
    pub fn settings(&self) -> Result<(Settings, Fetch), OidcFlagsError> {
        let missing = || {
            OidcFlagsError(
                "--sign-in oidc needs --oidc-issuer-url and --oidc-client-id: the values issuerURL and clientID of Kargo's chart"
                    .to_owned(),
            )
        };
        let issuer_url = self.oidc_issuer_url.clone().ok_or_else(missing)?;
        let client_id = self.oidc_client_id.clone().ok_or_else(missing)?;
        let is_plain = issuer_url.starts_with("http://");
        if is_plain && !kargo::identity::is_local_address(&issuer_url) {
            return Err(OidcFlagsError(format!(
                "the issuer {issuer_url} would be reached over plain HTTP, so anyone on the way could sign in as anyone; use its https:// address"
            )));
        }
        let client_secret = self
            .oidc_client_secret_file
            .as_deref()
            .map(secret)
            .transpose()?;
        let fetch = Fetch::new(self.oidc_ca.as_deref(), is_plain).map_err(|error| {
            let file = self.oidc_ca.clone().unwrap_or_default();
            OidcFlagsError(authorities(&file, &error))
        })?;
        let settings = Settings {
            issuer_url,
            client_id,
            client_secret,
            scopes: self.scopes(),
            username_claim: self.oidc_username_claim.clone(),
            forward: self.oidc_forward,
        };
        Ok((settings, fetch))
    }
}

impl OidcFlags {
    /// Scopes to ask for besides the usual ones. An empty list is written as an empty text.
    fn scopes(&self) -> Vec<String> {
        let all = self.oidc_additional_scopes.iter();
        all.filter(|scope| !scope.is_empty()).cloned().collect()
    }
}

fn authorities(file: &Path, error: &CaError) -> String {
    format!(
        "can't use the certificate authorities in {}: {error}",
        file.display()
    )
}

fn secret(file: &Path) -> Result<SecretString, OidcFlagsError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        OidcFlagsError(format!(
            "can't read the client's secret in {}: {error}",
            file.display()
        ))
    })?;
    Ok(text.trim().to_owned().into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::config::Config;

    #[test]
    fn an_empty_list_of_scopes_is_empty() {
        let scopes = |arguments: &[&str]| {
            let all = ["kargo-tokens"].iter().chain(arguments);
            Config::parse_from(all).oidc.scopes()
        };
        assert_eq!(scopes(&[]), ["groups"]);
        assert!(scopes(&["--oidc-additional-scopes="]).is_empty());
        assert_eq!(scopes(&["--oidc-additional-scopes=a,,b"]), ["a", "b"]);
    }
}
