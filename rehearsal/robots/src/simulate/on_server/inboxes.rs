//! Reads inboxes on a server: whose is read when, and which of the notices are new.

use super::{OnServer, patience, views};
use crate::simulate::world::{Answer, News};
use campusg_client::{
    Deviation, Person,
    answer::{Notice, Page},
    operation::account,
};
use campusg_domain::{
    id::{OrderId, UserId},
    notice::Audience,
};
use std::str::FromStr;

/// Number of people without an open order whose inboxes are read each time, in turn.
const OTHERS: usize = 8;
impl OnServer {
    /// Marks the inboxes to read next: of all parties of open orders, of the operator, and of a few others in turn.
    pub(super) fn inboxes_are_due(&mut self) {
        let orders = self.open.iter().filter_map(|order| self.orders.get(order));
        let parties = orders.flat_map(|parties| [Some(parties.customer), parties.runner]);
        let due: Vec<UserId> = parties.flatten().chain(self.operator).collect();
        let others = self.people.keys().cycle().skip(self.next_other);
        let others: Vec<UserId> = others
            .take(OTHERS.min(self.people.len()))
            .copied()
            .collect();
        self.next_other = (self.next_other + OTHERS) % self.people.len().max(1);
        self.unread.extend(due.into_iter().chain(others));
        self.looked_at = self.pace.now();
    }

    pub(super) fn parties_look(&mut self, order: OrderId) {
        if let Some(parties) = self.orders.get(&order) {
            self.unread.insert(parties.customer);
            self.unread.extend(parties.runner);
        }
    }

    /// The notices to a user since their inbox was last read, oldest first; at most the newest 100.
    pub(super) fn told(&mut self, user: UserId) -> Answer<Vec<News>> {
        let person = self.person(user)?;
        let inbox = self.threads.block_on(inbox(person, 100))?;
        let last = self.read.get(&user).cloned().unwrap_or_default();
        let (mut news, mut newest) = (vec![], None);
        for notice in inbox {
            if notice.id == last {
                break;
            }
            newest.get_or_insert(notice.id);
            let about = notice.order_id.and_then(|id| OrderId::from_str(&id).ok());
            // An operator is told about everybody's orders; the day is the robots' own.
            if about.is_some_and(|order| !self.orders.contains_key(&order)) {
                continue;
            }
            let kind = views::kind(&notice.kind);
            let operates = self.operator == Some(user);
            let to = if operates {
                Audience::Operators
            } else {
                Audience::User(user)
            };
            news.extend(kind.map(|kind| News { to, about, kind }));
        }
        self.read.extend(newest.map(|newest| (user, newest)));
        news.reverse();
        Ok(news)
    }
}

/// The newest notices in a person's inbox, at most `limit` of them, newest first.
pub(super) async fn inbox(person: &Person, limit: u8) -> Result<Vec<Notice>, Deviation> {
    let ask = account::inbox(&person.id, limit);
    let inbox = patience::send(person, ask).await?.is(200)?;
    Ok(inbox.read::<Page<Notice>>()?.items)
}
