//! Counts as text, and other small pieces of sentences.

/// A number with separated thousands: `10,000`.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `no tokens`, `1 token`, `10,000 tokens`.
pub fn tokens(n: usize) -> String {
    match n {
        0 => "no tokens".to_owned(),
        1 => "1 token".to_owned(),
        n => format!("{} tokens", grouped(n)),
    }
}

/// `1 day`, `90 days`.
pub fn days(n: u32) -> String {
    match n {
        1 => "1 day".to_owned(),
        n => format!("{n} days"),
    }
}

/// The text with a capital letter.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (n, said) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (10_000, "10,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(n), said);
        }
        assert_eq!(
            (tokens(0), tokens(1)),
            ("no tokens".into(), "1 token".into())
        );
    }
}
