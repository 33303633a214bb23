//! Every operation on a real control plane, one file a verb, named as in `src/cluster/`. Only faults that a healthy API server can't
//! be made to have come from a scripted one. `make test` starts the control plane.

mod abilities;
mod at_once;
mod compromise;
mod confirm;
mod connect;
mod contract;
mod control_plane;
mod create;
mod delete;
mod describe;
mod events;
mod expire;
mod faults;
mod interrupted;
mod jwt;
mod list;
mod logs;
mod note;
mod own_token;
mod project;
mod projects;
mod recreate;
mod restore;
mod retire;
mod reveal;
mod roles;
mod scripted;
mod slow_controller;
mod suspend;
mod sweep;
