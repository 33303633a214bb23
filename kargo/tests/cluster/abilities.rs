//! What somebody may do, and what the cluster is able to.

use kargo::{scope::Scope, token::Abilities};

use super::control_plane::{admin, user};

const NOTHING: Abilities = Abilities {
    create: false,
    patch: false,
    delete: false,
    mint: false,
    suspend_works: true,
};

const ALL_BUT_MINT: Abilities = Abilities {
    create: true,
    patch: true,
    delete: true,
    ..NOTHING
};

#[tokio::test]
async fn are_as_the_api_server_says() {
    let demo: Scope = "projects/kargo-demo".parse().expect("a scope");
    let all = Abilities {
        mint: true,
        ..ALL_BUT_MINT
    };
    assert_eq!(
        admin()
            .await
            .abilities(&Scope::System)
            .await
            .expect("an answer"),
        all
    );
    for (name, system, project) in [
        ("admin", ALL_BUT_MINT, ALL_BUT_MINT),
        ("project-admin", NOTHING, ALL_BUT_MINT),
        ("viewer", NOTHING, NOTHING),
        ("auditor", NOTHING, NOTHING),
    ] {
        let user = user(name).await;
        assert_eq!(
            user.abilities(&Scope::System).await.expect("an answer"),
            system,
            "{name}"
        );
        assert_eq!(
            user.abilities(&demo).await.expect("an answer"),
            project,
            "{name}"
        );
    }
}
