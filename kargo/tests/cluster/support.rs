//! Arrangements of a cluster for the tests: control planes, projects, rights, deletions, rotations, and a scripted API server.

pub mod admission;
pub mod control_plane;
pub mod deletions;
pub mod invariants;
pub mod jwt;
pub mod logs;
pub mod project;
pub mod rbac;
pub mod rotations;
pub mod scripted;
