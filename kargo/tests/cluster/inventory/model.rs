//! A thousand random sequences of writes, by the viewer and by another client, over a watch that breaks again and again, while a third one's right
//! to list ends from time to time. After each, memory is what a list says; what is told of changes leads from any older state to the newer one;
//! and whoever may not list sees nothing.

use std::{collections::BTreeSet, time::Duration};

use futures::future::join_all;
use kargo::{
    cluster::{Changed, Error, InventoryTimes, TokensSnapshot},
    token::TokenSummary,
};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;

use super::{
    super::support::{
        control_plane::until,
        project::{Project, in_a_project, parse},
    },
    SOON, of, other_view,
    rights::always_checked,
};

const PROJECTS: usize = 6;
const SEQUENCES: usize = 167;
const STEPS: usize = 10;
/// Few names, so that tokens are often made again under a name.
const NAMES: usize = 4;

/// A small generator, so that a seed tells a run apart.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

impl Project {
    /// One write, which may be refused: the token may be there already, or gone.
    async fn random_write(&self, random: &mut Random) {
        let name = parse(&format!("ci-{}", random.below(NAMES)));
        let secrets = self.secrets();
        match random.below(6) {
            0 => {
                let created = self.try_create(name.as_str(), None).await;
                drop(created);
            }
            1 => {
                if let Ok(token) = self.cluster.get_token(&self.scope, &name).await {
                    let deleted = self.cluster.delete_token(&self.token_ref(&token)).await;
                    drop(deleted);
                }
            }
            2 => {
                if let Ok(token) = self.cluster.get_token(&self.scope, &name).await {
                    let text = "x".to_owned().try_into().expect("a text");
                    let suspended = self
                        .cluster
                        .suspend_token(&self.token_ref(&token), &text)
                        .await;
                    drop(suspended);
                }
            }
            3 => {
                let secret = json!({
                    "metadata": {
                        "name": name.as_str(),
                        "annotations": { "kubernetes.io/service-account.name": "ci" },
                    },
                    "type": "kubernetes.io/service-account-token",
                });
                let secret = serde_json::from_value(secret).expect("a Secret");
                let created = secrets
                    .create(&kube::api::PostParams::default(), &secret)
                    .await;
                drop(created);
            }
            4 => {
                let note = random.below(1000).to_string();
                let patch = json!({ "metadata": { "annotations": { "kargo-tokens/note": note } } });
                let patched = secrets
                    .patch(name.as_str(), &PatchParams::default(), &Patch::Merge(patch))
                    .await;
                drop(patched);
            }
            _ => {
                let deleted = secrets
                    .delete(name.as_str(), &DeleteParams::default())
                    .await;
                drop(deleted);
            }
        }
    }

    async fn listed(&self) -> Vec<TokenSummary> {
        self.tokens().await
    }
}

fn shown(known: &TokensSnapshot) -> Vec<TokenSummary> {
    known
        .tokens()
        .iter()
        .map(|token| (**token).clone())
        .collect()
}

/// Names after changes.
fn applied(before: Vec<String>, changed: Changed, now: &TokensSnapshot) -> BTreeSet<String> {
    let mut names: BTreeSet<_> = before.into_iter().collect();
    match changed {
        Changed::Everything => of(now).into_iter().collect(),
        Changed::Names(changed) => {
            names.extend(changed.added);
            for name in changed.removed {
                names.remove(&name);
            }
            names
        }
    }
}

async fn sequences(project: &Project, seed: u64) {
    // The viewer's own view breaks its watch all the time; the other's only hears of everything.
    let times = InventoryTimes {
        silence: Duration::from_millis(30),
        well: Duration::ZERO,
        ..InventoryTimes::default()
    };
    let broken = project.cluster.clone().with_inventory_times(times);
    let other = other_view().await;
    let holder = always_checked(project.with_rights(&[("secrets", "list watch")]).await);
    let is_refused = async || {
        let look = holder.inventory(&project.scope).await;
        matches!(look, Err(Error::Forbidden(_)))
    };
    let mut random = Random(seed | 1);
    for _ in 0..SEQUENCES {
        let is_revoked = random.below(10) == 0;
        if is_revoked {
            project.revoke().await;
            until(SOON, "the right has ended", is_refused).await;
        }
        let before = other.inventory(&project.scope).await.expect("an inventory");
        for _ in 0..STEPS {
            project.random_write(&mut random).await;
            if random.below(3) == 0 {
                broken
                    .inventory(&project.scope)
                    .await
                    .expect("an inventory");
            }
        }
        if is_revoked {
            assert!(is_refused().await, "nobody gave the right back");
            let account = project.service_account("ci");
            project.bind("allowed", "Role/allowed", account).await;
            until(SOON, "the right counts again", async || !is_refused().await).await;
        }
        for cluster in [&broken, &other, &holder] {
            // Kubernetes goes on writing for a moment.
            until(SOON, "memory is what the list says", async || {
                let known = cluster
                    .inventory(&project.scope)
                    .await
                    .expect("an inventory");
                shown(&known) == project.listed().await
            })
            .await;
        }
        let (after, mut news) = other
            .follow_inventory(&project.scope)
            .await
            .expect("an inventory");
        if after.position() != before.position() {
            let (changed, _) = news.next(before.position()).await.expect("changes");
            let names: BTreeSet<_> = of(&after).into_iter().collect();
            assert_eq!(applied(of(&before), changed, &after), names);
        }
    }
}

#[tokio::test]
async fn every_sequence_of_writes_ends_in_what_a_list_says() {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("randomness");
    let seed = std::env::var("KARGO_TOKENS_SEED").ok();
    let seed = seed
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| u64::from_le_bytes(bytes));
    let projects = (0..PROJECTS as u64).map(|n| {
        let seed = seed.wrapping_add(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        in_a_project(async move |project| sequences(project, seed).await)
    });
    join_all(projects).await;
}
