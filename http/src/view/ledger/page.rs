//! The proof as the front page: where the money is, for whoever opens the server's address in a browser.

use super::ProofView;
use crate::{html::escaped, time::in_words};
use campusg_domain::money::Cents;
use std::fmt::Write;

impl ProofView {
    /// The proof as the body of a page.
    pub(crate) fn html(&self) -> String {
        let mut page = String::with_capacity(2_048);
        page.push_str(
            "<p>Students bring students their food. Whoever orders pays first; the money is held until the food is there, \
             or goes back.</p>",
        );
        let (orders, held) = (self.open_escrows, self.amount(self.held_cents));
        let _ = write!(
            page,
            "<p>Open orders: {orders}, for which {held} is held or blocked on cards.</p><table>"
        );
        let posted = &self.posted_cents;
        for (what, cents) in [
            ("With the payment gateway", posted.gateway),
            ("Held for orders", posted.escrow),
            ("Earned by runners, not paid out", posted.payable),
            ("Owed by customers", posted.receivable),
            ("Fees", posted.revenue),
            ("Goodwill", posted.goodwill),
        ] {
            let amount = self.amount(cents);
            let _ = write!(page, "<tr><td>{what}</td><td>{amount}</td></tr>");
        }
        let sum = self.amount(self.posted_sum_cents);
        let _ = write!(page, "<tr><th>Together</th><th>{sum}</th></tr></table>");
        page.push_str(if self.posted_sum_cents == 0 && self.pending_sum_cents == 0 {
            "<p class=\"good\">Every cent that came in is accounted for.</p>"
        } else {
            "<p class=\"bad\">The books do not add up. Please tell those who run this campus.</p>"
        });
        let _ = write!(
            page,
            "<footer>{}, after record {} of the journal, whose head is {}. Renewed hourly.<br>\
             The same for machines: <a href=\"/api/ledger/proof\">/api/ledger/proof</a></footer>",
            in_words(self.made_at.0),
            self.seq,
            self.head
        );
        page
    }

    fn amount(&self, cents: i64) -> String {
        format!("{} {}", Cents(cents), escaped(&self.currency))
    }
}
