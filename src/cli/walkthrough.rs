//! `campusg walkthrough`: plays the scenarios of an order's life against a server, and checks every step.
//!
//! Must not: know a step; the scenarios do.

use super::CliFault;
use crate::output;
use campusg_client::{Client, Deviation, Person};
use campusg_robots::walkthrough::{
    OwnServer, Scenario, Scene, Setting, Story, Whole, play_here, prove, tell_what_is_left,
};
use clap::Args;

/// Arguments of `campusg walkthrough`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --url a temporary server is started, with a virtual clock, and stopped and verified at the end. Each run makes \
its own people, so that it can be repeated against the same server. Parts that need an operator or a virtual clock are \
left out, and say so, where the server has none. Moving a virtual clock concerns every order there.

With --all every transition of docs/lifecycle.md is shown under its number, with the money after it: held, captured, \
released, refunded, the runner's balance, what the customer owes. Where a transition needs a server with another \
configuration, another temporary one is started; a transition that was not shown is a failure. With --url the transitions \
that the server's configuration does not allow are left out, which is no failure. The end says which were shown.

Ends with code 1 and a sentence if anything is not as specified.")]
pub struct WalkthroughCommand {
    /// Play every transition of an order's life in turn, instead of the five scenarios
    #[arg(long)]
    pub all: bool,
    /// Server to walk through, as http://127.0.0.1:8080 [default: a temporary one]
    #[arg(long, value_name = "URL", value_parser = super::server::address)]
    pub url: Option<String>,
    /// E-mail address of an operator of that server
    #[arg(
        long,
        requires = "url",
        requires = "operator_password",
        value_name = "EMAIL"
    )]
    pub operator_email: Option<String>,
    /// Password of that operator
    #[arg(long, requires = "operator_email", value_name = "PASSWORD")]
    pub operator_password: Option<String>,
}

impl WalkthroughCommand {
    /// Plays the scenarios.
    ///
    /// # Errors
    /// [`CliFault::NoServer`], [`CliFault::SignIn`] and [`CliFault::NoOperator`] if it can't begin,
    /// [`CliFault::Deviation`] at the first deviation from the specification, [`CliFault::Output`] if the output
    /// cannot be printed.
    pub fn run(self) -> Result<(), CliFault> {
        let threads = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let threads = threads.map_err(CliFault::Output)?;
        let program = || std::env::current_exe().map_err(CliFault::Output);
        match &self.url {
            Some(url) => threads.block_on(self.play_on(url, None)),
            None if self.all => {
                let story = Story::printed(|line| output::result(line));
                let mut whole = Whole::new(program()?, story.clone());
                threads.block_on(until_told_to_stop(whole.play()))?;
                whole.close()?;
                printed(&story)
            }
            None => {
                let server = OwnServer::start(&program()?, Setting::Plain)?;
                let address = server.address().to_owned();
                threads.block_on(self.play_on(&address, Some(&server)))?;
                let (verdict, _) = server.stop_and_verify()?;
                output::result(format_args!(
                    "\nThe server has stopped; campusg verify says:\n{verdict}"
                ))
                .map_err(CliFault::Output)
            }
        }
    }

    /// Plays to the end, or until the process is told to stop; a temporary server then stops too.
    async fn play_on(&self, url: &str, server: Option<&OwnServer>) -> Result<(), CliFault> {
        until_told_to_stop(self.play(url, server)).await
    }

    async fn play(&self, url: &str, server: Option<&OwnServer>) -> Result<(), CliFault> {
        let client = super::server::way_to(url).await?;
        let operator = self.operator(&client, server).await?;
        let story = Story::printed(|line| output::result(line));
        story.line(format!("Walking through {url}"));
        let scene = Scene::open(client, operator, story).await?;
        if self.all {
            play_here(&scene).await?;
        } else {
            for scenario in Scenario::ALL {
                scenario.play(&scene).await?;
            }
            prove(&scene).await?;
            scene.story.line("\nEverything is as specified.".into());
        }
        if server.is_none() {
            tell_what_is_left(&scene).await?;
        }
        printed(&scene.story)
    }

    async fn operator(
        &self,
        client: &Client,
        server: Option<&OwnServer>,
    ) -> Result<Option<Person>, CliFault> {
        match (server, &self.operator_email, &self.operator_password) {
            (Some(server), ..) => Ok(Some(server.operator(client).await?)),
            (None, Some(email), Some(password)) => super::server::operator(client, email, password)
                .await
                .map(Some),
            (None, ..) => Ok(None),
        }
    }
}

/// Fails if the story could not be printed completely.
fn printed(story: &Story) -> Result<(), CliFault> {
    story
        .fault()
        .map_or(Ok(()), |fault| Err(CliFault::Output(fault)))
}

/// Runs to the end, or until the process is told to stop.
async fn until_told_to_stop<F: From<Deviation>>(
    playing: impl Future<Output = Result<(), F>>,
) -> Result<(), F> {
    tokio::select! {
        played = playing => played,
        () = super::stop_signals() => Err(Deviation::new("to go on to the end", "the word to stop").into()),
    }
}
