//! The scene of a walkthrough: a server, its operator if the login is known, its clock, and the story.

use super::{Setting, Story};
use campusg_client::{
    Client, Deviation, Person, Wish,
    answer::{Proof, Quoted},
    operation::{desk, order},
};
use campusg_domain::money::Currency;

/// A server on which a walkthrough plays, and its story.
#[derive(Debug)]
pub struct Scene {
    /// The client that sends the walkthrough's requests.
    pub client: Client,
    /// A signed-in operator of the server; `None` if no login was given.
    pub operator: Option<Person>,
    /// The story to which the steps are added.
    pub story: Story,
    virtual_clock: bool,
    setting: Option<Setting>,
}

impl Scene {
    /// Checks that the server is ready, and finds out whether its clock can be moved on.
    ///
    /// # Errors
    /// A [`Deviation`] if the server does not answer as specified.
    pub async fn open(
        client: Client,
        operator: Option<Person>,
        story: Story,
    ) -> Result<Self, Deviation> {
        client
            .send(&campusg_client::ApiRequest::get("/health/ready"))
            .await?
            .is(200)?;
        let virtual_clock = match &operator {
            None => false,
            Some(operator) => {
                let reply = operator.move_clock(0).await?;
                if reply.status == 404 {
                    reply.refuses(404, "not_found")?;
                    false
                } else {
                    reply.is(200)?;
                    true
                }
            }
        };
        let currency = currency(&client, operator.as_ref()).await?;
        Ok(Self {
            client,
            operator,
            story: story.told_in(currency),
            virtual_clock,
            setting: None,
        })
    }

    /// This scene, with the setting for which its server was started.
    #[must_use]
    pub fn set_for(self, setting: Setting) -> Self {
        Self {
            setting: Some(setting),
            ..self
        }
    }

    /// Whether the server was started for this setting. Adds nothing to the story.
    #[must_use]
    pub fn is_set_for(&self, setting: Setting) -> bool {
        self.setting == Some(setting)
    }

    /// The operator; if there is none, says in the story that the rest of the part is left out.
    #[must_use]
    pub fn operator_here(&self) -> Option<&Person> {
        if self.operator.is_none() {
            self.story.leave_out("no operator's login was given");
        }
        self.operator.as_ref()
    }

    /// Whether the clock can be moved on; if not, says in the story that the rest of the part is left out, and why.
    #[must_use]
    pub fn has_virtual_clock(&self) -> bool {
        if !self.virtual_clock {
            let why = match self.operator {
                None => "moving the clock needs an operator, and no operator's login was given",
                Some(_) => "the server's clock is not virtual (serve --virtual-clock)",
            };
            self.story.leave_out(why);
        }
        self.virtual_clock
    }

    /// Moves the clock on by `ms` milliseconds if it is virtual; else does nothing, and time passes by itself.
    ///
    /// # Errors
    /// A [`Deviation`] if moving it is refused.
    pub async fn wait_out(&self, ms: u64) -> Result<(), Deviation> {
        match self.virtual_clock {
            true => self.pass(ms).await,
            false => Ok(()),
        }
    }

    /// Moves the server's clock on by `ms` milliseconds.
    ///
    /// # Errors
    /// A [`Deviation`] if it is refused, or there is no operator.
    pub async fn pass(&self, ms: u64) -> Result<(), Deviation> {
        let Some(operator) = &self.operator else {
            return Err(Deviation::new("an operator, to move the clock", "none"));
        };
        operator.move_clock(ms).await?.is(200).map(drop)
    }
}

/// The server's currency: from a quote for an operator, else from the ledger's proof, which is made anew once an hour only.
async fn currency(client: &Client, operator: Option<&Person>) -> Result<Currency, Deviation> {
    if let Some(operator) = operator {
        let quoted: Quoted = operator.read(order::quote(&Wish::lunch())).await?;
        return Ok(quoted.currency);
    }
    let proof: Proof = client.send(&desk::proof()).await?.is(200)?.read()?;
    Ok(proof.currency)
}
