//! People who sign in with OIDC: which ServiceAccounts accept their claims, and as which of them a request is sent. ServiceAccounts are read
//! under the program's own identity; the API server is asked about each right under the ServiceAccount's.

mod claimed;
mod everybody;
mod explanation;
mod person;
mod snapshot;
mod viewer;
mod wish;

pub use everybody::People;
pub use explanation::Explanation;
pub use person::{ActedAs, Person};
pub use viewer::Viewer;
pub use wish::Wish;
