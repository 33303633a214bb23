//! Precompression: writes `FILE.br` and `FILE.gz` beside each file. The server sends them unchanged.

use std::{fs, io::Write, path::Path, thread};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

use crate::{
    error::{BundleError, with_path},
    site::files,
};

/// Compresses each file of `folder`, brotli and gzip in parallel.
pub fn folder(folder: &Path) -> Result<(), BundleError> {
    for file in files(folder)? {
        let content = fs::read(&file).map_err(with_path(&file))?;
        thread::scope(|scope| {
            let gz = scope.spawn(|| gz(&file, &content));
            br(&file, &content)?;
            gz.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
    }
    Ok(())
}

fn br(file: &Path, mut content: &[u8]) -> Result<(), BundleError> {
    let path = file.with_added_extension("br");
    let mut compressed = Vec::new();
    let parameters = BrotliEncoderParams {
        quality: 11,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    brotli::BrotliCompress(&mut content, &mut compressed, &parameters).map_err(with_path(&path))?;
    fs::write(&path, compressed).map_err(with_path(&path))
}

fn gz(file: &Path, content: &[u8]) -> Result<(), BundleError> {
    let path = file.with_added_extension("gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let compressed = encoder
        .write_all(content)
        .and_then(|()| encoder.finish())
        .map_err(with_path(&path))?;
    fs::write(&path, compressed).map_err(with_path(&path))
}
