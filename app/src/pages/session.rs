//! `/session`: the person's own session, and the ways to end it.

use kargo::{
    cluster::Viewer,
    identity::{PersonNote, ServiceAccountRef},
};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    base_path::at,
    components::{problem::ProblemView, time::exact},
    page_model::{ActingPerson, read_acting_person, read_own_user},
    reading::when_read,
    sign_in::SessionFacts,
};

/// Says how the person signed in and until when, and ends this session or all of theirs.
#[component]
pub fn SessionPage() -> impl IntoView {
    let facts = use_context::<SessionFacts>().map(|facts| {
        let SessionFacts {
            way,
            began,
            idle_end,
            end,
            is_local: _,
        } = facts;
        view! {
            <dl class="facts">
                <dt>"Signed in"</dt><dd>{exact(began)} ", " {way}</dd>
                <dt>"Ends"</dt><dd>"at the latest " {exact(end)}</dd>
                <dt>"Ends without use"</dt><dd>{exact(idle_end)}</dd>
            </dl>
        }
    });
    let person = use_context::<Viewer>().map(|viewer| {
        when_read(read_acting_person(viewer), |person| {
            person.map(|person| view! { <Acting person /> })
        })
    });
    let user = use_context::<Viewer>().map(|viewer| {
        when_read(read_own_user(viewer), |user| {
            user.map(|user| view! { <dl class="facts"><dt>"Kubernetes user"</dt><dd><bdi>{user}</bdi></dd></dl> })
        })
    });
    view! {
        <Title text="Session" />
        <main id="main" tabindex="-1">
            <div class="top"><h1 tabindex="-1">"Your session"</h1></div>
            {facts}
            {user}
            {person}
            <form method="post" action=at("/sign-out") class="commands">
                <button type="submit" class="btn">"Sign out"</button>
                <button type="submit" class="btn danger" name="everywhere" value="true">"Sign out everywhere"</button>
            </form>
            <p class="help">"Sessions are kept in browsers, so others of yours can't be listed here. "<em>"Sign out everywhere"</em>" ends them all."</p>
            <p class="help">"Signing out also ends what this session began and has not finished, such as deletions that wait for their undo window to end. These tokens stay suspended and are marked as due."</p>
        </main>
    }
}

/// As whom a person acts, with the choice to act as less.
#[component]
fn Acting(person: ActingPerson) -> impl IntoView {
    let ActingPerson {
        note,
        accounts,
        only,
    } = person;
    let PersonNote {
        issuer,
        subject,
        user,
    } = note;
    let choice = match accounts {
        Ok(accounts) if accounts.is_empty() => view! {
            <p class="help">"No role accepts your claims, so you can't see tokens. " <a href=at("/access")>"Why this role?"</a>" shows what they accept. Ask the people who run Kargo to add one of your claims to a role."</p>
        }
        .into_any(),
        Ok(accounts) => view! { <Choice accounts only /> }.into_any(),
        Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
    };
    view! {
        <dl class="facts">
            <dt>"Person"</dt><dd><bdi>{user}</bdi></dd>
            <dt>"Subject"</dt><dd class="mono"><bdi>{subject}</bdi></dd>
            <dt>"Issuer"</dt><dd class="mono"><bdi>{issuer}</bdi></dd>
        </dl>
        {choice}
    }
}

/// A choice among the ServiceAccounts. A plain form, so it works without JavaScript.
#[component]
fn Choice(accounts: Vec<ServiceAccountRef>, only: Option<ServiceAccountRef>) -> impl IntoView {
    let options = accounts
        .into_iter()
        .map(|account| {
            let is_chosen = only.as_ref() == Some(&account);
            view! { <option value=account.user() selected=is_chosen>{account.to_string()}</option> }
        })
        .collect_view();
    view! {
        <form method="post" action=at("/acting-as") class="acting-form">
            <label for="account">"Act as"</label>
            <div class="with-button">
                <select id="account" name="account" aria-describedby="account-help">
                    <option value="">"Each role that fits"</option>
                    {options}
                </select>
                <button type="submit" class="btn">"Apply"</button>
            </div>
            <p id="account-help" class="help">"You may do what any of these roles may do. Choose one to act as less until you sign out."</p>
        </form>
    }
}
