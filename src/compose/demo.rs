//! The demo data: an operator, three customers with cards, three runners and two stores, created once per data
//! folder.
//!
//! Invariant: a folder that contains anything but a demo is not changed.

use super::ComposeFault;
use campusg_actors::runtime::{NewPerson, NewStore, Refusal, Runtime, Secret};
use campusg_domain::{
    call::CardToken,
    id::{Fingerprint, Principal, UserId},
    owner::directory::RunnerState,
    stream::Meta,
};
use campusg_storage::file::write_whole;
use serde::{Deserialize, Serialize};
use std::{fs, os::unix::fs::DirBuilderExt, path::Path};

const MARK: &str = "demo-logins.json";
const UNNAMED: &str = "demo-logins.new";
const PASSWORD: &str = "campus-demo-2026";

/// A login of the demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// `operator`, `customer` or `runner`.
    pub role: String,
    /// The e-mail address to sign in with.
    pub email: String,
    /// The password to sign in with, which is public.
    pub password: String,
}

/// Refuses `--demo` on a folder with other data. A new folder is marked before anything else is written, so that a
/// demo whose first start fails can be continued; the mark is empty until everything is created.
pub(super) fn check(data: &Path, demo: bool) -> Result<(), ComposeFault> {
    let mark = data.join(MARK);
    if !demo || mark.exists() {
        return Ok(());
    }
    if data.join("journal").exists() {
        return Err(ComposeFault::NotADemo { path: data.into() });
    }
    let folder = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data);
    folder
        .and_then(|()| write_whole(&mark, &data.join(UNNAMED), b""))
        .map_err(|source| ComposeFault::DataFile { path: mark, source })
}

/// Removes the mark from a folder that was meant for a demo and contains nothing. What is written to it now is no
/// demo, so `--demo`, with its public logins, must be refused on it.
///
/// # Errors
/// [`ComposeFault::DataFile`].
pub fn leave_no_demo(data: &Path) -> Result<(), ComposeFault> {
    let path = data.join(MARK);
    if !path.exists() || data.join("journal").exists() {
        return Ok(());
    }
    let gone = fs::remove_file(&path);
    gone.map_err(|source| ComposeFault::DataFile { path, source })
}

/// Creates the demo data, unless the mark says that all of it is there. A damaged mark is made anew.
pub(super) async fn make(runtime: &Runtime, data: &Path) -> Result<Vec<Login>, ComposeFault> {
    let mark = data.join(MARK);
    let file_fault = |source| ComposeFault::DataFile {
        path: mark.clone(),
        source,
    };
    let logins = logins();
    let found = fs::read(&mark).map_err(file_fault)?;
    if serde_json::from_slice::<Vec<Login>>(&found).is_ok_and(|found| found == logins) {
        return Ok(logins);
    }
    if !found.is_empty() {
        tracing::warn!(path = %mark.display(), "the demo's logins are not as they were written: they are made anew");
    }
    people(runtime, &logins).await.map_err(ComposeFault::Demo)?;
    for (name, place) in [
        ("Corner Bakery", "Library, ground floor"),
        ("Noodle Bar", "Student union"),
    ] {
        let store = NewStore {
            name: name.into(),
            place: place.into(),
            hours: None,
            paused: false,
        };
        runtime
            .create_store(once(name), store)
            .await
            .map_err(ComposeFault::Demo)?;
    }
    let text = serde_json::to_string_pretty(&logins).expect("logins are plain data");
    write_whole(&mark, &data.join(UNNAMED), text.as_bytes()).map_err(file_fault)?;
    Ok(logins)
}

fn logins() -> Vec<Login> {
    let people = [
        ("operator", "olivia"),
        ("customer", "ada"),
        ("customer", "ben"),
        ("customer", "cleo"),
        ("runner", "rosa"),
        ("runner", "sam"),
        ("runner", "tariq"),
    ];
    let login = |(role, name): (&str, &str)| Login {
        role: role.into(),
        email: format!("{name}@campus.example"),
        password: PASSWORD.into(),
    };
    people.map(login).into()
}

async fn people(runtime: &Runtime, logins: &[Login]) -> Result<(), Refusal> {
    for login in logins {
        let name = login.email.split('@').next().unwrap_or_default();
        let user = register(runtime, login, name).await?;
        let meta = runtime.unkeyed(Principal::User(user), "demo");
        match login.role.as_str() {
            "customer" => {
                let card = CardToken("tok_visa".into());
                runtime.set_card(meta, card).await?;
            }
            "runner" => {
                let (active, online) = (true, true);
                let runner = RunnerState { active, online };
                runtime.set_runner(meta, runner).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Registers a demo person, or signs in one whom an interrupted start has created.
async fn register(runtime: &Runtime, login: &Login, name: &str) -> Result<UserId, Refusal> {
    let mut first_name = name.to_owned();
    first_name[..1].make_ascii_uppercase();
    let person = NewPerson {
        email: login.email.clone(),
        password: Secret(login.password.clone()),
        first_name,
        last_name: "Demo".into(),
        phone: None,
        operator: login.role == "operator",
    };
    let system = || runtime.unkeyed(Principal::System, "demo");
    match runtime.register(system(), person).await {
        Ok(signed_in) => Ok(signed_in.user),
        Err(refusal) if refusal.code() == "email_taken" => {
            let password = Secret(login.password.clone());
            let signed_in = runtime.sign_in(system(), &login.email, password).await;
            signed_in.map(|signed_in| signed_in.user)
        }
        Err(refusal) => Err(refusal),
    }
}

/// Returns the meta data of a command that is carried out once for each `name`, even if starts are interrupted.
fn once(name: &str) -> Meta {
    Meta::keyed(Principal::System, "demo", name, Fingerprint(0), "demo")
}
