//! Every field of every route that takes a body, bent in every way that its shape forbids: each time a problem that names
//! the field by its path, and nothing is done. And every bound that the contract gives a field: at it the field is taken,
//! beyond it refused. What else a field's *value* must be is tested where the rule is.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Deviation, Person};
use campusg_robots::walkthrough::Errand;
use common::raw::AsWritten as _;
use common::{Options, operator, turn::shared};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ID: &str = "01a217b7-52fe-7203-92a3-d28abbc7ce7b";

fn options() -> Options {
    Options::virtual_clock(&["server.registrations_per_ip=1000"])
}

/// Who calls.
#[derive(Clone, Copy)]
enum By {
    Nobody,
    Customer,
    Runner,
    Operator,
}

/// A route, and a body in which every field that it knows is given. The members named in `optional` may be null or left
/// out; those in `any` take whatever JSON there is.
struct Taking {
    route: &'static str,
    by: By,
    body: Value,
    optional: &'static [&'static str],
    any: &'static [&'static str],
}

fn taking(route: &'static str, by: By, body: Value, optional: &'static [&'static str]) -> Taking {
    Taking {
        route,
        by,
        body,
        optional,
        any: &[],
    }
}

fn order() -> Value {
    json!({
        "store": {"id": ID, "name": "Noodle Bar", "place": "Hall 1"},
        "items": [{"name": "Soup", "quantity": 1, "unit_price_cents": 900, "substitution": "ask"}],
        "dropoff": {
            "building": "Hall 4", "level": "2", "room": "215", "meeting_point": "Door", "handover": "pin",
            "notes": "Ring twice."
        },
        "tip_cents": 200, "deliver_after": "2027-01-01T12:00:00Z",
    })
}

const OF_ORDER: &[&str] = &[
    "store.id",
    "store.name",
    "store.place",
    "items[0].substitution",
    "dropoff.level",
    "dropoff.room",
    "dropoff.meeting_point",
    "dropoff.notes",
    "tip_cents",
    "deliver_after",
];

fn of_people() -> Vec<Taking> {
    use By::{Customer, Nobody, Operator, Runner};
    let person = json!({
        "email": "ann@campus.example", "password": "long enough", "first_name": "Ann", "last_name": "B", "phone": "+1 555",
    });
    let login = json!({"email": "ann@campus.example", "password": "long enough", "device": "a"});
    let name = json!({"first_name": "Ann", "last_name": "B", "phone": "+1 555"});
    let span = json!({"weekday": "monday", "from": "08:00", "to": "18:00"});
    let store = json!({"name": "Deli", "place": "Hall 1", "hours": [span], "paused": false});
    let note = json!({"user_id": ID, "title": "T", "message": "M", "order_id": ID, "data": {}});
    vec![
        taking("POST /api/users", Nobody, person, &["phone"]),
        taking("POST /api/sessions", Nobody, login, &["device"]),
        taking(
            "PATCH /api/users/me",
            Customer,
            name,
            &["first_name", "last_name", "phone"],
        ),
        taking(
            "PUT /api/users/me/payment-method",
            Customer,
            json!({"token": "tok_visa"}),
            &[],
        ),
        taking(
            "POST /api/users/me/payment-method/setup",
            Customer,
            json!({"kind": "card", "return_url": "/"}),
            &[],
        ),
        taking(
            "PUT /api/users/me/payout-method",
            Runner,
            json!({"token": "acct_bank"}),
            &[],
        ),
        taking(
            "PUT /api/users/me/runner",
            Runner,
            json!({"active": true, "online": true}),
            &[],
        ),
        taking(
            "POST /api/users/me/wallet/pay-debt",
            Customer,
            json!({"amount_cents": 50}),
            &["amount_cents"],
        ),
        taking(
            "POST /api/users/me/payouts",
            Runner,
            json!({"amount_cents": 50}),
            &[],
        ),
        taking(
            "POST /api/stores",
            Operator,
            store.clone(),
            &["hours", "paused"],
        ),
        taking(
            "PATCH /api/stores/{any}",
            Operator,
            store,
            &["name", "place", "hours", "paused"],
        ),
        Taking {
            any: &["data"],
            ..taking(
                "POST /api/notifications/send",
                Operator,
                note,
                &["order_id", "data"],
            )
        },
    ]
}

fn of_orders() -> Vec<Taking> {
    use By::{Customer, Operator, Runner};
    let store = json!({"store": {"id": ID, "name": "Noodle Bar", "place": "Hall 1"}});
    let status = json!({
        "status": "purchased", "receipt": {"total_cents": 900, "photo_id": ID}, "proof": {"pin": "0000", "photo_id": ID},
    });
    let offer = json!({"name": "Stew", "quantity": 1, "unit_price_cents": 900});
    let proposal = json!({
        "kind": "substitution", "total_cents": 900, "items": [{"item": 0, "offer": offer}], "photo_id": ID, "note": "None left.",
    });
    let problem = json!({"kind": "other", "photo_id": ID, "note": "Rain."});
    let dispute = json!({"reason": "Cold.", "claim_cents": 100, "photo_ids": [ID]});
    let reply = json!({"text": "No.", "photo_ids": [ID]});
    let verdict = json!({"refund_cents": 100, "at_fault": "store", "reason": "Cold."});
    let refund = json!({"amount_cents": 100, "reason": "Sorry."});
    let cancel = json!({"accept_charge_cents": 0, "reason": "Ill."});
    let of_store = &["store.id", "store.name", "store.place"];
    vec![
        taking("POST /api/quotes", Customer, order(), OF_ORDER),
        taking("POST /api/orders", Customer, order(), OF_ORDER),
        taking(
            "POST /api/orders/{order}/status",
            Runner,
            status,
            &[
                "receipt",
                "receipt.photo_id",
                "proof",
                "proof.pin",
                "proof.photo_id",
            ],
        ),
        taking(
            "POST /api/orders/{order}/cancel",
            Customer,
            cancel,
            &["accept_charge_cents", "reason"],
        ),
        taking(
            "POST /api/orders/{order}/proposals",
            Runner,
            proposal,
            &["total_cents", "items", "items[0].offer", "note"],
        ),
        taking(
            "POST /api/orders/{order}/proposals/1/drop-item",
            Customer,
            json!({"items": [0]}),
            &[],
        ),
        taking(
            "POST /api/orders/{order}/proposals/1/other-store",
            Customer,
            store,
            of_store,
        ),
        taking(
            "POST /api/orders/{order}/problems",
            Runner,
            problem,
            &["photo_id", "note"],
        ),
        taking(
            "POST /api/orders/{order}/messages",
            Customer,
            json!({"text": "Hello."}),
            &[],
        ),
        taking(
            "POST /api/orders/{order}/tip",
            Customer,
            json!({"tip_cents": 100}),
            &[],
        ),
        taking(
            "POST /api/orders/{order}/ratings",
            Customer,
            json!({"stars": 5}),
            &[],
        ),
        taking(
            "POST /api/orders/{order}/disputes",
            Customer,
            dispute,
            &["claim_cents", "photo_ids"],
        ),
        taking(
            "POST /api/orders/{order}/disputes/1/reply",
            Customer,
            reply,
            &["photo_ids"],
        ),
        taking(
            "POST /api/orders/{order}/disputes/1/resolve",
            Operator,
            verdict,
            &[],
        ),
        taking("POST /api/orders/{order}/refunds", Operator, refund, &[]),
    ]
}

fn of_the_desk() -> Vec<Taking> {
    use By::Operator;
    let reason = json!({"reason": "Because."});
    let because = [
        "POST /api/escrow/{order}/release",
        "POST /api/escrow/{order}/refund",
        "POST /api/admin/sagas/{order}/retry",
        "POST /api/admin/sagas/{order}/skip",
        "POST /api/admin/sagas/{order}/compensate",
        "POST /api/admin/orders/{order}/hold",
        "POST /api/admin/orders/{order}/unhold",
        "POST /api/admin/orders/{order}/reassign",
        "POST /api/admin/orders/{order}/abandon",
        "POST /api/admin/users/{any}/suspend",
        "POST /api/admin/users/{any}/reinstate",
        "POST /api/admin/wallets/{any}/retry",
    ];
    let because = because.map(|route| taking(route, Operator, reason.clone(), &[]));
    let settle =
        json!({"to_runner_cents": 1, "refund_cents": 1, "at_fault": "store", "reason": "So."});
    let moved = json!({"amount_cents": 100, "reason": "Cash."});
    let event = json!({
        "event_type": "ORDER_TIMEOUT", "entity_id": ID, "scheduled_time": "2027-01-01T12:00:00Z", "payload": {},
    });
    because
        .into_iter()
        .chain([
            taking(
                "POST /api/admin/orders/{order}/settle",
                Operator,
                settle,
                &["to_runner_cents", "refund_cents", "at_fault"],
            ),
            taking(
                "POST /api/admin/users/{any}/write-off",
                Operator,
                moved.clone(),
                &["amount_cents"],
            ),
            taking("POST /api/ledger/top-ups", Operator, moved.clone(), &[]),
            taking("POST /api/ledger/withdrawals", Operator, moved, &[]),
            taking(
                "POST /api/admin/clock/accept",
                Operator,
                json!({"reason": "it is right"}),
                &[],
            ),
            taking(
                "POST /api/admin/clock/advance",
                Operator,
                json!({"advance_ms": 1}),
                &[],
            ),
            Taking {
                any: &["payload"],
                ..taking("POST /api/scheduled-events", Operator, event, &["payload"])
            },
        ])
        .collect()
}

/// A body that no caller may send, and the code and field of its refusal.
type Bent = (Value, &'static str, String);

impl Taking {
    /// The body, bent at every field in every way.
    fn bent(&self) -> Vec<Bent> {
        let mut bent = vec![];
        self.bend("", &self.body, &mut bent);
        bent
    }

    fn bend(&self, pointer: &str, at: &Value, bent: &mut Vec<Bent>) {
        let path = path(pointer);
        for wrong in others(at) {
            if !self.any.contains(&path.as_str()) {
                bent.push((self.with(pointer, Some(wrong)), "wrong_type", path.clone()));
            }
        }
        if !self.optional.contains(&path.as_str()) && !pointer.is_empty() {
            bent.push((
                self.with(pointer, Some(Value::Null)),
                "wrong_type",
                path.clone(),
            ));
            if !pointer.ends_with(|last: char| last.is_ascii_digit()) {
                bent.push((self.with(pointer, None), "missing_field", path.clone()));
            }
        }
        match at {
            Value::Object(members) if !self.any.contains(&path.as_str()) => {
                let unknown = format!("{pointer}/surprise");
                let named = crate::path(&unknown);
                bent.push((self.with(&unknown, Some(json!(1))), "unknown_field", named));
                for (name, member) in members {
                    self.bend(&format!("{pointer}/{name}"), member, bent);
                }
            }
            Value::Array(items) => self.bend(&format!("{pointer}/0"), &items[0], bent),
            _ => {}
        }
    }

    /// The body without what does not go with the rest of it.
    fn fitting(mut self) -> Self {
        let mut leave_out = |pointer: &str, members: &[&str]| {
            if let Some(Value::Object(object)) = self.body.pointer_mut(pointer) {
                object.retain(|name, _| !members.contains(&name.as_str()));
            }
        };
        leave_out("/store", &["id"]);
        if self.route.ends_with("/settle") {
            leave_out("", &["refund_cents", "at_fault"]);
        }
        if self.route.ends_with("/status") {
            leave_out("", &["receipt"]);
            leave_out("/proof", &["photo_id"]);
            self.body["status"] = json!("delivered");
        }
        self
    }

    /// The body with this at the pointer instead, or without it.
    fn with(&self, pointer: &str, value: Option<Value>) -> Value {
        let mut body = self.body.clone();
        let Some((parent, member)) = pointer.rsplit_once('/') else {
            return value.unwrap();
        };
        match (body.pointer_mut(parent).unwrap(), value) {
            (Value::Array(items), Some(value)) => items[0] = value,
            (parent, Some(value)) => parent[member] = value,
            (parent, None) => drop(parent.as_object_mut().unwrap().remove(member)),
        }
        body
    }
}

/// Values that are of another kind.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::String(_) => vec![json!(7), json!(true), json!([]), json!({})],
        Value::Number(_) => vec![
            json!("7"),
            json!(7.5),
            json!(-1),
            json!(1e30),
            json!(false),
            json!([7]),
            json!({}),
        ],
        Value::Bool(_) => vec![json!("true"), json!(1), json!([]), json!({})],
        Value::Array(_) => vec![json!("one"), json!(1), json!({})],
        Value::Object(_) => vec![json!("one"), json!(1), json!([])],
        Value::Null => vec![],
    }
}

/// `/items/0/name` is shown as `items[0].name`.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        if part.starts_with(|first: char| first.is_ascii_digit()) {
            path = format!("{path}[{part}]");
        } else if path.is_empty() {
            path = part.into();
        } else {
            path = format!("{path}.{part}");
        }
    }
    path
}

#[tokio::test]
async fn every_field_of_every_route_is_named_when_it_is_bent() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::at(&scene.client, "accepted").await?;
    let before = errand.customer.order_raw(&errand.order).await?;
    let mut bends = 0;
    for taking in of_people()
        .into_iter()
        .chain(of_orders())
        .chain(of_the_desk())
    {
        let (method, route) = taking.route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let to = route
            .replace("{order}", &errand.order)
            .replace("{any}", &errand.runner.id);
        for (body, code, field) in taking.bent() {
            let ask = ApiRequest::new(method.clone(), &to)
                .with_bytes("application/json", body.to_string())
                .with_key(scene.client.fresh());
            let who: Option<&Person> = match taking.by {
                By::Nobody => None,
                By::Customer => Some(&errand.customer),
                By::Runner => Some(&errand.runner),
                By::Operator => Some(operator(&scene)),
            };
            let reply = match who {
                Some(who) => who.send(ask).await?,
                None => scene.client.send(&ask).await?,
            };
            let told = reply.refuses(400, code);
            let told = told.unwrap_or_else(|other| panic!("{} {body}: {other}", taking.route));
            assert_eq!(
                told.text("/field").unwrap_or_default(),
                field,
                "{} {body}",
                taking.route
            );
            bends += 1;
        }
    }
    assert!(bends > 900, "{bends}");
    assert_eq!(
        errand.customer.order_raw(&errand.order).await?,
        before,
        "none of it changes anything"
    );
    Ok(())
}

/// A field with a bound: its place in the body, and its schema.
type Bounded = (String, Value);

/// Texts that are more than their length, so that a padded one is none.
const FORMED: [&str; 4] = ["email", "phone", "pin", "return_url"];

/// The bounded fields of a body, as the contract has them.
fn bounded(document: &Value, schema: &Value, at: &Value, pointer: &str, found: &mut Vec<Bounded>) {
    let schema = resolved(document, schema);
    match at {
        Value::Object(members) => {
            for (name, member) in members {
                let schema = &schema["properties"][name];
                assert!(!schema.is_null(), "{pointer}/{name} is not in the contract");
                bounded(
                    document,
                    schema,
                    member,
                    &format!("{pointer}/{name}"),
                    found,
                );
            }
        }
        Value::Array(items) => {
            let pointer = format!("{pointer}/0");
            bounded(document, &schema["items"], &items[0], &pointer, found);
        }
        _ if ["minimum", "maximum", "minLength", "maxLength"]
            .iter()
            .any(|bound| !schema[*bound].is_null()) =>
        {
            found.push((pointer.into(), schema.clone()));
        }
        _ => {}
    }
}

/// The schema that a reference leads to, or the one beside null.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let place = reference.trim_start_matches('#');
        return resolved(document, document.pointer(place).unwrap());
    }
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let mut choices = choices.filter(|choice| choice["type"] != "null");
    match choices.next() {
        Some(choice) if !schema["oneOf"].is_null() => resolved(document, choice),
        _ => schema,
    }
}

/// Values at the bounds of a field, and beyond them.
fn edges(schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let text = |length: u64| json!("a".repeat(usize::try_from(length).unwrap()));
    let number = |bound: &str| schema[bound].as_i64();
    let length = |bound: &str| schema[bound].as_u64();
    let (mut at, mut beyond) = (vec![], vec![]);
    if let Some(least) = number("minimum") {
        at.push(json!(least));
        beyond.push(json!(least - 1));
    }
    if let Some(most) = number("maximum") {
        at.push(json!(most));
        beyond.push(json!(most + 1));
    }
    if let Some(least) = length("minLength") {
        at.push(text(least));
        beyond.push(text(least - 1));
    }
    if let Some(most) = length("maxLength") {
        at.push(text(most));
        beyond.push(text(most + 1));
    }
    (at, beyond)
}

#[tokio::test]
async fn every_bound_of_the_contract_is_the_servers() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let contract = ApiRequest::get("/api/openapi.json");
    let document = scene.client.send(&contract).await?.is(200)?.0;
    let mut tried = 0;
    for taking in of_people()
        .into_iter()
        .chain(of_orders())
        .chain(of_the_desk())
        .map(Taking::fitting)
    {
        let errand = Errand::at(&scene.client, "accepted").await?;
        let (method, route) = taking.route.split_once(' ').unwrap();
        let to = route
            .replace("{order}", &errand.order)
            .replace("{any}", &errand.runner.id);
        let paths = document["paths"].as_object().unwrap();
        let named = paths.iter().find(|(path, item)| {
            nameless(path) == nameless(route) && !item[method.to_lowercase()].is_null()
        });
        let (_, item) = named.unwrap_or_else(|| panic!("{} is not in the contract", taking.route));
        let schema = "/requestBody/content/application~1json/schema";
        let schema = item[method.to_lowercase()].pointer(schema).unwrap();
        let mut found = vec![];
        bounded(&document, schema, &taking.body, "", &mut found);
        for (pointer, schema) in found {
            let field = path(&pointer);
            let is_formed = FORMED.iter().any(|formed| field.ends_with(formed));
            let (at, beyond) = edges(&schema);
            let at = at
                .into_iter()
                .filter(|_| !is_formed)
                .map(|value| (value, true));
            for (value, fits) in at.chain(beyond.into_iter().map(|value| (value, false))) {
                let body = taking.with(&pointer, Some(value.clone()));
                let ask = ApiRequest::new(method.parse().unwrap(), &to)
                    .with_bytes("application/json", body.to_string())
                    .with_key(scene.client.fresh());
                let reply = match taking.by {
                    By::Nobody => scene.client.send(&ask).await?,
                    By::Customer => errand.customer.send(ask).await?,
                    By::Runner => errand.runner.send(ask).await?,
                    By::Operator => operator(&scene).send(ask).await?,
                };
                let named = reply.body.text("/field").unwrap_or_default() == field;
                // How much is taken, the policy says; that more can't be meant at all, the type.
                let refused =
                    named && (reply.status == 400 || reply.status == 422 && value.is_string());
                // Stars and the names in a proposal are judged by the order, after what it is about.
                let judged_later =
                    [404, 409].contains(&reply.status) && (value.is_string() || field == "stars");
                let what = || format!("{} {field} = {value}: {}", taking.route, reply.summary());
                if fits {
                    assert!(!refused, "{}", what());
                } else {
                    assert!(named || judged_later, "{}", what());
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
    Ok(())
}

#[tokio::test]
async fn a_clock_is_moved_by_a_year_at_most() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let moved = operator(&scene).move_clock(400 * 24 * 3_600_000).await?;
    let told = moved.refuses(422, "invalid_field")?;
    assert_eq!(told.text("/field")?, "advance_ms");
    Ok(())
}

/// The routes of the edge that change something, as its table has them; names in braces are all the same.
fn routes() -> BTreeSet<String> {
    let table = include_str!("../http/src/router.rs");
    let table = table.split("#[cfg(test)]").next().unwrap();
    let lines = table.lines().filter_map(|line| {
        let (method, rest) = line.trim().strip_prefix('.')?.split_once("(\"")?;
        let method = matches!(method, "post" | "command" | "password" | "put" | "patch")
            .then(|| method.to_uppercase())?;
        let method = method
            .replace("PASSWORD", "POST")
            .replace("COMMAND", "POST");
        let (path, _) = rest.split_once('"')?;
        Some(nameless(&format!("{method} {path}")))
    });
    lines.collect()
}

fn nameless(route: &str) -> String {
    let parts = route.split('/').map(|part| {
        if part.starts_with('{') || part.parse::<u8>().is_ok() {
            "_"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn no_route_that_takes_a_body_is_left_out() {
    let bent = of_people()
        .into_iter()
        .chain(of_orders())
        .chain(of_the_desk());
    let bent: BTreeSet<String> = bent.map(|taking| nameless(taking.route)).collect();
    let bodyless = [
        "POST /api/orders/_/accept",
        "POST /api/orders/_/cancel-acceptance",
        "POST /api/orders/_/confirm",
        "POST /api/orders/_/proposals/_/withdraw",
        "POST /api/orders/_/proposals/_/approve",
        "POST /api/orders/_/proposals/_/reject",
        "POST /api/orders/_/no-show-answer",
        "POST /api/scheduled-events/_/cancel",
        "POST /api/notifications/_/read",
        "POST /api/admin/actors/_/release",
    ];
    // What the gateway signs is tested with its signatures.
    let others = bodyless.into_iter().chain(["POST /api/gateway/events"]);
    let known: BTreeSet<String> = others.map(Into::into).chain(bent).collect();
    assert_eq!(routes(), known);
}
