//! The ledger's proof as an HTML page, which is the server's front page.

use super::ProofView;
use crate::time::in_words;
use campusg_domain::money::Cents;
use std::fmt::Write;

impl ProofView {
    /// Returns the body of the page.
    pub(crate) fn html(&self) -> String {
        let mut page = String::with_capacity(2_048);
        page.push_str(
            "<p>Students bring students their food. Whoever orders pays first; the money is held until the food is there, \
             or goes back.</p>",
        );
        let (orders, held) = (self.open_escrows, self.amount(self.held_cents));
        let _ = write!(
            page,
            "<p>Open orders: {orders}, for which {held} is held or blocked on cards.</p>"
        );
        let posted = &self.posted_cents;
        // The ledger books money that comes from outside as a negative balance.
        self.put_block(
            &mut page,
            "Where the money is",
            &[
                ("With the payment gateway", -posted.gateway),
                ("Owed by customers", -posted.receivable),
                ("Given as goodwill, or lost", -posted.goodwill),
            ],
        );
        self.put_block(
            &mut page,
            "Whose it is",
            &[
                ("Held for orders", posted.escrow),
                ("In wallets", posted.payable),
                ("Fees", posted.revenue),
            ],
        );
        self.put_verdict(&mut page);
        page
    }

    fn put_block(&self, page: &mut String, title: &str, lines: &[(&str, i64)]) {
        let _ = write!(page, "<h2>{title}</h2><table>");
        for (what, cents) in lines {
            let amount = self.amount(*cents);
            let _ = write!(page, "<tr><td>{what}</td><td>{amount}</td></tr>");
        }
        let sum = self.amount(lines.iter().map(|(_, cents)| cents).sum());
        let _ = write!(page, "<tr><th>Together</th><th>{sum}</th></tr></table>");
    }

    fn put_verdict(&self, page: &mut String) {
        page.push_str(if self.posted_sum_cents == 0 && self.pending_sum_cents == 0 {
            "<p class=\"good\">Both sides are equal: by the server's own books, what came in is where it belongs.</p>"
        } else {
            "<p class=\"bad\">The books do not add up. Please tell those who run this campus.</p>"
        });
        let _ = write!(
            page,
            "<footer>{}, after record {} of the journal, whose head is {}.<br>\
             The same for machines: <a href=\"/api/ledger/proof\">/api/ledger/proof</a></footer>",
            in_words(self.made_at.0),
            self.seq,
            self.head
        );
    }

    fn amount(&self, cents: i64) -> String {
        self.currency.of(Cents(cents)).to_string()
    }
}
