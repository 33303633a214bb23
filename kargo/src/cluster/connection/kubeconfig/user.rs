//! The user entry in use: what signs requests.

use std::path::PathBuf;

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    super::{
        connect_error::{ConnectError, OTHER_FILE},
        credential::{
            Impersonation,
            plugin::{Interactive, Plugin},
            stored::{Authorization, Source, Stored},
        },
        environment::Environment,
    },
    cluster::{decode, resolve},
    fields::{Fields, WrongType},
    select::Located,
};

const KIND: &str = "user";

/// Characters that a header's name can't have, and `%`.
const HEADER_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'*')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A user entry.
#[derive(Clone)]
pub(super) struct User<'a> {
    located: Located<'a>,
    fields: Fields<'a>,
    environment: &'a Environment,
}

impl<'a> User<'a> {
    pub fn of(located: Located<'a>, environment: &'a Environment) -> Result<Self, ConnectError> {
        let fields =
            Fields::of(&located.entry.body, "").map_err(|wrong| located.wrong_type(KIND, wrong))?;
        Ok(Self {
            located,
            fields,
            environment,
        })
    }

    fn error(&self, field: &str, why: impl Into<String>) -> ConnectError {
        self.located.error(KIND, field, why, OTHER_FILE)
    }

    fn wrong(&self) -> impl Fn(WrongType) -> ConnectError {
        let located = self.located;
        move |wrong| located.wrong_type(KIND, wrong)
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, ConnectError> {
        self.fields.text(name).map_err(self.wrong())
    }

    fn path(&self, name: &str) -> Result<Option<PathBuf>, ConnectError> {
        let text = self.text(name)?;
        Ok(text.map(|path| resolve(self.located, path, self.environment)))
    }

    /// Refuses methods that this program doesn't know.
    pub fn refuse_auth_provider(&self) -> Result<(), ConnectError> {
        let Some(provider) = self.fields.object("auth-provider").map_err(self.wrong())? else {
            return Ok(());
        };
        let name = provider
            .text("name")
            .map_err(self.wrong())?
            .unwrap_or_default();
        let why = format!(
            "the built-in sign-in {name} is not supported: Kubernetes replaced it by sign-in commands"
        );
        let next = "Use a sign-in command (exec), such as kubelogin, gke-gcloud-auth-plugin or kubelogin for Azure, or a token.";
        Err(self.located.error(KIND, "auth-provider", why, next))
    }

    /// The stored credential.
    pub fn stored(&self) -> Result<Stored, ConnectError> {
        Ok(Stored {
            authorization: self.authorization()?,
            certificate: self.certificate()?,
        })
    }

    fn authorization(&self) -> Result<Authorization, ConnectError> {
        let (token, file) = (self.text("token")?, self.path("tokenFile")?);
        let (name, password) = (self.text("username")?, self.text("password")?);
        // A password without a user name signs nothing, and is refused beside a token in the kubeconfig only.
        let is_double = match (name, password) {
            (Some(_), _) => token.is_some() || file.is_some(),
            (None, Some(_)) => token.is_some(),
            (None, None) => false,
        };
        if is_double {
            let field = if name.is_some() {
                "username"
            } else {
                "password"
            };
            let why = "the user has a token, too";
            return Err(self.located.error(KIND, field, why, "Remove one of them."));
        }
        if let Some(name) = name {
            let password = password.unwrap_or_default().into();
            return Ok(Authorization::Password(name.to_owned(), password));
        }
        if token.is_none() && file.is_none() {
            return Ok(Authorization::None);
        }
        let text = token.map(SecretString::from);
        Ok(Authorization::Token { text, file })
    }

    fn certificate(&self) -> Result<Option<(Source, Source)>, ConnectError> {
        let Some(certificate) = self.source("client-certificate", "client-certificate-data")?
        else {
            return Ok(None);
        };
        let Some(key) = self.source("client-key", "client-key-data")? else {
            let why = "the user has a client certificate, and no key for it";
            return Err(self.error("client-key-data", why));
        };
        Ok(Some((certificate, key)))
    }

    fn source(&self, file: &str, data: &str) -> Result<Option<Source>, ConnectError> {
        match (self.path(file)?, self.text(data)?) {
            (Some(_), Some(_)) => {
                let why = format!("the user has {file}, too");
                Err(self.located.error(KIND, data, why, "Remove one of them."))
            }
            (Some(path), None) => Ok(Some(Source::File(path))),
            (None, Some(text)) => {
                let bytes = decode(text).map_err(|why| self.error(data, why))?;
                let text =
                    String::from_utf8(bytes).map_err(|_| self.error(data, "it is not PEM"))?;
                Ok(Some(Source::Text(text.into())))
            }
            (None, None) => Ok(None),
        }
    }

    /// The sign-in command. `cluster`: what it is told about the cluster.
    pub fn plugin(&self, cluster: impl FnOnce() -> Value) -> Result<Option<Plugin>, ConnectError> {
        let Some(exec) = self.fields.object("exec").map_err(self.wrong())? else {
            return Ok(None);
        };
        let text = |name: &str| exec.text(name).map_err(self.wrong());
        let required = |name: &str, found: Option<&'a str>| {
            found.ok_or_else(|| self.error(&format!("exec.{name}"), "it is missing"))
        };
        let api_version = required("apiVersion", text("apiVersion")?)?;
        let (v1, v1beta1) = (
            "client.authentication.k8s.io/v1",
            "client.authentication.k8s.io/v1beta1",
        );
        if api_version != v1 && api_version != v1beta1 {
            let why = format!("neither {v1} nor {v1beta1} stands there");
            let next = "Update the sign-in command, and let it write the kubeconfig again.";
            return Err(self.located.error(KIND, "exec.apiVersion", why, next));
        }
        let interactive = match text("interactiveMode")? {
            None if api_version == v1beta1 => Interactive::IfAvailable,
            Some("Never") => Interactive::Never,
            Some("IfAvailable") => Interactive::IfAvailable,
            Some("Always") => Interactive::Always,
            _ => {
                let why = "Never, IfAvailable or Always is expected here";
                return Err(self.error("exec.interactiveMode", why));
            }
        };
        let command = required("command", text("command")?)?;
        let command = if command.contains('/') {
            let path = resolve(self.located, command, self.environment);
            path.to_string_lossy().into_owned()
        } else {
            command.to_owned()
        };
        let provides = exec.flag("provideClusterInfo").map_err(self.wrong())?;
        Ok(Some(Plugin {
            command,
            arguments: exec.texts("args").map_err(self.wrong())?,
            variables: self.variables(&exec)?,
            api_version: api_version.to_owned(),
            interactive,
            install_hint: text("installHint")?.map(str::to_owned),
            cluster: provides.then(cluster),
            environment: self.environment.clone(),
        }))
    }

    fn variables(&self, exec: &Fields<'_>) -> Result<Vec<(String, String)>, ConnectError> {
        let variable = |entry: &Value| {
            let fields = Fields::of(entry, "exec.env").map_err(self.wrong())?;
            let name = fields.text("name").map_err(self.wrong())?;
            let value = fields.text("value").map_err(self.wrong())?;
            let name = name.ok_or_else(|| self.error("exec.env.name", "it is missing"))?;
            if name.contains(['=', '\0']) || value.is_some_and(|value| value.contains('\0')) {
                return Err(self.error(
                    "exec.env",
                    "a variable has a character that can't stand there",
                ));
            }
            Ok((name.to_owned(), value.unwrap_or_default().to_owned()))
        };
        let entries = exec.list("env").map_err(self.wrong())?;
        entries.iter().map(variable).collect()
    }

    /// Headers that act as another person.
    pub fn impersonation(&self) -> Result<Impersonation, ConnectError> {
        let (name, uid) = (self.text("as")?, self.text("as-uid")?);
        let groups = self.fields.texts("as-groups").map_err(self.wrong())?;
        let extra = self.fields.object("as-user-extra").map_err(self.wrong())?;
        let extras: Vec<_> = extra.iter().flat_map(Fields::all).collect();
        let Some(name) = name else {
            if uid.is_some() || !groups.is_empty() || !extras.is_empty() {
                let why = "it is missing, and as-uid, as-groups or as-user-extra needs it";
                return Err(self.error("as", why));
            }
            return Ok(Vec::new());
        };
        let value = |field: &str, text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| self.error(field, "it has a character that can't be sent"))
        };
        let mut headers = vec![(
            HeaderName::from_static("impersonate-user"),
            value("as", name)?,
        )];
        if let Some(uid) = uid {
            let header = HeaderName::from_static("impersonate-uid");
            headers.push((header, value("as-uid", uid)?));
        }
        for group in &groups {
            let header = HeaderName::from_static("impersonate-group");
            headers.push((header, value("as-groups", group)?));
        }
        for (key, _) in extras {
            let field = "as-user-extra";
            let header = format!(
                "impersonate-extra-{}",
                utf8_percent_encode(key, HEADER_NAME)
            );
            let header = HeaderName::try_from(header)
                .map_err(|_| self.error(field, "it has a character that can't be sent"))?;
            let fields = extra.as_ref().map(|extra| extra.texts(key));
            for text in fields
                .transpose()
                .map_err(self.wrong())?
                .unwrap_or_default()
            {
                headers.push((header.clone(), value(field, &text)?));
            }
        }
        Ok(headers)
    }
}
