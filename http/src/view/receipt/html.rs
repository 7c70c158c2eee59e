//! A receipt as an HTML page. Every text from outside is escaped.

use super::{LineView, ReceiptView, Shows};
use crate::{html::escaped, time::in_words};
use campusg_domain::{money::Cents, order::Status, people::Side};
use std::fmt::Write;

impl ReceiptView {
    /// Returns the body of the page.
    pub(crate) fn html(&self) -> String {
        let mut page = String::with_capacity(2_048);
        let _ = write!(
            page,
            "<p>{}<br><small>{}</small></p>",
            self.title(),
            in_words(self.ended_at.0)
        );
        self.put_store(&mut page);
        self.put_items(&mut page);
        self.put_money(&mut page);
        self.put_proof(&mut page);
        page
    }

    const fn title(&self) -> &'static str {
        match (self.status, self.r#as) {
            (Status::Cancelled, _) => "Cancelled",
            (_, Side::Runner) => "Delivered by you",
            (_, Side::Customer) => "Delivered to you",
        }
    }

    fn put_store(&self, page: &mut String) {
        if let (Some(name), Some(place)) = (&self.store.name, &self.store.place) {
            let (name, place) = (escaped(name), escaped(place));
            let _ = write!(page, "<p><b>{name}</b><br><small>{place}</small></p>");
        }
    }

    fn put_items(&self, page: &mut String) {
        page.push_str("<ul>");
        for item in &self.items {
            let (quantity, name) = (item.quantity, escaped(&item.name));
            let _ = if let Some(instead) = &item.replaced_by {
                let (other, name_of_it) = (instead.quantity, escaped(&instead.name));
                write!(
                    page,
                    "<li><s>{quantity} × {name}</s><br>{other} × {name_of_it}</li>"
                )
            } else if item.dropped {
                write!(
                    page,
                    "<li><s>{quantity} × {name}</s> <small>not bought</small></li>"
                )
            } else {
                write!(page, "<li>{quantity} × {name}</li>")
            };
        }
        page.push_str("</ul>");
    }

    fn put_money(&self, page: &mut String) {
        page.push_str("<table>");
        self.put_lines(page, &self.lines);
        let total = self.amount(self.total_cents);
        let _ = write!(page, "<tr><th>Total</th><th>{total}</th></tr>");
        let estimate = self.amount(self.estimate.total_cents);
        let _ = write!(
            page,
            "<tr class=\"low\"><td>Expected when placed</td><td>{estimate}</td></tr>"
        );
        self.put_lines(page, &self.settled);
        match self.in_wallet_cents {
            Some(owed @ ..=-1) => {
                let owed = self.amount(-owed);
                let _ = write!(
                    page,
                    "<tr><td>Left to your wallet as a debt</td><td>{owed}</td></tr>"
                );
            }
            Some(left @ 1..) => {
                let left = self.amount(left);
                let _ = write!(page, "<tr><td>In your wallet</td><td>{left}</td></tr>");
            }
            _ => {}
        }
        page.push_str("</table>");
    }

    fn put_lines(&self, page: &mut String, lines: &[LineView]) {
        for line in lines {
            let amount = self.amount(line.amount_cents);
            let _ = write!(page, "<tr><td>{}</td><td>{amount}</td></tr>", line.label);
        }
    }

    fn put_proof(&self, page: &mut String) {
        let _ = write!(
            page,
            "<footer>Order {}<br>placed {}",
            self.order_id,
            in_words(self.placed_at.0)
        );
        for transfer in &self.transfers {
            let amount = self.amount(transfer.amount_cents);
            let _ = write!(page, "<br>Transfer {}: {amount}", transfer.id);
        }
        for photo in &self.photos {
            let shows = match photo.shows {
                Shows::Receipt => "the shop's receipt",
                Shows::Proposal => "what the runner asked",
                Shows::Problem => "a problem",
                Shows::Door => "the food at the door",
            };
            let _ = write!(page, "<br>Photo of {shows}: {}", photo.photo_id);
        }
        page.push_str("</footer>");
    }

    fn amount(&self, cents: i64) -> String {
        self.currency.of(Cents(cents)).to_string()
    }
}
