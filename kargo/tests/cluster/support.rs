//! Arrangements of a cluster for the tests: control planes, projects, rights, deletions, rotations, a scripted API server, proxies, and the real kubectl.

pub mod admission;
pub mod control_plane;
pub mod deletions;
pub mod invariants;
pub mod jwt;
pub mod kubectl;
pub mod logs;
pub mod people;
pub mod project;
pub mod proxy;
pub mod rbac;
pub mod rotations;
pub mod scripted;
pub mod tls;
