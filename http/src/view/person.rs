//! Views of people: in full for themselves and operators, first name and ratings for others.

use super::payout::AccountView;
use crate::{
    time::Time,
    wire::{self, Maybe},
};
use campusg_actors::runtime::{Profile, SignedIn};
use campusg_domain::{
    id::{SessionId, UserId},
    money::Cents,
    owner::directory::{Card, Person, RunnerState, Session},
};
use serde::Serialize;
use utoipa::ToSchema;

type MaybeReliability = Maybe<Reliability>;

/// The number of ratings, their sum, and their mean to two decimals; the mean is null without a rating.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MeanView)]
pub(crate) struct Stars {
    count: u32,
    sum: u32,
    average: Option<f64>,
}

impl From<(u32, u32)> for Stars {
    fn from((count, sum): (u32, u32)) -> Self {
        Self {
            count,
            sum,
            average: hundredths(sum, count),
        }
    }
}

/// A runner's reliability: the part of the runs, completed or given back, that they gave back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reliability {
    runs: u32,
    cancellations: u32,
    /// To two decimals; null if there were no runs.
    cancellation_rate: Option<f64>,
}

impl From<&Person> for Reliability {
    fn from(person: &Person) -> Self {
        let (runs, cancellations) = (person.runs, person.cancellations);
        Self {
            runs,
            cancellations,
            cancellation_rate: hundredths(cancellations, runs.saturating_add(cancellations)),
        }
    }
}

/// Divides and rounds to two decimals, halves up. Computed in integers, so that the last digit is exact.
fn hundredths(of: u32, by: u32) -> Option<f64> {
    let (of, by) = (u64::from(of), u64::from(by));
    let rounded = (of * 200 + by).checked_div(by * 2)?;
    u32::try_from(rounded)
        .ok()
        .map(|whole| f64::from(whole) / 100.0)
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StarsView {
    as_runner: Stars,
    as_customer: Stars,
}

/// A person as other users see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicView {
    #[schema(value_type = wire::UserId)]
    id: UserId,
    first_name: String,
    ratings: StarsView,
    as_runner: Reliability,
}

impl From<&Profile> for PublicView {
    fn from(profile: &Profile) -> Self {
        Self {
            id: profile.user,
            first_name: profile.first_name.clone(),
            ratings: stars(profile),
            as_runner: (&*profile.person).into(),
        }
    }
}

/// A person, as this reader sees them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ProfileView {
    Own(Box<PersonView>),
    Public(PublicView),
}

/// An order's runner as its customer sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunnerView {
    #[schema(value_type = wire::UserId)]
    id: UserId,
    first_name: Option<String>,
    rating: Stars,
    #[serde(flatten)]
    #[schema(inline, value_type = MaybeReliability)]
    reliability: Option<Reliability>,
}

impl RunnerView {
    pub(crate) fn of(runner: UserId, profile: Option<&Profile>) -> Self {
        Self {
            id: runner,
            first_name: profile.map(|profile| profile.first_name.clone()),
            rating: profile
                .map_or((0, 0), |profile| profile.person.rated_as_runner)
                .into(),
            reliability: profile.map(|profile| (&*profile.person).into()),
        }
    }
}

/// A party's contact data, for operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactView {
    #[schema(value_type = wire::UserId)]
    id: UserId,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

impl ContactView {
    pub(crate) fn of(user: UserId, profile: Option<&Profile>) -> Self {
        Self {
            id: user,
            first_name: profile.map(|profile| profile.first_name.clone()),
            last_name: profile.map(|profile| profile.last_name.clone()),
            email: profile.map(|profile| profile.email.clone()),
            phone: profile.and_then(|profile| profile.phone.clone()),
        }
    }
}

/// The stored card, and what a new card in its place would be charged at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CardOnFileView {
    #[serde(flatten)]
    card: CardView,
    new_payment_method_pays_cents: i64,
}

impl CardOnFileView {
    pub(crate) fn of(card: &Card, new_method_pays: Cents) -> Self {
        Self {
            card: CardView::from(card),
            new_payment_method_pays_cents: new_method_pays.0,
        }
    }
}

/// A card that has just been stored, and what it is being charged for a debt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewCardView {
    #[serde(flatten)]
    card: CardView,
    pays_debt_cents: i64,
}

impl NewCardView {
    pub(crate) fn of(card: &Card, pays: Cents) -> Self {
        Self {
            card: CardView::from(card),
            pays_debt_cents: pays.0,
        }
    }
}

/// The gateway's page where a card or a bank account is entered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupView {
    pub(crate) url: String,
}

/// A card without its token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CardView {
    brand: String,
    last4: String,
    exp_month: u8,
    exp_year: u16,
}

impl From<&Card> for CardView {
    fn from(card: &Card) -> Self {
        Self {
            brand: card.brand.clone(),
            last4: card.last4.clone(),
            exp_month: card.exp_month,
            exp_year: card.exp_year,
        }
    }
}

/// A person as they themselves and operators see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonView {
    #[schema(value_type = wire::UserId)]
    id: UserId,
    email: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    operator: bool,
    suspended: bool,
    runner: RunnerStateView,
    payment_method: Option<CardView>,
    payout_method: Option<AccountView>,
    ratings: StarsView,
    open_orders: u32,
    runs: u32,
    runner_cancellations: u32,
    photos_after_wrong_pins: u32,
    registered_at: Time,
}

impl From<&Profile> for PersonView {
    fn from(profile: &Profile) -> Self {
        let person = &profile.person;
        Self {
            id: profile.user,
            email: profile.email.clone(),
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            phone: profile.phone.clone(),
            operator: person.operator,
            suspended: person.suspended,
            runner: person.runner.into(),
            payment_method: profile.card().map(CardView::from),
            payout_method: person.payout_method.as_ref().map(AccountView::from),
            ratings: stars(profile),
            open_orders: person.open_orders,
            runs: person.runs,
            runner_cancellations: person.cancellations,
            photos_after_wrong_pins: person.photos_after_wrong_pins,
            registered_at: person.registered_at.into(),
        }
    }
}

fn stars(profile: &Profile) -> StarsView {
    let person = &profile.person;
    StarsView {
        as_runner: person.rated_as_runner.into(),
        as_customer: person.rated_as_customer.into(),
    }
}

/// A new session with its token, which is shown only this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView {
    #[schema(value_type = wire::SessionId)]
    id: SessionId,
    #[schema(value_type = wire::UserId)]
    user_id: UserId,
    token: String,
    /// Proves at a later sign-in that this device was signed in before; it opens nothing.
    device: String,
    expires_at: Time,
}

/// A new account with its first session.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredView {
    pub(crate) user: PersonView,
    pub(crate) session: TokenView,
}

/// Whether a person works as a runner, and whether they are notified of new orders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunnerStateView {
    active: bool,
    /// False while not active.
    online: bool,
}

impl From<RunnerState> for RunnerStateView {
    fn from(state: RunnerState) -> Self {
        Self {
            active: state.active,
            online: state.online,
        }
    }
}

impl From<SignedIn> for TokenView {
    fn from(session: SignedIn) -> Self {
        Self {
            id: session.session,
            user_id: session.user,
            token: session.token.0,
            device: session.device.0,
            expires_at: session.expires_at.into(),
        }
    }
}

/// A session in its owner's list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    #[schema(value_type = wire::SessionId)]
    id: SessionId,
    opened_at: Time,
    expires_at: Time,
    current: bool,
}

impl SessionView {
    pub(crate) fn of(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            opened_at: session.opened_at.into(),
            expires_at: session.expires_at.into(),
            current: session.id == current,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::hundredths;

    #[test]
    fn a_mean_is_exact_to_its_last_digit_and_halves_go_up() {
        let table = [
            (14, 3, Some(4.67)),
            (13, 3, Some(4.33)),
            (5, 1, Some(5.0)),
            (1, 8, Some(0.13)),
            (1, 200, Some(0.01)),
            (1, 201, Some(0.0)),
            (0, 7, Some(0.0)),
            (0, 0, None),
            (u32::MAX, u32::MAX, Some(1.0)),
        ];
        for (of, by, expected) in table {
            assert_eq!(hundredths(of, by), expected, "{of} / {by}");
        }
    }
}
