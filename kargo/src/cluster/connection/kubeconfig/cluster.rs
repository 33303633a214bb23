//! The cluster entry in use: the way to the API server.

use std::path::PathBuf;

use base64::{Engine, prelude::BASE64_STANDARD};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};

use super::{
    super::{
        address::{UserInfo, parse_server},
        connect_error::{ConnectError, OTHER_FILE},
        environment::Environment,
        proxy::Proxy,
        way::{Trust, Way, authorities, pem},
    },
    fields::{Fields, WrongType},
    select::Located,
};

const KIND: &str = "cluster";

/// Name of the extension that a cluster has for sign-in commands.
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// A cluster entry.
pub(super) struct Cluster<'a> {
    located: Located<'a>,
    server: &'a str,
    server_name: Option<&'a str>,
    skips_verification: bool,
    authority: Option<&'a str>,
    authority_data: Option<&'a str>,
    proxy: Option<&'a str>,
    disables_compression: bool,
    /// What the entry has for sign-in commands.
    exec_config: Option<&'a Value>,
}

impl<'a> Cluster<'a> {
    /// Reads the entry.
    pub fn of(located: Located<'a>) -> Result<Self, ConnectError> {
        let fields = Fields::of(&located.entry.body, "");
        let read = fields.and_then(|fields| Self::read(located, &fields));
        let (server, cluster) = read.map_err(|wrong| located.wrong_type(KIND, wrong))?;
        match server {
            Some(server) => Ok(Self { server, ..cluster }),
            None => Err(located.error(KIND, "server", "it is missing", OTHER_FILE)),
        }
    }

    fn read(
        located: Located<'a>,
        fields: &Fields<'a>,
    ) -> Result<(Option<&'a str>, Self), WrongType> {
        let extensions = fields.list("extensions")?;
        let extension = extensions
            .iter()
            .find(|extension| extension["name"] == EXEC_EXTENSION);
        let cluster = Self {
            located,
            server: "",
            server_name: fields.text("tls-server-name")?,
            skips_verification: fields.flag("insecure-skip-tls-verify")?,
            authority: fields.text("certificate-authority")?,
            authority_data: fields.text("certificate-authority-data")?,
            proxy: fields.text("proxy-url")?,
            disables_compression: fields.flag("disable-compression")?,
            exec_config: extension.map(|extension| &extension["extension"]),
        };
        Ok((fields.text("server")?, cluster))
    }

    fn error(&self, field: &str, why: impl Into<String>, next: impl Into<String>) -> ConnectError {
        self.located.error(KIND, field, why, next)
    }

    /// The way to the API server, and a user within its address.
    pub fn way(&self, environment: &Environment) -> Result<(Way, Option<UserInfo>), ConnectError> {
        let (server, user) =
            parse_server(self.server).map_err(|why| self.error("server", why, OTHER_FILE))?;
        let proxy = match self.proxy {
            Some(text) => Some(Proxy::of_cluster(text).map_err(|why| {
                self.error(
                    "proxy-url",
                    why,
                    "Write it as http://, https:// or socks5:// with host and port.",
                )
            })?),
            None => Proxy::of_environment(environment, &server)?,
        };
        let server_name = self.server_name.map(|name| {
            ServerName::try_from(name.to_owned())
                .map_err(|_| self.error("tls-server-name", "it is no host name", OTHER_FILE))
        });
        let way = Way {
            server,
            trust: self.trust(environment)?,
            server_name: server_name.transpose()?,
            proxy,
            compressed: !self.disables_compression,
        };
        Ok((way, user))
    }

    fn trust(&self, environment: &Environment) -> Result<Trust, ConnectError> {
        let (field, file, bytes) = match (self.authority, self.authority_data) {
            (Some(_), Some(_)) => {
                let why = "the cluster has certificate-authority, too";
                return Err(self.error("certificate-authority-data", why, "Remove one of them."));
            }
            (Some(path), None) => {
                let field = "certificate-authority";
                let path = self.resolve(path, environment);
                let bytes = std::fs::read(&path).map_err(|error| {
                    let why = format!("can't read the file {}: {error}", path.display());
                    self.error(field, why, OTHER_FILE)
                })?;
                (field, Some(path), bytes)
            }
            (None, Some(data)) => {
                let field = "certificate-authority-data";
                let bytes = decode(data).map_err(|why| self.error(field, why, OTHER_FILE))?;
                (field, None, bytes)
            }
            (None, None) if self.skips_verification => return Ok(Trust::Unverified),
            (None, None) => return Ok(Trust::System),
        };
        if self.skips_verification {
            let why = "the cluster has a certificate authority, too";
            return Err(self.error("insecure-skip-tls-verify", why, "Remove one of them."));
        }
        let certificates = authorities(&bytes).map_err(|why| self.error(field, why, OTHER_FILE))?;
        Ok(Trust::Authorities { certificates, file })
    }

    fn resolve(&self, path: &str, environment: &Environment) -> PathBuf {
        resolve(self.located, path, environment)
    }

    /// The cluster as sign-in commands are told about it.
    pub fn for_commands(&self, way: &Way) -> Value {
        let mut cluster = json!({ "server": self.server });
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                cluster[name] = value;
            }
        };
        set("tls-server-name", self.server_name.map(Value::from));
        set(
            "insecure-skip-tls-verify",
            self.skips_verification.then(|| true.into()),
        );
        if let Trust::Authorities { certificates, .. } = &way.trust {
            let text = pem(certificates);
            set(
                "certificate-authority-data",
                Some(BASE64_STANDARD.encode(text).into()),
            );
        }
        set("proxy-url", self.proxy.map(Value::from));
        set(
            "disable-compression",
            self.disables_compression.then(|| true.into()),
        );
        set("config", self.exec_config.cloned());
        cluster
    }
}

/// A path as seen from the file that names it.
pub(super) fn resolve(located: Located<'_>, path: &str, environment: &Environment) -> PathBuf {
    let folder = located.file.path.parent().unwrap_or(&located.file.path);
    environment.absolute(folder).join(path)
}

/// Decodes base64, which may have line breaks.
pub(super) fn decode(data: &str) -> Result<Vec<u8>, &'static str> {
    let data = data.replace(['\r', '\n'], "");
    BASE64_STANDARD
        .decode(data)
        .map_err(|_| "it is not valid base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_may_have_line_breaks() {
        assert_eq!(decode("Q\nU\r\nE="), Ok(b"AA".to_vec()));
        assert_eq!(decode("QUE=\n"), Ok(b"AA".to_vec()));
        for data in ["Q U E =", "QUE", "sentinel!"] {
            assert!(decode(data).is_err(), "{data}");
        }
    }
}
