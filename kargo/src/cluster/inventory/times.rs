//! How long an inventory waits for what.

use std::time::Duration;

/// Times of an inventory. Tests shorten some.
#[derive(Debug, Clone, Copy)]
pub struct InventoryTimes {
    /// Time after the last look at which an inventory ends.
    pub idle: Duration,
    /// Age up to which the API server's leave to list is believed.
    pub check: Duration,
    /// Time between two lists where there is no right to watch, and somebody looks.
    pub poll: Duration,
    /// Time after which what was forbidden is asked again. A look asks at once.
    pub refused: Duration,
    /// Time without a word after which a watch is taken for dead. The API server sends a bookmark about each minute.
    pub silence: Duration,
    /// Time that a watch must last to be taken for well.
    pub well: Duration,
}

impl Default for InventoryTimes {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(5),
            check: Duration::from_secs(10),
            poll: Duration::from_secs(30),
            refused: Duration::from_mins(1),
            silence: Duration::from_secs(150),
            well: Duration::from_secs(5),
        }
    }
}
