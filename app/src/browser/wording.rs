//! Sentences that stand in more than one place.

use std::fmt::Display;

/// What happens to a token that is suspended or deleted. The API server caches successful sign-ins for 10 seconds.
pub const REFUSED_SOON: &str =
    "The API server refuses new requests with it within about 10 seconds; open streams may go on.";
/// The browser denied access to the clipboard.
pub const COPY_REFUSED: &str = "The browser refused to copy. Select the text and copy it by hand.";
/// The clipboard has the text.
pub const COPIED: &str = "Copied.";

/// An open page doesn't hear of changes.
pub const NOT_LIVE: &str =
    "What changes now is not shown here: the connection to Kargo Tokens is lost. Trying again.";

/// A deletion with an undo window has begun.
pub fn being_deleted(name: impl Display) -> String {
    format!("{name} is being deleted.")
}

/// A deletion is over.
pub fn is_deleted(name: impl Display) -> String {
    format!("{name} is deleted.")
}

/// A compromised token is deleted. `was_refused`: whether the API server was seen to refuse its value.
pub fn is_finished(name: impl Display, was_refused: bool) -> String {
    if was_refused {
        format!("The API server refuses {name}, and the token is deleted.")
    } else {
        is_deleted(name)
    }
}

/// A deletion or suspension is undone.
pub fn is_restored(name: impl Display) -> String {
    format!("{name} is restored.")
}

/// One deletion or suspension of several is undone. `others`: how many are left to undo.
pub fn is_restored_of_many(name: impl Display, others: usize) -> String {
    let rest = match others {
        1 => "token".to_owned(),
        others => tokens(others),
    };
    format!("{} Undo restores the other {rest}.", is_restored(name))
}

/// Several deletions or suspensions are undone. `gone`: tokens that were deleted before.
pub fn are_restored(restored: usize, gone: usize, total: usize) -> String {
    let result = if restored == total {
        format!("{} restored.", tokens_are(restored))
    } else {
        format!("{restored} of {} are restored.", tokens(total))
    };
    match gone {
        0 => result,
        1 => format!("{result} 1 is already deleted and can't be restored."),
        gone => format!("{result} {gone} are already deleted and can't be restored."),
    }
}

/// `1 token`, `5 tokens`.
pub fn tokens(count: usize) -> String {
    match count {
        1 => "1 token".to_owned(),
        count => format!("{count} tokens"),
    }
}

/// `1 token is`, `5 tokens are`.
pub fn tokens_are(count: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", tokens(count))
}

/// The time until a deadline, for rows and notices alike: `0:21`, `12:05`, `1:00:00`.
pub fn remaining(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (seconds, hours) {
        (..=0, _) => "any moment".to_owned(),
        (_, 0) => format!("{minutes}:{rest:02}"),
        _ => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remaining_time_reads_like_a_clock() {
        for (seconds, text) in [
            (-1, "any moment"),
            (0, "any moment"),
            (21, "0:21"),
            (725, "12:05"),
            (3600, "1:00:00"),
        ] {
            assert_eq!(remaining(seconds), text);
        }
    }

    #[test]
    fn tokens_that_are_gone_are_not_called_restored() {
        for (restored, gone, total, text) in [
            (5, 0, 5, "5 tokens are restored."),
            (3, 0, 5, "3 of 5 tokens are restored."),
            (
                4,
                1,
                5,
                "4 of 5 tokens are restored. 1 is already deleted and can't be restored.",
            ),
            (
                0,
                5,
                5,
                "0 of 5 tokens are restored. 5 are already deleted and can't be restored.",
            ),
        ] {
            assert_eq!(are_restored(restored, gone, total), text);
        }
    }

    #[test]
    fn one_token_is_singular() {
        assert_eq!(tokens_are(1), "1 token is");
        assert_eq!(tokens_are(0), "0 tokens are");
        for (others, rest) in [(1, "token"), (4, "4 tokens")] {
            assert_eq!(
                is_restored_of_many("ci", others),
                format!("ci is restored. Undo restores the other {rest}.")
            );
        }
    }
}
