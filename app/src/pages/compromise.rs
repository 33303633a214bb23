//! `/system/compromised/{name}` and `/projects/{project}/compromised/{name}`: what to do after a token was reported as compromised, as a
//! checklist that can be come back to.

use jiff::{SignedDuration, Timestamp};
use kargo::{
    cluster::Viewer,
    name::TokenName,
    permissions::Permissions,
    scope::Scope,
    token::{REFUSED_AFTER, TokenRef},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    base_path::at,
    components::{
        commands::TokenFields,
        missing_rights::{MissingRightsNote, lacking},
        problem::ProblemView,
        time::{Countdown, exact},
        without_code::{NoScript, NotStarted},
    },
    error::ApiError,
    exposure_report::{ExposureReport, MadeSince},
    offers::missing_for,
    page_model::{CompromisePageModel, read_compromise_page},
    policy::TokenPolicy,
    protocol::{COMMAND, CONTEXT, Command, ROW, to_attribute},
    query::{parse_token, token_address},
    reading::{tag, when_read},
};

/// How long after the report the program that got it has deleted the token, if nobody did so on a page.
const PROGRAM_HAS_DELETED_AFTER: SignedDuration = SignedDuration::from_secs(40);

/// The page. The query has the token's `role`, and `since`: the Unix time of the report.
#[component]
pub fn CompromisePage() -> impl IntoView {
    let asked = parse_token(&use_params_map().get_untracked());
    let query = use_query_map().get_untracked();
    let role = query.get("role").unwrap_or_default();
    let reported = query
        .get("since")
        .and_then(|since| since.parse().ok())
        .and_then(|since| Timestamp::from_second(since).ok());
    let page = match (asked, use_context::<Viewer>()) {
        (Ok((scope, name)), Some(viewer)) => {
            let policy = TokenPolicy::get();
            let reading = read_compromise_page(viewer, scope, name, role, reported, policy);
            when_read(reading, |page| {
                tag(&page.entity_tag());
                view! { <Report page /> }
            })
            .into_any()
        }
        (Err(error), _) => view! { <Refused error /> }.into_any(),
        (_, None) => view! { <Refused error=ApiError::signed_out() /> }.into_any(),
    };
    view! {
        <Title text="Compromise report" />
        {page}
    }
}

/// The address can't be used.
#[component]
fn Refused(error: ApiError) -> impl IntoView {
    view! {
        <main id="main" tabindex="-1">
            <div class="top"><h1 tabindex="-1">"Compromise report"</h1></div>
            <ProblemView problem=error.0 />
        </main>
    }
}

#[component]
fn Report(page: CompromisePageModel) -> impl IntoView {
    let context = page.browser_context();
    let page_now = page.now;
    let CompromisePageModel {
        scope,
        name,
        role,
        reported,
        token,
        report,
        permissions,
        missing,
        ..
    } = page;
    let buttons = Buttons {
        may: permissions,
        namespace: missing.namespace.clone(),
    };
    let reported = reported.map(|time| format!(", reported {}", exact(time)));
    // Shows one message where both requests fail for the same reason.
    let is_told = |error: &ApiError| {
        token
            .as_ref()
            .err()
            .is_some_and(|of| of.0.message == error.0.message)
    };
    let report = if report.as_ref().err().is_some_and(is_told) {
        None
    } else {
        Some(report)
    };
    let ended = ended(&scope, &name, token, page_now);
    let rest = report.map(|report| match report {
        Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
        Ok(report) => view! { <Reach scope=scope.clone() report buttons /> }.into_any(),
    });
    view! {
        <main id="main" class="report" tabindex="-1">
            <nav class="crumb" aria-label="Breadcrumb"><a href=at(&format!("/{scope}"))>{scope.label().to_owned()}</a></nav>
            <div class="top">
                <div>
                    <h1 tabindex="-1">"Compromise of " <code>{name.to_string()}</code></h1>
                    <p>"Token of the role " <bdi>{role}</bdi>{reported}". Bookmark this page to return to it."</p>
                </div>
            </div>
            <NoScript />
            <MissingRightsNote missing />
            <ol class="checklist">
                {ended}
                {rest}
            </ol>
            <NotStarted />
        </main>
    }
    .attr(CONTEXT, to_attribute(&context))
}

/// The first point of the list: the compromised token itself.
fn ended(
    scope: &Scope,
    name: &TokenName,
    token: Result<Option<kargo::token::TokenSummary>, ApiError>,
    now: Timestamp,
) -> impl IntoView + use<> {
    match token {
        Ok(None) => view! {
            <li class="done">
                <h2>"The token is deleted"</h2>
                <p>"The API server refuses its value."</p>
            </li>
        }
        .into_any(),
        Ok(Some(token)) if !token.is_compromised => {
            let address = token_address(scope, name);
            view! {
                <li>
                    <h2>"The token was restored"</h2>
                    <p>"The token " <a class="name" href=address>{name.to_string()}</a> " exists and is not reported as compromised. If its value is in the wrong hands, report it on its page."</p>
                </li>
            }
            .into_any()
        }
        Ok(Some(token)) => {
            let reference = token.token_ref(scope);
            let address = token_address(scope, name);
            let after = |time| token.suspension.as_ref()?.time.checked_add(time).ok();
            let is_refused_at = after(REFUSED_AFTER);
            let is_overdue = after(PROGRAM_HAS_DELETED_AFTER).is_none_or(|end| end <= now);
            let until = match (&token.external_manager, is_refused_at.filter(|end| *end > now)) {
                (Some(tool), _) => format!(
                    "It is managed by {tool}, which may recreate it with the same value. It stays suspended: remove it from {tool}'s sources, then delete it."
                )
                .into_any(),
                (None, Some(end)) => view! { "Kargo Tokens deletes it once the API server refuses it: " <Countdown until=end /> }.into_any(),
                (None, None) if !is_overdue => "The API server refuses it. Kargo Tokens deletes it within seconds.".into_any(),
                (None, None) => "The program that began this has ended. Delete the token here.".into_any(),
            };
            let until = view! { <p class="help">{until}</p> };
            let finish = view! { <button type="button" class="btn primary needs-js" disabled>"Delete it now"</button> }
                .attr(COMMAND, Command::FinishCompromise.word());
            let restore = view! { <button type="button" class="btn needs-js" disabled>"False alarm: restore it…"</button> }
                .attr(COMMAND, Command::RestoreCompromised.word());
            view! {
                <li id="compromised-token">
                    <h2>"Delete the compromised token"</h2>
                    <p>"The token " <a class="name" href=address>{name.to_string()}</a> " still exists."</p>
                    {until}
                    <form method="post" class="commands"><TokenFields token=reference />{finish}{restore}</form>
                </li>
            }
            .attr(ROW, "")
            .into_any()
        }
        Err(error) => view! {
            <li>
                <h2>"Delete the compromised token"</h2>
                <ProblemView problem=error.0 />
            </li>
        }
        .into_any(),
    }
}

/// The other points: which tokens the holder could have read or created.
#[component]
fn Reach(scope: Scope, report: ExposureReport, buttons: Buttons) -> impl IntoView {
    let ExposureReport {
        findings,
        is_partial,
        tokens,
        by_hand,
        total,
        successor,
        replaced,
        beside,
        made_since,
    } = report;
    let made = (!made_since.is_empty()).then(|| made_since_point(made_since, &buttons));
    let partial = is_partial.then(|| {
        view! { <p class="help">"The list may be incomplete: system roles have more rights in each project, and some rules may be hidden from you."</p> }
    });
    if findings.is_empty() {
        return view! {
            <li class="done">
                <h2>"No other token was in reach"</h2>
                <p>"As far as you can see, its role can't read or create other tokens."</p>
                {partial}
            </li>
            {made}
        }
        .into_any();
    }
    let row = |token: TokenRef| {
        let recreate = buttons.recreate(&token);
        let about = view! { "of " <bdi>{token.role.clone()}</bdi> };
        token_row(token, about.into_any(), Some(recreate))
    };
    let done = replaced.len();
    let open = total + usize::from(successor.is_some()) + beside.len();
    let progress = format!("{done} of {} replaced", done + open);
    let rest = total.saturating_sub(tokens.len());
    let all = (open > 1).then(|| buttons.recreate_all());
    let successor = successor.map(|token| {
        view! {
            <p class="help">"Its successor may also have been read, in the seconds in which the API server still accepted the old token:"</p>
            <ul class="exposed">{row(token)}</ul>
        }
    });
    let replaced_rows = replaced
        .into_iter()
        .map(|(old, new)| {
            let address = token_address(&scope, &new.name);
            view! { <li class="done"><span class="name">{old.to_string()}</span> <span class="dim">"replaced by " <a href=address>{new.name.to_string()}</a></span></li> }
        })
        .collect_view();
    let beside_rows = beside
        .into_iter()
        .map(|(old, new)| beside_row(old, &new, &buttons))
        .collect_view();
    let by_hand = (!by_hand.is_empty()).then(|| {
        let rows = by_hand
            .into_iter()
            .map(|(name, role)| view! { <li><a class="name" href=at(&format!("/{scope}/tokens/{name}"))>{name.clone()}</a> <span class="dim">"of " <bdi>{role}</bdi></span></li> })
            .collect_view();
        view! {
            <li>
                <h2>"Replace or delete these yourself"</h2>
                <p>"Kargo doesn't manage these tokens, or they belong to no role, so they can't be recreated here. Their pages have the commands."</p>
                <ul class="exposed">{rows}</ul>
            </li>
        }
    });
    let is_done = open == 0;
    let title = if is_done {
        "Every token that the holder could have read is replaced"
    } else {
        "Replace every token that the holder could have read"
    };
    let bar = (done + open > 0).then(|| {
        view! {
            <div class="progress">
                <progress max=(done + open).to_string() value=done.to_string() aria-label="Replaced tokens"></progress>
                <span>{progress}</span>
                {all}
            </div>
        }
    });
    view! {
        <li class=is_done.then_some("done")>
            <h2>{title}</h2>
            <ul class="findings">{findings.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
            {partial}
            {bar}
            <ul class="exposed">
                {tokens.into_iter().map(row).collect_view()}
                {beside_rows}
                {replaced_rows}
            </ul>
            {(rest > 0).then(|| view! { <p class="help">{format!("{rest} more tokens are not named here. Replace them from the list of tokens.")}</p> })}
            {successor}
        </li>
        {by_hand}
        {made}
    }
    .into_any()
}

/// A token of the list with what there is to know, and its command.
fn token_row(token: TokenRef, about: AnyView, button: Option<AnyView>) -> impl IntoView {
    let address = token_address(&token.scope, &token.name);
    let (name, id) = (token.name.to_string(), format!("token-{}", token.uid.0));
    let form = button.map(|button| {
        view! { <form method="post" class="commands"><TokenFields token />{button}</form> }
    });
    view! {
        <li id=id>
            <a class="name" href=address>{name}</a>
            <span class="dim">{about}</span>
            {form}
        </li>
    }
    .attr(ROW, "")
}

/// The buttons of the page. One that lacks a right says so.
struct Buttons {
    may: Permissions,
    namespace: String,
}

impl Buttons {
    fn recreate(&self, token: &TokenRef) -> AnyView {
        let heard = format!("Recreate {}", token.name);
        self.or_lacking(Command::Recreate, "ghost lead needs-js", "Recreate", heard.clone(), || {
            view! { <button type="button" class="ghost lead needs-js" disabled aria-label=heard>"Recreate"</button> }
                .attr(COMMAND, Command::Recreate.word())
                .into_any()
        })
    }

    fn recreate_all(&self) -> AnyView {
        self.or_lacking(Command::Recreate, "btn needs-js", "Recreate all", "Recreate all".to_owned(), || {
            view! { <button type="button" class="btn needs-js" disabled>"Recreate all"</button> }
                .attr(COMMAND, Command::RecreateAll.word())
                .into_any()
        })
    }

    /// Deletes the token of a row, with or without JavaScript.
    fn delete(&self, token: &TokenRef) -> AnyView {
        let heard = format!("Delete {}", token.name);
        self.or_lacking(Command::Delete, "ghost bad", "Delete", heard.clone(), || {
            let endpoint = Command::Delete.endpoint().map(at);
            view! { <button type="submit" class="ghost bad" aria-label=heard formaction=endpoint>"Delete"</button> }
                .into_any()
        })
    }

    fn or_lacking(
        &self,
        command: Command,
        class: &str,
        label: &'static str,
        heard: String,
        button: impl FnOnce() -> AnyView,
    ) -> AnyView {
        let missing = missing_for(command, self.may);
        if missing.is_empty() {
            button()
        } else {
            lacking(class.to_owned(), label, heard, &missing, &self.namespace)
        }
    }
}

/// A token that has a successor and exists beside it: the last step is to delete it.
fn beside_row(old: TokenRef, new: &TokenName, buttons: &Buttons) -> impl IntoView + use<> {
    let address = token_address(&old.scope, new);
    let about =
        view! { "has the successor " <a href=address>{new.to_string()}</a> ", and still exists" };
    let delete = buttons.delete(&old);
    token_row(old, about.into_any(), Some(delete))
}

/// The point about tokens that the holder may have made before the value ended.
fn made_since_point(tokens: Vec<MadeSince>, buttons: &Buttons) -> impl IntoView + use<> {
    let rows = tokens
        .into_iter()
        .map(
            |MadeSince {
                 token,
                 created_by,
                 is_managed,
             }| {
                let by = created_by.map(|person| view! { ", created by " <bdi>{person}</bdi> });
                let about = view! { "of " <bdi>{token.role.clone()}</bdi> {by} };
                let delete = is_managed.then(|| buttons.delete(&token));
                token_row(token, about.into_any(), delete)
            },
        )
        .collect_view();
    view! {
        <li>
            <h2>"Look at what was made since the report"</h2>
            <p>"The holder may have made these tokens in the seconds before the value ended. Delete those that nobody in your team created. Values that Kubernetes minted without a Secret can't be listed: if the role may mint them, recreating its ServiceAccount ends them."</p>
            <ul class="exposed">{rows}</ul>
        </li>
    }
}
