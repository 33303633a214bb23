//! Tests of every operation on a real control plane, one file a verb, named as in `src/cluster/`. Faults that a healthy API server can't be
//! made to have come from a scripted one. `make test` starts the control plane.

mod claims;
mod compromise;
mod concurrent;
mod config_map;
mod confirm;
mod connect;
mod create;
mod delete;
mod describe;
mod events;
mod expire;
mod faults;
mod impersonation;
mod interrupted;
mod inventory;
mod kubeconfigs;
mod list;
mod model;
mod note;
mod own_token;
mod people;
mod permissions;
mod projects;
mod recreate;
mod refusals;
mod requests;
mod restore;
mod retire;
mod reveal;
mod roles;
mod secret;
mod slow_controller;
mod support;
mod suspend;
mod sweep;
