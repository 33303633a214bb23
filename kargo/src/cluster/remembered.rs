//! Answers of the API server that pages use for a short time: what the person may do, that a namespace is a project, since when uses are
//! tracked, which rules are on. Writes never use them.

use std::time::Duration;

use super::{
    answers::Answers,
    connection::{Cluster, error::Error, kept::Keep},
    inventory::Patience,
    projects::Projects,
};
use crate::{admission::RuleInForce, name::ProjectName, permissions::Permissions, scope::Scope};

/// Age up to which an answer is used.
const FRESH_FOR: Duration = Duration::from_mins(1);
/// Age up to which it is used that a right is missing: whoever was just given one reloads the page to see it.
const LACKING_FOR: Duration = Duration::from_secs(10);
/// Answers of one kind that are kept.
const MOST: usize = 1000;

/// What is remembered for one identity.
struct Remembered {
    permissions: Answers<Scope, Permissions>,
    projects: Answers<ProjectName, ()>,
    tracking: Answers<(), Option<String>>,
    /// A missing right is remembered like an answer.
    rules: Answers<(), Result<Vec<RuleInForce>, Error>>,
}

impl Default for Remembered {
    fn default() -> Self {
        let permissions = Answers::new(FRESH_FOR, MOST);
        Self {
            permissions: permissions.shorter(LACKING_FOR, |permissions| !permissions.are_all()),
            projects: Answers::new(FRESH_FOR, MOST),
            tracking: Answers::new(FRESH_FOR, MOST),
            rules: Answers::new(FRESH_FOR, MOST),
        }
    }
}

impl Keep for Remembered {
    fn refuse(&self, _: &Error) {}
}

impl Cluster {
    /// The same as [`Cluster::permissions`], up to a minute old; ten seconds where a right is missing.
    ///
    /// # Errors
    /// Those of [`Cluster::permissions`].
    pub async fn known_permissions(&self, scope: &Scope) -> Result<Permissions, Error> {
        let remembered = self.kept.of::<Remembered>();
        let ask = Box::pin(self.permissions(scope));
        remembered.permissions.get(scope, ask).await
    }

    /// The same as [`Cluster::list_projects`], from memory.
    ///
    /// # Errors
    /// Those of [`Cluster::list_projects`].
    pub async fn known_projects(&self) -> Result<Vec<ProjectName>, Error> {
        let projects = self.records::<Projects>("", Patience::Some).await?;
        Ok(projects.all.iter().map(|name| (**name).clone()).collect())
    }

    /// The same as [`Cluster::tracking_since`], up to a minute old.
    ///
    /// # Errors
    /// Those of [`Cluster::tracking_since`].
    pub async fn known_tracking_since(&self) -> Result<Option<String>, Error> {
        let remembered = self.kept.of::<Remembered>();
        let ask = Box::pin(self.tracking_since());
        remembered.tracking.get(&(), ask).await
    }

    /// The same as [`Cluster::rules_in_force`], up to a minute old.
    ///
    /// # Errors
    /// Those of [`Cluster::rules_in_force`].
    pub async fn known_rules_in_force(&self) -> Result<Vec<RuleInForce>, Error> {
        let remembered = self.kept.of::<Remembered>();
        let ask = Box::pin(async {
            match self.rules_in_force().await {
                Err(error) if !error.is_lack_of_right() => Err(error),
                answer => Ok(answer),
            }
        });
        remembered.rules.get(&(), ask).await.flatten()
    }

    /// Refuses a namespace that is no project, by an answer up to a minute old: for pages, never for writes.
    pub(super) async fn known_project(&self, scope: &Scope) -> Result<(), Error> {
        let Scope::Project(name) = scope else {
            return Ok(());
        };
        let remembered = self.program().kept.of::<Remembered>();
        let ask = Box::pin(self.require_project(scope));
        remembered.projects.get(name, ask).await
    }
}
