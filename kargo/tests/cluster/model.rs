//! The life of tokens in the hands of two honest people, a thief who may change every Secret, and a tool that remakes what is deleted: 500
//! random sequences. Whatever they do, a reported value ends, no token is lost that nobody ended, no value is shown twice, and no request fails
//! for a reason of the program's own.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::join_all, stream};
use kargo::{
    cluster::{CallOff, Cluster, Error, OfReported},
    problem::Kind,
    token::{TokenRef, TokenState, TokenSummary},
    value::Value,
};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value as Json, json};
use tokio::{task::JoinHandle, time::timeout};

use super::support::{
    control_plane::admin,
    deletions::{HOUR, PAST},
    project::{Project, claim, in_a_project, text},
};

const PROJECTS: usize = 10;
const SEQUENCES: usize = 50;
const STEPS: usize = 8;

/// A small generator, so that a seed tells a run apart.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// One token's life, and what is known of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Life<'a> {
    project: &'a Project,
    people: [&'a Cluster; 2],
    token: TokenSummary,
    value: Value,
    /// `true` if a tool remakes the Secret where it is gone.
    is_kept_by_tool: bool,
    /// `true` if the Secret has the marks of such a tool, which a thief can forge.
    has_tool_marks: bool,
    /// `true` if it had them when it was reported: it may stay suspended then.
    seems_kept_by_tool: bool,
    /// Reports that were made, newest last.
    reports: Vec<Report>,
    reveals: usize,
    was_ended: bool,
    was_tampered: bool,
    steps: Vec<String>,
}

struct Report {
    reporter: usize,
    call_off: Arc<AtomicUsize>,
    guard: JoinHandle<()>,
}

const STATES: [CallOff; 3] = [CallOff::No, CallOff::Pending, CallOff::Done];

impl<'a> Life<'a> {
    async fn begin(
        project: &'a Project,
        people: [&'a Cluster; 2],
        n: usize,
        is_kept_by_tool: bool,
    ) -> Self {
        let token = project.create(&format!("life-{n}")).await;
        if is_kept_by_tool {
            project.manage_by_argo_cd(&token).await;
        }
        Self {
            value: project.stored_value(&token.name).await,
            project,
            people,
            token,
            is_kept_by_tool,
            has_tool_marks: is_kept_by_tool,
            seems_kept_by_tool: is_kept_by_tool,
            reports: vec![],
            reveals: 0,
            was_ended: false,
            was_tampered: false,
            steps: vec![],
        }
    }

    fn target(&self) -> TokenRef {
        self.project.token_ref(&self.token)
    }

    /// One step of an honest person, or of the thief.
    async fn step(&mut self, random: &mut Random) {
        if random.below(3) == 0 {
            self.tamper(random.below(9)).await;
        } else {
            let person = random.below(2);
            self.act(person, random.below(11)).await;
        }
        if self.is_kept_by_tool {
            self.remake_if_gone().await;
        }
    }

    async fn act(&mut self, person: usize, verb: usize) {
        let (me, target) = (self.people[person], self.target());
        let result = match verb {
            0 => me.suspend_token(&target, &text("audit")).await.map(drop),
            1 => me
                .restore_token(&target, OfReported::Refuse)
                .await
                .map(drop),
            2 => me.begin_deletion(&target, HOUR).await.map(drop),
            3 => {
                let deleted = me.delete_token(&target).await;
                self.was_ended |= deleted.is_ok();
                deleted
            }
            4 => Box::pin(me.recreate_token(&target, None)).await.map(drop),
            5 | 6 => {
                let revealed = Box::pin(me.reveal_token(&target, &claim())).await;
                self.reveals += usize::from(revealed.is_ok());
                revealed.map(drop)
            }
            7 | 8 => self.report(person).await,
            9 => self.restore_reported(person).await,
            _ => me.finish_token(&target).await,
        };
        self.note(&format!("person {person} verb {verb}"), result);
    }

    fn note(&mut self, what: &str, result: Result<(), Error>) {
        let outcome = result
            .as_ref()
            .map_or_else(ToString::to_string, |()| "done".to_owned());
        self.steps.push(format!("{what}: {outcome}"));
        if let Err(error) = result {
            let kind = error.problem().kind;
            let is_ours = matches!(kind, Kind::BadAnswer | Kind::Unavailable | Kind::Timeout);
            assert!(!is_ours, "{:#?}", self.steps);
        }
    }

    async fn report(&mut self, person: usize) -> Result<(), Error> {
        let me = self.people[person];
        self.seems_kept_by_tool |= self.has_tool_marks;
        let report = Box::pin(me.report_compromise(&self.target())).await?;
        let call_off = Arc::new(AtomicUsize::new(0));
        let state = call_off.clone();
        let guard = me
            .clone()
            .end_compromised(report.clone(), Duration::ZERO, move || {
                STATES[state.load(Ordering::SeqCst)]
            });
        self.reports.push(Report {
            reporter: person,
            call_off,
            guard: tokio::spawn(guard),
        });
        Box::pin(me.replace_compromised(&report, None))
            .await
            .map(drop)
    }

    /// As the program does it: only the reporter may, and while they do the guard waits.
    async fn restore_reported(&mut self, person: usize) -> Result<(), Error> {
        let me = self.people[person];
        if self.reports.is_empty() || self.reports.iter().any(|report| report.reporter != person) {
            return Ok(());
        }
        let set = |reports: &[Report], state| {
            for report in reports {
                report.call_off.store(state, Ordering::SeqCst);
            }
        };
        set(&self.reports, 1);
        let restored = me.restore_token(&self.target(), OfReported::Restore).await;
        if restored.is_ok() {
            set(&self.reports, 2);
            for report in self.reports.drain(..) {
                report.guard.await.expect("the guard ends");
            }
        } else {
            set(&self.reports, 0);
        }
        restored.map(drop)
    }

    /// What a thief with the right to change Secrets does.
    async fn tamper(&mut self, way: usize) {
        let annotate = |annotations: Json| json!({ "metadata": { "annotations": annotations } });
        let label = |labels: Json| json!({ "metadata": { "labels": labels } });
        let patch = match way {
            0 => label(json!({ "kubernetes.io/legacy-token-invalid-since": null })),
            1 => annotate(json!({ "kargo-tokens/compromised": null })),
            2 => annotate(json!({ "rbac.kargo.akuity.io/managed": null })),
            3 => label(json!({ "app.kubernetes.io/managed-by": "Helm" })),
            4 => annotate(json!({ "kargo-tokens/reveal": "pending" })),
            5 => annotate(json!({ "kargo-tokens/delete-after": PAST })),
            6 => annotate(
                json!({ "kargo-tokens/retire-after": PAST, "kargo-tokens/replaced-by": "nobody" }),
            ),
            7 => json!({ "metadata": {
                "labels": { "kubernetes.io/legacy-token-invalid-since": null },
                "annotations": {
                    "kargo-tokens/compromised": null,
                    "kargo-tokens/suspension": null,
                    "kargo-tokens/replaced-by": null,
                },
            } }),
            _ => return self.remake().await,
        };
        self.was_tampered = true;
        self.has_tool_marks |= way == 3;
        self.steps.push(format!("thief {way}"));
        let secrets = self.project.secrets();
        // It may be gone.
        let _ = secrets
            .patch(
                self.token.name.as_str(),
                &PatchParams::default(),
                &Patch::Merge(patch),
            )
            .await;
    }

    /// Deletes the Secret and makes it again under its name.
    async fn remake(&mut self) {
        self.was_tampered = true;
        self.steps.push("thief remakes".to_owned());
        let secrets = self.project.secrets();
        let _ = secrets
            .delete(self.token.name.as_str(), &DeleteParams::default())
            .await;
        self.make_again().await;
    }

    async fn remake_if_gone(&mut self) {
        let secrets = self.project.secrets();
        if let Ok(None) = secrets.get_opt(self.token.name.as_str()).await {
            self.steps.push("tool remakes".to_owned());
            self.was_tampered = true;
            self.make_again().await;
        }
    }

    async fn make_again(&self) {
        let secret = json!({
            "metadata": {
                "name": self.token.name.as_str(),
                "labels": { "rbac.kargo.akuity.io/api-token": "true" },
                "annotations": {
                    "kubernetes.io/service-account.name": "ci",
                    "rbac.kargo.akuity.io/managed": "true",
                },
            },
            "type": "kubernetes.io/service-account-token",
        });
        let secret = serde_json::from_value(secret).expect("a Secret");
        let _ = self
            .project
            .secrets()
            .create(&kube::api::PostParams::default(), &secret)
            .await;
    }

    /// Waits for the guards, then checks what must hold.
    async fn end(mut self) {
        assert!(self.reveals <= 1, "shown twice: {:#?}", self.steps);
        let was_reported = !self.reports.is_empty();
        for report in self.reports.drain(..) {
            // A token that a tool would remake stays suspended, and its guard goes on.
            let patience = if self.seems_kept_by_tool { 20 } else { 120 };
            let mut guard = report.guard;
            let ended = timeout(Duration::from_secs(patience), &mut guard).await;
            guard.abort();
            assert!(
                self.seems_kept_by_tool || ended.is_ok(),
                "not ended: {:#?}",
                self.steps
            );
        }
        let is_accepted = self.project.accepts(&self.value).await;
        if was_reported {
            assert!(!is_accepted, "a reported value lives: {:#?}", self.steps);
            return;
        }
        if self.was_tampered || self.was_ended {
            return;
        }
        let token = self.project.token(&self.token.name).await;
        let lives = matches!(token.state, TokenState::Active | TokenState::Unrevealed);
        if lives {
            self.project.until_accepted(&self.value).await;
        }
        assert!(
            lives
                || matches!(
                    token.state,
                    TokenState::Suspended { .. } | TokenState::Deleting { .. }
                ),
            "lost: {token:?} {:#?}",
            self.steps
        );
    }
}

async fn lives(project: &Project, seed: u64) {
    let (me, other) = (project.cluster.clone(), admin().await);
    let people = [&me, &other];
    let ended = stream::iter(0..SEQUENCES)
        .map(async |n| {
            let mut random = Random::new(
                seed.wrapping_add(n as u64)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15),
            );
            let mut life = Life::begin(project, people, n, random.below(5) == 0).await;
            for _ in 0..STEPS {
                life.step(&mut random).await;
            }
            life
        })
        .buffer_unordered(10)
        .collect::<Vec<_>>()
        .await;
    join_all(ended.into_iter().map(Life::end)).await;
}

#[tokio::test]
async fn reported_values_end_and_no_other_is_lost() {
    let seed = std::env::var("KARGO_TOKENS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("randomness");
        u64::from_le_bytes(bytes)
    });
    let projects = (0..PROJECTS).map(|n| {
        in_a_project(async move |project| lives(project, seed.wrapping_add(n as u64 * 1000)).await)
    });
    let all = AssertUnwindSafe(join_all(projects)).catch_unwind().await;
    assert!(all.is_ok(), "again with KARGO_TOKENS_SEED={seed}");
}
