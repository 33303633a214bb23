//! A cluster whose token controller is stopped. Nothing is lost meanwhile.

use std::time::{Duration, Instant};

use kargo::{
    cluster::Error,
    problem::Kind,
    token::{Reveal, TokenState},
};

use super::support::{
    control_plane::Own,
    project::{claim, in_a_project_of},
};

#[tokio::test]
async fn a_token_waits_for_a_stopped_controller_and_loses_nothing() {
    let own = Own::start().await;
    in_a_project_of(&own.kubeconfig(), async |project| {
        own.stop_token_controller().await;

        let started = Instant::now();
        let token = project.create_unpopulated("ci").await;
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "creating does not wait"
        );
        assert_eq!(
            (&token.state, &token.reveal),
            (&TokenState::Preparing, &Some(Reveal::Pending))
        );

        let before = project.versions().await;
        let impatient = project
            .cluster
            .clone()
            .with_reveal_wait(Duration::from_millis(300));
        let error = impatient
            .reveal_token(&project.token_ref(&token), &claim())
            .await
            .expect_err("no value");
        assert!(matches!(error, Error::NotReady { .. }), "{error}");
        assert_eq!(error.problem().kind, Kind::Timeout);
        assert!(
            error.to_string().ends_with("within 0.3 seconds."),
            "{error}"
        );
        assert_eq!(project.versions().await, before, "unchanged");
        assert_eq!(project.token(&token.name).await, token);

        // Requested before the controller is back, answered once it is.
        let claim = claim();
        let (revealed, ()) =
            futures::join!(project.reveal(&token, &claim), own.start_token_controller());
        project
            .until_accepted(&revealed.expect("the value").value)
            .await;
    })
    .await;
}
