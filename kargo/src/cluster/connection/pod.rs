//! The ServiceAccount of the pod that the program runs in.

use std::net::Ipv6Addr;

use super::{
    address::parse_server,
    connect_error::ConnectError,
    credential::stored::{Authorization, Stored},
    environment::Environment,
    proxy::Proxy,
    way::{Trust, Way, authorities},
};

/// Reads the pod's way to the API server and its credential. `None` outside of a pod.
pub(super) fn read(environment: &Environment) -> Result<Option<(Way, Stored)>, ConnectError> {
    let host = environment.text("KUBERNETES_SERVICE_HOST");
    let port = environment.text("KUBERNETES_SERVICE_PORT");
    let token = environment.pod_folder.join("token");
    let (Some(host), Some(port), true) = (host, port, token.is_file()) else {
        return Ok(None);
    };
    let host = match host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.to_owned(),
    };
    let (server, _) = parse_server(&format!("https://{host}:{port}"))
        .map_err(|why| ConnectError::Pod(format!("KUBERNETES_SERVICE_HOST and _PORT: {why}")))?;
    let file = environment.pod_folder.join("ca.crt");
    let certificates = std::fs::read(&file)
        .map_err(|error| error.to_string())
        .and_then(|pem| authorities(&pem).map_err(str::to_owned))
        .map_err(|why| ConnectError::Pod(format!("the file {}: {why}", file.display())))?;
    let way = Way {
        proxy: Proxy::of_environment(environment, &server)?,
        server,
        trust: Trust::Authorities {
            certificates,
            file: Some(file),
        },
        server_name: None,
        compressed: true,
    };
    let stored = Stored {
        authorization: Authorization::Token {
            text: None,
            file: Some(token),
        },
        certificate: None,
    };
    Ok(Some((way, stored)))
}
