//! The program's own log, on standard error. Lines of the audit log are printed as they are: JSON, without anything before them. Every other
//! event is one line, too, whatever others wrote into its texts: none of them can look like a line of the audit log.

use std::{fmt, io};

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
        .with_ansi(false)
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
        let mut text = String::new();
        self.0
            .format_event(context, Writer::new(&mut text), event)?;
        for c in text.trim_end_matches('\n').chars() {
            if is_line_end_or_control(c) {
                write!(writer, "{}", c.escape_default())?;
            } else {
                writer.write_char(c)?;
            }
        }
        writeln!(writer)
    }
}

/// `true` for control characters, and for those that some programs take for the end of a line.
fn is_line_end_or_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
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
    fn only_lines_of_the_audit_log_have_nothing_before_them() {
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
            let error = "no\n{\"log\":\"audit\"}\r\u{2028}ü";
            tracing::warn!(%error, "failed");
            tracing::warn!("{error}");
            tracing::warn!(error = %format!("{error}\u{1b}[2K\u{9b}"), "failed");
        });
        let text = String::from_utf8(written.0.lock().expect("a buffer").clone()).expect("text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], r#"{"log":"audit"}"#);
        assert!(lines[1].contains("WARN") && lines[1].ends_with("selected"));
        let expected = r#"no\n{"log":"audit"}\r\u{2028}ü"#;
        assert!(lines[2].contains("WARN"), "{text}");
        for line in &lines[2..] {
            assert!(line.contains(expected), "{line}");
            assert!(!line.contains(char::is_control), "{line}");
        }
        assert_eq!(lines.len(), 5, "{text}");
    }
}
