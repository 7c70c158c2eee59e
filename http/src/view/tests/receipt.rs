//! Each party's receipt, as JSON and as a page.

use super::{
    CUSTOMER, ORDER, PHOTO, PLACED, RUNNER, ReceiptView, Viewer, assignment, bought, delivery,
    order, related, viewer,
};
use campusg_domain::{
    id::Seq,
    money::{Account, Cents, Phase, Transfer, TransferId},
    order::{Item, Role, Stage},
    owner::wallet::{Line, LineKind, Receipt, Shows},
};

/// The ledger's statement of this order for one party: 200.01 for the food, a tip of 2.01 and another of 3.00.
pub(super) fn statement(viewer: &Viewer) -> Receipt {
    use LineKind::{CardCharged, DeliveryFee, Food, PlatformFee, SetOff, Tip};
    let line = |(kind, cents)| Line {
        seq: Seq(9),
        at: PLACED,
        kind,
        cents: Cents(cents),
    };
    let runner = [
        (Food, 20_001),
        (DeliveryFee, 530),
        (Tip, 201),
        (PlatformFee, -97),
        (SetOff, -13),
        (Tip, 300),
    ];
    let customer = [
        (Food, -20_001),
        (DeliveryFee, -530),
        (Tip, -201),
        (CardCharged, 20_732),
        (Tip, -300),
    ];
    let (own, other, lines) = if viewer.role == Role::Runner {
        (
            Account::Payable(RUNNER),
            Account::Escrow(ORDER),
            runner.map(line).to_vec(),
        )
    } else {
        (
            Account::Receivable(CUSTOMER),
            Account::Gateway,
            customer.map(line).to_vec(),
        )
    };
    let transfer = Transfer {
        debit: other,
        credit: own,
        cents: Cents(20_635),
        phase: Phase::Posted,
    };
    let id = TransferId {
        seq: Seq(9),
        place: 2,
    };
    Receipt {
        lines,
        transfers: vec![(id, PLACED, transfer)],
        photos: vec![(PHOTO, Shows::Receipt)],
    }
}

#[test]
fn each_side_has_its_own_receipt() {
    let mut order = order(Stage::Completed(assignment(), bought(), delivery()));
    let stew = Item {
        name: "Stew <hot>".into(),
        quantity: 1,
        ..order.terms.items[0].clone()
    };
    order.replaced = [(0, stew)].into();
    let shown = |role| {
        let viewer = viewer(&order, role, PLACED);
        ReceiptView::of(&order, &viewer, &related(), &statement(&viewer))
    };
    let of = |role| serde_json::to_value(shown(role)).unwrap();
    let page = shown(Role::Customer).html();
    assert!(
        page.contains("Deli &lt;North&gt;") && !page.contains("<North>"),
        "{page}"
    );
    assert!(page.contains("<th>210.32 EUR</th>"), "{page}");
    insta::assert_json_snapshot!([of(Role::Customer), of(Role::Runner)]);
    insta::assert_snapshot!(page);
}
