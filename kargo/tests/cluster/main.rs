//! Every operation on a real control plane, one file a verb, named as in `src/cluster/`. Only faults that a healthy API server can't
//! be made to have come from a scripted one. `make test` starts the control plane.

mod confirm;
mod connect;
mod control_plane;
mod create;
mod delete;
mod faults;
mod list;
mod logs;
mod project;
mod projects;
mod recreate;
mod reveal;
mod roles;
mod scripted;
mod slow_controller;
