//! What the tests of wallets share: a server with a gateway of its own beside it, and what people do with their money.

use super::raw::AsWritten as _;
use super::{
    Options, Server,
    desk::{CHARGE, SHARE},
    gateway::Gateway,
    operator,
};
use campusg_client::{
    ApiRequest, Body, Deviation, Person, Reply, Wish, answer::Wallet, operation::account,
};
use campusg_robots::walkthrough::{Errand, Scene};
use serde_json::json;

/// What the platform keeps of lunch.
pub const FEE: i64 = CHARGE - SHARE;
/// What a bank wants for taking a charge back.
pub const BANKS_FEE: i64 = 1_500;

/// Everything that the gateway decides later, it decides at once: its clock is not the server's, and is not moved.
pub const AT_ONCE: [&str; 4] = [
    "sandbox.tuning.late_ms=0",
    "sandbox.tuning.chargeback_ms=0",
    "sandbox.tuning.verdict_ms=0",
    "sandbox.tuning.send_back_ms=0",
];

/// A server, and the gateway as a process of its own that no kill of the server touches.
#[derive(Debug)]
pub struct Till {
    pub gateway: Gateway,
    pub server: Server,
}

impl Till {
    /// Opens both, the gateway with these keys on top.
    pub fn open(gateway: &[&str]) -> Self {
        Self::open_with(gateway, &[])
    }

    /// Opens both, each with these keys on top.
    pub fn open_with(gateway: &[&str], server: &[&str]) -> Self {
        let keys: Vec<&str> = AT_ONCE.iter().chain(gateway).copied().collect();
        let gateway = Gateway::start(&keys);
        let fee = format!("policy.platform_fee_cents={FEE}");
        let mut options = Options::virtual_clock(&[&fee, "gateway.events_poll_ms=20"]);
        options.set.extend(gateway.settings());
        options.set.extend(server.iter().map(ToString::to_string));
        let server = Server::start(options);
        Self { gateway, server }
    }

    pub async fn scene(&self) -> Scene {
        self.server.scene().await
    }

    /// The ledger's cash is the gateway's, but for what operators brought there; and the ledger adds up.
    pub async fn agrees(&self, scene: &Scene, brought: i64) -> Result<(), Deviation> {
        let book = self.gateway.totals(None).await;
        let ledger = -operator(scene).balance("gateway").await?;
        assert_eq!(book.cash().0 + brought, ledger, "{book:?}");
        operator(scene).add_up().await.map(drop)
    }

    /// What the gateway paid out in all.
    pub async fn paid_out(&self) -> i64 {
        self.gateway.totals(None).await.paid_out.0
    }

    /// Kills the server and starts it again; a way to it. Whoever is known goes there too.
    pub async fn kill(&mut self, known: &[&Person]) -> Scene {
        self.server.kill();
        self.server.start_again();
        for person in known {
            person.client().move_to(self.server.address());
        }
        self.scene().await
    }

    /// Stops the server; its journal is sound.
    pub fn sound(&mut self) {
        self.server.stop();
        self.server.verify();
    }
}

/// An order that was delivered, paid with this card and collected.
pub async fn collected(scene: &Scene, card: &str) -> Result<Errand, Deviation> {
    let errand = Errand::available(&scene.client, card).await?;
    errand.carry_to("completed").await?;
    errand.until_collection("collected").await?;
    Ok(errand)
}

/// An order that was delivered, and whose card paid nothing: the customer owes K.
pub async fn owing(scene: &Scene) -> Result<Errand, Deviation> {
    let errand = Errand::available(&scene.client, "tok_capture_fails").await?;
    errand.carry_to("completed").await?;
    errand.until_collection("owed").await?;
    Ok(errand)
}

/// Somebody who has earned lunch's share, with this bank account on file.
pub async fn earner(scene: &Scene, account: &str) -> Result<Person, Deviation> {
    let errand = collected(scene, "tok_visa").await?;
    errand.runner.set_account(account).await?;
    Ok(errand.runner)
}

/// Asks for a payout under a key of the test's choosing.
pub async fn pay_out_as(who: &Person, cents: i64, key: &str) -> Result<Reply, Deviation> {
    let body = json!({"amount_cents": cents});
    who.send(ApiRequest::post("/api/users/me/payouts", &body).with_key(key))
        .await
}

/// The newest payout, once it is so.
pub async fn payout_until(who: &Person, state: &str) -> Result<Body, Deviation> {
    let newest = |page: &Body| page.list("/items").ok()?.into_iter().next();
    let is_so = |page: &Body| newest(page).is_some_and(|payout| payout.says("/state", state));
    let expected = format!("a payout that is {state}");
    let page = who
        .until_raw("/api/users/me/payouts", &expected, is_so)
        .await?;
    newest(&page).ok_or_else(|| Deviation::new(expected, "none"))
}

/// The own wallet, once this sum of it is so much.
pub async fn wallet_until(who: &Person, sum: &str, cents: i64) -> Result<Body, Deviation> {
    let is_so = |wallet: &Body| wallet.number(sum).is_ok_and(|have| have == cents);
    who.until_raw("/api/users/me/wallet", &format!("{sum} {cents}"), is_so)
        .await
}

/// The own wallet, once so much is owed.
pub async fn owes(who: &Person, cents: i64) -> Result<Body, Deviation> {
    wallet_until(who, "/debt_cents", cents).await
}

pub async fn available(who: &Person) -> Result<i64, Deviation> {
    Ok(who.wallet().await?.available_cents)
}

/// All that is owed, from the card on file.
pub async fn pay_all(who: &Person) -> Result<Reply, Deviation> {
    who.post("/api/users/me/wallet/pay-debt", &json!({})).await
}

/// Waits until the newest payment of a debt has come through: until then it counts as
/// neither owed nor paid.
pub async fn until_paid(who: &Person) -> Result<(), Deviation> {
    let paid = |wallet: &Wallet| {
        let newest = wallet.debt_payments.first();
        newest.is_some_and(|it| it.state == "paid")
    };
    let ask = account::wallet();
    who.until(&ask, "a paid debt", paid).await.map(drop)
}

/// Orders again, and thinks better of it: nothing is owed that would keep this person from it.
pub async fn may_order(who: &Person) -> Result<(), Deviation> {
    let (order, _) = who.place_available(&Wish::lunch()).await?;
    who.cancel(&order, 0).await?.is(200).map(drop)
}

/// Something that an operator moves, for a reason.
pub async fn moves(scene: &Scene, what: &str, cents: i64) -> Result<Reply, Deviation> {
    let body = json!({"amount_cents": cents, "reason": "of the month"});
    operator(scene)
        .post(&format!("/api/ledger/{what}"), &body)
        .await
}

pub async fn write_off(
    scene: &Scene,
    who: &Person,
    cents: Option<i64>,
) -> Result<Reply, Deviation> {
    let mut body = json!({"reason": "hopeless"});
    if let Some(cents) = cents {
        body["amount_cents"] = json!(cents);
    }
    operator(scene)
        .post(&format!("/api/admin/users/{}/write-off", who.id), &body)
        .await
}
