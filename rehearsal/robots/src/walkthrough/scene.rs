//! Where a walkthrough plays: a server, its operator if known, its clock, and the story told.

use super::{Setting, Story};
use campusg_client::{Client, Deviation, Person};

/// A server to walk through.
#[derive(Debug)]
pub struct Scene {
    /// The way to it.
    pub client: Client,
    /// Who operates it, where the login is known.
    pub operator: Option<Person>,
    /// What is told.
    pub story: Story,
    virtual_clock: bool,
    setting: Option<Setting>,
}

impl Scene {
    /// Looks at the server: whether it answers, and whether its clock can be moved.
    ///
    /// # Errors
    /// A [`Deviation`] where it does not answer as specified.
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
        Ok(Self {
            client,
            operator,
            story,
            virtual_clock,
            setting: None,
        })
    }

    /// The same, on a server that was started for this.
    #[must_use]
    pub fn set_for(self, setting: Setting) -> Self {
        Self {
            setting: Some(setting),
            ..self
        }
    }

    /// Whether this server was started so; nothing is said where it was not.
    #[must_use]
    pub fn is_set_for(&self, setting: Setting) -> bool {
        self.setting == Some(setting)
    }

    /// The operator, where the login is known; says in the story why a part is left out, where it is not.
    #[must_use]
    pub fn operator_here(&self) -> Option<&Person> {
        if self.operator.is_none() {
            self.story.leave_out("no operator's login was given");
        }
        self.operator.as_ref()
    }

    /// Whether time can be moved on; says in the story why a part is left out, where it can't.
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

    /// Waits for what the server does by itself within so long: its clock is moved on, where it can be.
    ///
    /// # Errors
    /// A [`Deviation`] where moving it is refused.
    pub async fn wait_out(&self, ms: u64) -> Result<(), Deviation> {
        match self.virtual_clock {
            true => self.pass(ms).await,
            false => Ok(()),
        }
    }

    /// Moves the server's clock on.
    ///
    /// # Errors
    /// A [`Deviation`] where it is refused.
    pub async fn pass(&self, ms: u64) -> Result<(), Deviation> {
        let Some(operator) = &self.operator else {
            return Err(Deviation::new("an operator, to move the clock", "none"));
        };
        operator.move_clock(ms).await?.is(200).map(drop)
    }
}
