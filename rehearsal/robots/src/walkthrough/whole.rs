//! The whole story: every chapter, and at its end which transitions of the lifecycle were shown.
//!
//! Invariant: on its own servers, a transition counts only if its step was played to the end and a record in a journal is
//! that transition; one that is missing is a deviation.

use super::{Chapter, OwnServer, Scene, Setting, Story, proof::prove_each, prove};
use campusg_client::{Client, Deviation, Respelling};
use campusg_domain::transitions::TRANSITIONS;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The whole story on temporary servers; each is started when a chapter first needs its setting.
#[derive(Debug)]
pub struct Whole {
    program: PathBuf,
    story: Story,
    servers: BTreeMap<Setting, Stage>,
    respelling: Option<Respelling>,
}

/// A temporary server, and the scene on it.
#[derive(Debug)]
struct Stage {
    server: OwnServer,
    scene: Scene,
}

impl Whole {
    /// A story on servers of this program; none is started yet.
    #[must_use]
    pub const fn new(program: PathBuf, story: Story) -> Self {
        Self {
            program,
            story,
            servers: BTreeMap::new(),
            respelling: None,
        }
    }

    /// The same story, told by a client that repeats what it sends; for tests.
    #[must_use]
    pub fn respelling(self, respelling: Respelling) -> Self {
        Self {
            respelling: Some(respelling),
            ..self
        }
    }

    /// Plays every chapter, and checks every server's ledger.
    ///
    /// # Errors
    /// The first [`Deviation`].
    pub async fn play(&mut self) -> Result<(), Deviation> {
        introduce(&self.story);
        for chapter in Chapter::ALL {
            let setting = chapter.setting();
            if !self.servers.contains_key(&setting) {
                let stage = self.open(setting).await?;
                self.servers.insert(setting, stage);
            }
            if let Some(stage) = self.servers.get(&setting) {
                chapter.play(&stage.scene).await?;
            }
        }
        let scenes = self.servers.iter();
        let scenes = scenes.map(|(setting, stage)| (setting.says(), &stage.scene));
        prove_each(&self.story, scenes).await
    }

    async fn open(&self, setting: Setting) -> Result<Stage, Deviation> {
        let program = self.program.clone();
        let starting = tokio::task::spawn_blocking(move || OwnServer::start(&program, setting));
        let server = starting
            .await
            .map_err(|fault| Deviation::new("a server of its own", fault.to_string()))??;
        let mut client = Client::new(server.address())?;
        if let Some(respelling) = &self.respelling {
            client = client.respelling(respelling.clone());
        }
        let operator = server.operator(&client).await?;
        let scene = Scene::open(client, Some(operator), self.story.clone()).await?;
        let scene = scene.set_for(setting);
        Ok(Stage { server, scene })
    }

    /// Stops and verifies every server, and says which transitions were shown.
    ///
    /// # Errors
    /// A [`Deviation`] if a server does not stop in order, its verification fails, or a transition is missing.
    pub fn close(self) -> Result<(), Deviation> {
        let mut met = BTreeSet::new();
        for (setting, stage) in self.servers.into_iter().rev() {
            let (said, transitions) = stage.server.stop_and_verify()?;
            met.extend(transitions);
            let said = match setting {
                Setting::Usual => format!("\n{said}"),
                _ => format!(" {}", in_short(&said)),
            };
            self.story.line(format!(
                "\nThe server {} has stopped; campusg verify says:{said}",
                setting.says()
            ));
        }
        let closing = closing(&self.story.shown(), &met)?;
        self.story.line(format!("\n{closing}"));
        Ok(())
    }
}

/// Plays every chapter on a running server, and says which transitions were shown and which were left out.
///
/// # Errors
/// The first [`Deviation`]; it is one if a transition is missing although nothing was left out.
pub async fn play_here(scene: &Scene) -> Result<(), Deviation> {
    introduce(&scene.story);
    for chapter in Chapter::ALL {
        chapter.play(scene).await?;
    }
    prove(scene).await?;
    let (story, shown) = (&scene.story, scene.story.shown());
    if story.leaves_out() {
        let left: Vec<_> = TRANSITIONS
            .iter()
            .filter(|it| !shown.contains(it.id))
            .collect();
        story.line(format!(
            "\n{} of {} transitions of the lifecycle were shown: {}.",
            shown.len(),
            TRANSITIONS.len(),
            spans(&shown)
        ));
        story.line("Left out, for the reasons given above:".into());
        left.iter()
            .for_each(|it| story.line(format!("  {:>3}  {}", it.id, it.says)));
        return Ok(());
    }
    let closing = closing(&shown, &shown)?;
    story.line(format!("\n{closing}"));
    Ok(())
}

/// Says what is going to be played, and how to read it.
fn introduce(story: &Story) {
    story.line(format!(
        "Every transition of an order's life, in {} chapters. A step names its transitions of docs/lifecycle.md; below it is\n\
         the money of its order: in escrow, taken from the card, paid to the runner, sent back, what the runner has in all\n\
         and what the customer owes; – is nothing.",
        Chapter::ALL.len()
    ));
}

/// The output of `campusg verify` in one line: how many checks hold, and the head of the journal's chain.
fn in_short(verdict: &str) -> String {
    let head = verdict.lines().last().unwrap_or_default();
    let checks = verdict.lines().count().saturating_sub(1);
    format!("all {checks} checks hold; {head}")
}

/// The closing sentence, if every transition was shown and found as a record in some journal.
fn closing(shown: &BTreeSet<&str>, met: &BTreeSet<&str>) -> Result<String, Deviation> {
    let missing = TRANSITIONS.iter().filter(|it| !shown.contains(it.id));
    let missing: Vec<_> = missing
        .map(|it| format!("{} ({})", it.id, it.says))
        .collect();
    if !missing.is_empty() {
        return Err(Deviation::new(
            "every transition of the lifecycle to be shown",
            format!("all but {}", missing.join(", ")),
        ));
    }
    let unmet: Vec<_> = shown.difference(met).copied().collect();
    if !unmet.is_empty() {
        return Err(Deviation::new(
            "a record of every transition that was shown",
            format!("none of {}", unmet.join(", ")),
        ));
    }
    Ok(format!(
        "All {} transitions of the lifecycle were shown, 1–44 with 32a–c, and a journal has a record of each. Everything is as \
         specified.",
        TRANSITIONS.len()
    ))
}

/// The numbers of these transitions as text, with neighbours in the table joined into ranges.
fn spans(shown: &BTreeSet<&str>) -> String {
    let runs = TRANSITIONS.chunk_by(|a, b| shown.contains(a.id) == shown.contains(b.id));
    let named = runs
        .filter(|run| shown.contains(run[0].id))
        .map(|run| match run {
            [one] => one.id.to_owned(),
            run => format!("{}–{}", run[0].id, run[run.len() - 1].id),
        });
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    fn all() -> BTreeSet<&'static str> {
        TRANSITIONS.iter().map(|it| it.id).collect()
    }

    #[test]
    fn the_end_needs_every_transition_and_a_record_of_each() {
        let sentence = closing(&all(), &all()).unwrap();
        assert!(sentence.starts_with("All 46 transitions"));
        let mut some = all();
        some.remove("32b");
        let missing = closing(&some, &all()).unwrap_err();
        assert_eq!(
            missing.found,
            "all but 32b (an operator's refund after the end)"
        );
        let unmet = closing(&all(), &some).unwrap_err();
        assert_eq!(unmet.found, "none of 32b");
    }

    #[test]
    fn neighbours_are_joined() {
        let mut shown = all();
        for id in ["1", "5", "32b"] {
            shown.remove(id);
        }
        assert_eq!(spans(&shown), "2–4, 6–32a, 32c–44");
    }

    #[test]
    fn a_verdict_in_short_counts_its_checks() {
        assert_eq!(
            in_short("I1 ok\nI2 ok\nhead 7 abc"),
            "all 2 checks hold; head 7 abc"
        );
    }
}
