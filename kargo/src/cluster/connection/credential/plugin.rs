//! A kubeconfig's sign-in command (`exec`): runs it once and reads the credential that it prints.

use std::{
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{
    super::{environment::Environment, yaml},
    error::CredentialError,
    stored::sendable,
};
use crate::text::foreign;

/// Time that a sign-in command has: as long as people need for a sign-in page with a second factor.
const DEADLINE: Duration = Duration::from_mins(3);
/// Time after which the log names a command that still runs.
const NOTICE: Duration = Duration::from_secs(3);
/// Time for the last messages of a command that has ended.
const LAST_MESSAGES: Duration = Duration::from_millis(100);
/// Longest answer that is read.
const ANSWER_LIMIT: u64 = 1024 * 1024;
/// Longest line of the command's own messages that is logged.
const LINE_LIMIT: u64 = 4096;

/// Whether a command uses the standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interactive {
    Never,
    IfAvailable,
    Always,
}

/// A sign-in command with all that it is given.
#[derive(Clone)]
pub struct Plugin {
    /// The command as the kubeconfig names it; with a slash, an absolute path.
    pub command: String,
    pub arguments: Vec<String>,
    /// Variables that are added to the environment.
    pub variables: Vec<(String, String)>,
    /// Version in which the credential is written.
    pub api_version: String,
    pub interactive: Interactive,
    pub install_hint: Option<String>,
    /// The cluster, for commands that want to know it.
    pub cluster: Option<Value>,
    pub environment: Environment,
}

/// Arguments and variables may be secret.
impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// The credential that a command printed.
pub(super) struct Answer {
    pub token: Option<SecretString>,
    /// Certificate and key as PEM.
    pub certificate: Option<(SecretString, SecretString)>,
    /// End of the credential.
    pub expires: Option<Timestamp>,
}

impl Plugin {
    /// Runs the command, for three minutes at most.
    pub(super) async fn run(&self) -> Result<Answer, CredentialError> {
        let is_interactive = match self.interactive {
            Interactive::Never => false,
            Interactive::IfAvailable => self.environment.has_terminal,
            Interactive::Always if self.environment.has_terminal => true,
            Interactive::Always => {
                return Err(CredentialError::NoTerminal {
                    command: self.shown(),
                });
            }
        };
        let child = self.start(is_interactive)?;
        let finished = async {
            let mut running = std::pin::pin!(timeout(DEADLINE, self.finish(child)));
            tokio::select! {
                result = &mut running => return result,
                () = sleep(NOTICE) => {}
            }
            tracing::warn!(
                command = self.shown(),
                "the kubeconfig's sign-in command is still running: it may wait for you in this terminal or in a browser"
            );
            running.await
        };
        let (status, output) = match finished.await {
            Ok(Ok(finished)) => finished,
            Ok(Err(error)) => return Err(self.failed(error.to_string())),
            Err(_) => {
                return Err(CredentialError::TooSlow {
                    command: self.shown(),
                    seconds: DEADLINE.as_secs(),
                });
            }
        };
        if !status.success() {
            return Err(self.failed(status.to_string()));
        }
        self.answer(&output)
            .map_err(|why| CredentialError::BadAnswer {
                command: self.shown(),
                why,
            })
    }

    /// The command as messages show it.
    pub fn shown(&self) -> String {
        foreign(self.command.clone())
    }

    fn failed(&self, why: String) -> CredentialError {
        let command = self.shown();
        CredentialError::Failed { command, why }
    }

    fn start(&self, is_interactive: bool) -> Result<Child, CredentialError> {
        let not_found = || CredentialError::NotFound {
            command: self.shown(),
            install_hint: self.install_hint.clone().map(foreign),
        };
        let program = self.program().ok_or_else(not_found)?;
        let mut command = Command::new(program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment.variables)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.info(is_interactive))
            .current_dir(&self.environment.working_folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        // A person at the terminal sees the command's questions as it writes them.
        if is_interactive {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        } else {
            command.stdin(Stdio::null()).stderr(Stdio::piped());
        }
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => not_found(),
            _ => self.failed(error.to_string()),
        })
    }

    /// The file to run: a path as it is, a name from `PATH`.
    fn program(&self) -> Option<PathBuf> {
        if self.command.contains('/') {
            return Some(self.command.clone().into());
        }
        let folders = self.environment.variable("PATH")?;
        std::env::split_paths(folders)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&self.command))
            .find(|file| is_program(file))
    }

    /// What the command is told by `KUBERNETES_EXEC_INFO`.
    fn info(&self, is_interactive: bool) -> OsString {
        let mut spec = json!({ "interactive": is_interactive });
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = cluster.clone();
        }
        let info =
            json!({ "kind": "ExecCredential", "apiVersion": self.api_version, "spec": spec });
        info.to_string().into()
    }

    /// Waits for the command's end. Logs its messages, and answers with what it printed.
    async fn finish(&self, mut child: Child) -> io::Result<(ExitStatus, Vec<u8>)> {
        let messages = child.stderr.take();
        let mut logging = messages.map(|messages| tokio::spawn(log(self.shown(), messages)));
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(ANSWER_LIMIT).read_to_end(&mut output).await?;
        }
        let status = child.wait().await?;
        if let Some(logging) = &mut logging {
            // A helper that the command leaves behind, such as a browser, keeps the channel of messages open.
            let _ = timeout(LAST_MESSAGES, &mut *logging).await;
            logging.abort();
        }
        Ok((status, output))
    }

    /// Reads an `ExecCredential`. The error never quotes it.
    fn answer(&self, output: &[u8]) -> Result<Answer, &'static str> {
        let value: Value = serde_json::from_slice(output)
            .ok()
            .or_else(|| yaml::parse(output).ok())
            .ok_or("it is not an ExecCredential in JSON")?;
        if value["kind"] != "ExecCredential" {
            return Err("it is not an ExecCredential in JSON");
        }
        if value["apiVersion"] != self.api_version.as_str() {
            return Err("its apiVersion is another one than the kubeconfig's");
        }
        let status = &value["status"];
        if status.is_null() {
            return Err("it has no status");
        }
        let text = |name: &str| match &status[name] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            _ => Err("a field of its status is no text"),
        };
        let token = text("token")?
            .map(SecretString::from)
            .map(sendable)
            .transpose()?;
        let certificate = match (text("clientCertificateData")?, text("clientKeyData")?) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) if token.is_none() => {
                return Err("it has neither a token nor a certificate");
            }
            (None, None) => None,
            _ => return Err("it has a certificate or a key, but not both"),
        };
        let expires = text("expirationTimestamp")?
            .map(str::parse)
            .transpose()
            .map_err(|_| "its expirationTimestamp is not a time")?;
        Ok(Answer {
            token,
            certificate,
            expires,
        })
    }
}

/// Logs what a command says.
async fn log(command: String, messages: impl AsyncRead + Unpin) {
    let mut messages = BufReader::new(messages);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = (&mut messages).take(LINE_LIMIT);
        if limited.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let message = foreign(String::from_utf8_lossy(&line).trim_end().to_owned());
        tracing::warn!(command, message, "sign-in command");
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn plugin(command: &str, arguments: &[&str]) -> Plugin {
        let mut environment = Environment::of_process();
        environment.has_terminal = false;
        Plugin {
            command: command.to_owned(),
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
            variables: vec![("FROM_CONFIG".to_owned(), "b".to_owned())],
            api_version: "client.authentication.k8s.io/v1".to_owned(),
            interactive: Interactive::Never,
            install_hint: Some("install it".to_owned()),
            cluster: None,
            environment,
        }
    }

    fn answer(status: &str) -> Result<Answer, &'static str> {
        plugin("x", &[]).answer(
            format!(r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{status}}}"#)
                .as_bytes(),
        )
    }

    #[test]
    fn answers_are_judged_as_kubectl_judges_them() {
        assert!(answer(r#"{"token":"t"}"#).is_ok());
        let full = answer(r#"{"token":"t","clientCertificateData":"c","clientKeyData":"k","expirationTimestamp":"2030-01-02T03:04:05Z"}"#)
            .expect("a credential");
        assert!(full.certificate.is_some() && full.expires.is_some());
        for status in [
            "null",
            "{}",
            r#"{"token":""}"#,
            r#"{"token":5}"#,
            r#"{"token":"sentinel\n"}"#,
            r#"{"clientCertificateData":"c"}"#,
            r#"{"token":"sentinel","clientKeyData":"k"}"#,
            r#"{"token":"sentinel","expirationTimestamp":"soon"}"#,
        ] {
            let why = answer(status).err().expect(status);
            assert!(!why.contains("sentinel"));
        }
        let other = plugin("x", &[]);
        for output in [
            "",
            "sentinel",
            r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t"}}"#,
        ] {
            assert!(other.answer(output.as_bytes()).is_err(), "{output}");
        }
        let yaml = "kind: ExecCredential\napiVersion: client.authentication.k8s.io/v1\nstatus: {token: t}\n";
        assert!(other.answer(yaml.as_bytes()).is_ok());
    }

    #[tokio::test]
    async fn commands_that_fail_are_named_and_not_quoted() {
        for (plugin, named) in [
            (
                plugin("no-such-command-here", &[]),
                &["no-such-command-here", "not found"][..],
            ),
            (
                plugin("/no/such/command", &[]),
                &["/no/such/command", "not found"],
            ),
            (
                plugin("sh", &["-c", "echo sentinel; exit 7"]),
                &["sh", "exit status: 7"],
            ),
            (
                plugin("sh", &["-c", "echo sentinel"]),
                &["sh", "ExecCredential"],
            ),
            (
                Plugin {
                    interactive: Interactive::Always,
                    ..plugin("sh", &[])
                },
                &["terminal"],
            ),
        ] {
            let error = plugin.run().await.err().expect("it fails");
            let text = format!("{error} {} {error:?} {plugin:?}", error.hint());
            for part in named {
                assert!(text.contains(part), "{text}");
            }
            assert!(!text.contains("sentinel"), "{text}");
        }
        let missing = plugin("no-such-command-here", &[])
            .run()
            .await
            .err()
            .expect("missing");
        assert!(missing.hint().contains("install it"));
    }

    #[tokio::test]
    async fn a_helper_that_a_command_leaves_behind_is_not_waited_for() {
        let script = r#"sleep 60 >/dev/null & echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}'"#;
        let command = plugin("sh", &["-c", script]);
        let answer = timeout(Duration::from_secs(20), command.run()).await;
        let answer = answer.expect("it doesn't wait").expect("a credential");
        assert!(answer.token.is_some());
    }

    #[tokio::test]
    async fn a_command_gets_arguments_variables_and_what_kubernetes_tells() {
        let script = r#"printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}' \
            "$0-$1-$FROM_CONFIG-$(printf %s "$KUBERNETES_EXEC_INFO" | tr -d '"{}')""#;
        let answer = plugin("sh", &["-c", script, "a", "b"])
            .run()
            .await
            .expect("a credential");
        assert_eq!(
            answer.token.expect("a token").expose_secret(),
            "a-b-b-apiVersion:client.authentication.k8s.io/v1,kind:ExecCredential,spec:interactive:false"
        );
    }
}
