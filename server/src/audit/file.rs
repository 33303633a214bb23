//! A file that lines are appended to, by a thread of its own: a slow disk delays no answer.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use thiserror::Error;

/// Lines that wait for the disk. A line has about 400 bytes.
const WAITING: usize = 10_000;

/// Why the file can't be used.
#[derive(Debug, Error)]
#[error("{0}: {1}")]
pub struct FileError(PathBuf, io::Error);

enum Job {
    Line(String),
    Reopen,
    Close,
}

/// Appends lines to a file.
pub struct Writer {
    jobs: SyncSender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Opens the file, or creates it for this user only.
    pub fn open(path: PathBuf) -> Result<Self, FileError> {
        let file = append(&path).map_err(|error| FileError(path.clone(), error))?;
        let (jobs, received) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || work(&path, file, &received))
            .map_err(|error| FileError(PathBuf::new(), error))?;
        Ok(Self {
            jobs,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Appends a line. If too many wait already, it goes to the program's log.
    pub fn write(&self, line: String) {
        let sent = self.jobs.try_send(Job::Line(line));
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) = sent
            && let Job::Line(line) = job
        {
            tracing::warn!("the audit log is too slow; a line follows here");
            to_log(&line);
        }
    }

    /// Opens the file again by its path.
    pub fn reopen(&self) {
        // A full queue means that the disk is slow: the next signal may find room.
        if self.jobs.try_send(Job::Reopen).is_err() {
            tracing::warn!("the audit log is too slow to be opened again");
        }
    }

    /// Waits until every line is written.
    pub fn close(&self) {
        let _ = self.jobs.send(Job::Close);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

/// Writes a line to the program's log, under the target `audit`. `log.rs` prints it as it is.
pub fn to_log(line: &str) {
    tracing::info!(target: "audit", "{line}");
}

/// Writes each line with one call, so that lines of several programs don't mix.
fn work(path: &Path, mut file: File, jobs: &Receiver<Job>) {
    let mut is_failing = false;
    for job in jobs {
        let result = match job {
            Job::Line(line) => file
                .write_all(format!("{line}\n").as_bytes())
                .inspect_err(|_| to_log(&line)),
            Job::Reopen => append(path).map(|opened| file = opened),
            Job::Close => return,
        };
        match result {
            Err(error) if !is_failing => {
                tracing::warn!(file = %path.display(), %error, "the audit log can't be written; its lines are here");
                is_failing = true;
            }
            Err(_) => {}
            Ok(()) => is_failing = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn lines_are_appended_also_after_somebody_has_renamed_the_file() {
        let folder = TempDir::new().expect("a folder");
        let path = |name| folder.path().join(name);
        fs::write(path("log"), "before\n").expect("a file");
        let writer = Writer::open(path("log")).expect("a file");
        writer.write("one".to_owned());
        // The order of jobs is kept: the first line is in the old file.
        writer.reopen();
        writer.close();
        fs::rename(path("log"), path("log.1")).expect("renamed");
        let writer = Writer::open(path("log")).expect("a file");
        fs::rename(path("log"), path("log.2")).expect("renamed");
        writer.write("two".to_owned());
        writer.reopen();
        writer.write("three".to_owned());
        writer.close();
        let read = |name| fs::read_to_string(path(name)).expect("a file");
        assert_eq!(read("log.1"), "before\none\n");
        assert_eq!(read("log.2"), "two\n");
        assert_eq!(read("log"), "three\n");
    }

    #[test]
    fn a_disk_that_is_full_blocks_nothing() {
        let writer = Writer::open(PathBuf::from("/dev/full")).expect("it can be opened");
        for _ in 0..3 {
            writer.write("line".to_owned());
        }
        writer.close();
        // After the end, too.
        writer.write("line".to_owned());
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = TempDir::new().expect("a folder");
        let error = Writer::open(folder.path().to_owned());
        assert!(error.is_err());
    }
}
