//! The program's own log, on standard error. Lines of the audit log are printed as they are: JSON, without anything before them.

use std::{fmt, io, io::IsTerminal};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Writer},
    },
    registry::LookupSpan,
};

/// Target of the audit log.
const AUDIT: &str = "audit";

/// Begins to log what a filter selects. The audit log is selected unless the filter names it.
pub fn init(filter: &str) {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("{AUDIT}=info,{filter}")))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .event_format(Lines(Format::default()))
        .init();
}

/// Lines for people, and the audit log's for programs.
struct Lines(Format);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if event.metadata().target() == AUDIT {
            let mut message = Message(String::new());
            event.record(&mut message);
            return writeln!(writer, "{}", message.0);
        }
        self.0.format_event(context, writer, event)
    }
}

/// Takes the message of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("a buffer").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_of_the_audit_log_have_nothing_before_them() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("audit=info,warn"))
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .event_format(Lines(Format::default()))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("not selected");
            tracing::info!(target: AUDIT, "{}", r#"{"log":"audit"}"#);
            tracing::warn!("selected");
        });
        let text = String::from_utf8(written.0.lock().expect("a buffer").clone()).expect("text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], r#"{"log":"audit"}"#);
        assert!(lines[1].contains("WARN") && lines[1].ends_with("selected"));
        assert_eq!(lines.len(), 2);
    }
}
