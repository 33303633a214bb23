//! The only way for a value to cross between server and browser.

use kargo::value::Value;
use serde::{Deserialize, Serialize, Serializer};

/// A [`Value`] that may be written into one answer (`reveal_token`) and one request (`test_token`). Everywhere else a value can't be
/// serialised at all, so that none gets into a page or a resource by accident.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct WireValue(pub Value);

impl Serialize for WireValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.expose())
    }
}
