//! Connections for watches. A watch stays open for minutes, and one identity has several for each namespace: over HTTP/2 they share connections,
//! and pings tell within a minute whether the server is still there. A server that speaks HTTP/1.1 only gets a connection for each.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::Response;
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{Builder, Client},
    rt::{TokioExecutor, TokioTimer},
};
use tower::{BoxError, ServiceExt};

use super::super::way::Way;
use super::{
    dial::{Dialer, Offer},
    service::{Body, Sent, Service, service},
};

/// Watches that share a connection. Servers and proxies allow 100 at least; one more would wait without a word until another one ends.
const TOGETHER: usize = 64;
/// Time after which a connection without watches is closed. Longer than a watch lasts, so that the next watches find it.
const IDLE: Duration = Duration::from_mins(4);
/// Time between two pings.
const PING: Duration = Duration::from_secs(30);
/// Time in which a ping is answered by a server that is still there.
const ANSWERED: Duration = Duration::from_secs(15);

/// Connections for watches.
pub(super) struct Watching {
    dialer: Arc<Dialer>,
    way: Way,
    builder: Builder,
    groups: Mutex<Groups<Service>>,
}

/// Watches that share connections.
struct Groups<S>(Vec<Group<S>>);

/// Watches that share a connection.
struct Group<S> {
    service: S,
    /// Each watch of the group holds it.
    members: Arc<()>,
}

impl Watching {
    pub fn new(dialer: &Arc<Dialer>, way: &Way) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(ANSWERED);
        Self {
            dialer: Arc::clone(dialer),
            way: way.clone(),
            builder,
            groups: Mutex::new(Groups(vec![])),
        }
    }

    /// Opens a watch.
    pub async fn send(&self, request: Sent) -> Result<Response<Body>, BoxError> {
        let (service, member) = {
            let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.place(|| service(&self.builder, &self.dialer, Offer::Http2, &self.way))
        };
        let response = service.oneshot(request).await?;
        Ok(response.map(|body| {
            let held = move |frame| {
                let _ = &member;
                frame
            };
            body.map_frame(held).boxed_unsync()
        }))
    }
}

impl<S: Clone> Groups<S> {
    /// A place in a group that has one; in a new group, if none has. The place is free again when its mark is dropped.
    fn place(&mut self, make: impl FnOnce() -> S) -> (S, Arc<()>) {
        let members = |group: &Group<S>| Arc::strong_count(&group.members) - 1;
        let groups = &mut self.0;
        let free = groups.iter().position(|group| members(group) < TOGETHER);
        let at = free.unwrap_or_else(|| {
            groups.push(Group {
                service: make(),
                members: Arc::default(),
            });
            groups.len() - 1
        });
        let found = (groups[at].service.clone(), Arc::clone(&groups[at].members));
        // The first group keeps its connection for the next watch.
        let mut is_first = true;
        groups.retain(|group| std::mem::take(&mut is_first) || members(group) > 0);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watches_share_a_connection_up_to_a_number_and_give_their_places_back() {
        let (mut groups, mut made) = (Groups(vec![]), 0);
        let mut place = |groups: &mut Groups<usize>| {
            groups.place(|| {
                made += 1;
                made
            })
        };
        let mut first: Vec<_> = (0..TOGETHER).map(|_| place(&mut groups)).collect();
        assert!(first.iter().all(|(group, _)| *group == 1));
        let second = place(&mut groups);
        assert_eq!((second.0, groups.0.len()), (2, 2));
        first.pop();
        let again = place(&mut groups);
        assert_eq!(again.0, 1, "a place that is free is taken first");
        drop(second);
        let next = place(&mut groups);
        assert_eq!(
            (next.0, groups.0.len()),
            (2, 2),
            "an empty group is used before another is made"
        );
        drop((first, again, next));
        place(&mut groups);
        assert_eq!(
            groups.0.len(),
            1,
            "the first group stays, and empty ones go"
        );
    }
}
