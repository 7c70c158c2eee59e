//! Reads what a view of an order needs beside the order: drop-off, names, stores.

use super::Viewer;
use crate::app_state::AppState;
use campusg_actors::runtime::{Alike, DropoffDetails, FreeText, Profile, Refusal};
use campusg_domain::{
    id::{Principal, StoreId, UserId},
    order::{Order, Role, StoreRef},
    owner::directory::Store,
};
use std::sync::Arc;

/// Data that belong to an order but are stored elsewhere; contains only what this reader may see.
#[derive(Clone, Debug, Default)]
pub(crate) struct Related {
    pub(crate) dropoff: Option<DropoffDetails>,
    /// The runner's note on the open proposal.
    pub(crate) note: Option<String>,
    pub(crate) customer: Option<Profile>,
    pub(crate) runner: Option<Profile>,
    pub(crate) stores: Stores,
    /// Photos of other orders that look like this order's; for operators. `None` if it can't be known now.
    pub(crate) alike: Option<Vec<Alike>>,
}

/// All known stores.
pub(crate) type Stores = Vec<(StoreId, Arc<Store>)>;

/// Reads what this reader may see; nothing else is read.
pub(crate) async fn gather(
    app: &AppState,
    viewer: &Viewer,
    order: &Order,
) -> Result<Related, Refusal> {
    let runner = order.stage.assignment().map(|assignment| assignment.runner);
    let (inside, customer, runner) = match viewer.role {
        Role::Customer => (true, None, runner),
        Role::Runner => (
            viewer.recent,
            Some(order.terms.customer).filter(|_| viewer.recent),
            None,
        ),
        Role::Operator => (true, Some(order.terms.customer), runner),
        Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => (false, None, None),
    };
    let dropoff = match &order.terms.dropoff.details {
        Some(sealed) if inside => Some(app.runtime().dropoff(order.terms.customer, sealed)),
        _ => None,
    };
    Ok(Related {
        dropoff,
        note: note(app, viewer, order),
        customer: profile(app, viewer, customer).await?,
        runner: profile(app, viewer, runner).await?,
        stores: stores(app, std::iter::once(order)),
        alike: alike(app, viewer, order).await,
    })
}

/// The photos of other orders that look like this one's. An order is shown without them while the archive is checked.
async fn alike(app: &AppState, viewer: &Viewer, order: &Order) -> Option<Vec<Alike>> {
    if viewer.role != Role::Operator {
        return None;
    }
    let shown = order.stage.photos().collect();
    app.runtime().photos_alike(order.id, shown).await.ok()
}

/// The runner's note on the open proposal; for the customer, operators, and its author.
fn note(app: &AppState, viewer: &Viewer, order: &Order) -> Option<String> {
    let sealed = order.stage.proposal()?.note.as_ref()?;
    let author = order.stage.assignment()?.runner;
    let seen = match viewer.role {
        Role::Customer | Role::Operator => true,
        Role::Runner => author == viewer.user,
        Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => false,
    };
    if !seen {
        return None;
    }
    let author = Principal::User(author);
    app.runtime().open_free_text(author, FreeText::Note, sealed)
}

/// Returns the known stores if one of these orders refers to one by id; otherwise an empty list.
pub(crate) fn stores<'a>(app: &AppState, mut orders: impl Iterator<Item = &'a Order>) -> Stores {
    let known = |store: &StoreRef| matches!(store, StoreRef::Known(_));
    if orders.any(|order| known(&order.store) || known(&order.terms.store)) {
        app.runtime().stores()
    } else {
        vec![]
    }
}

async fn profile(
    app: &AppState,
    viewer: &Viewer,
    user: Option<UserId>,
) -> Result<Option<Profile>, Refusal> {
    let Some(user) = user else {
        return Ok(None);
    };
    let as_of = viewer.as_of;
    app.runtime().profile_as_of(user, as_of).await
}
