//! Lower-case hexadecimal digits of bytes.

/// Writes each byte as two digits: `[0xa7, 0]` → `a700`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .flatten()
        .collect()
}
