//! The accounts of the benchmark: for every connection a customer with a card and a runner, and the operator.

use crate::{
    Fault,
    client::{Connection, Head},
};
use std::net::SocketAddr;

/// The session tokens of a customer and a runner who share a connection.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Prefix of the pair's idempotency keys; unique among the pairs.
    pub name: String,
    pub customer: String,
    pub runner: String,
}

/// Returns a pair for a reference server, which ignores tokens but reads as many bytes.
pub fn nobody(n: usize) -> Pair {
    let token = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG".to_owned();
    Pair {
        name: format!("pair-{n}"),
        customer: token.clone(),
        runner: token,
    }
}

/// Opens the accounts of `count` pairs, several at a time.
///
/// # Errors
/// The first response that is not as expected.
pub async fn open(address: SocketAddr, count: usize) -> Result<Vec<Pair>, Fault> {
    const AT_ONCE: usize = 4;
    let part = |first: usize| async move {
        let mut connection = Connection::open(address).await?;
        let mut pairs = vec![];
        for n in (first..count).step_by(AT_ONCE) {
            pairs.push(pair(&mut connection, n).await?);
        }
        Ok::<_, Fault>(pairs)
    };
    let parts: Vec<_> = (0..AT_ONCE)
        .map(|first| tokio::spawn(part(first)))
        .collect();
    let mut pairs = Vec::with_capacity(count);
    for part in parts {
        pairs.extend(part.await??);
    }
    Ok(pairs)
}

async fn pair(connection: &mut Connection, n: usize) -> Result<Pair, Fault> {
    let customer = register(connection, &format!("customer-{n}")).await?;
    put(
        connection,
        "/api/users/me/payment-method",
        &customer,
        r#"{"token":"tok_visa"}"#,
    )
    .await?;
    let runner = register(connection, &format!("runner-{n}")).await?;
    put(
        connection,
        "/api/users/me/runner",
        &runner,
        r#"{"active":true,"online":true}"#,
    )
    .await?;
    Ok(Pair {
        name: format!("pair-{n}"),
        customer,
        runner,
    })
}

async fn register(connection: &mut Connection, name: &str) -> Result<String, Fault> {
    let body = format!(
        r#"{{"email":"{name}@campus.example","password":"bench-password-2026","first_name":"Bench","last_name":"Person"}}"#
    );
    connection
        .ask(
            Head {
                method: "POST",
                path: "/api/users",
                token: None,
                key: None,
            },
            &body,
        )
        .await?;
    Ok(connection.find(r#""token":""#, b'"')?.to_owned())
}

/// Signs in as the demo's operator, who may query what the server has written; returns the token.
///
/// # Errors
/// If the server was not started as a demo.
pub async fn operator(connection: &mut Connection) -> Result<String, Fault> {
    let body = r#"{"email":"olivia@campus.example","password":"campus-demo-2026"}"#;
    connection
        .ask(
            Head {
                method: "POST",
                path: "/api/sessions",
                token: None,
                key: None,
            },
            body,
        )
        .await?;
    Ok(connection.find(r#""token":""#, b'"')?.to_owned())
}

async fn put(
    connection: &mut Connection,
    path: &str,
    token: &str,
    body: &str,
) -> Result<(), Fault> {
    connection
        .ask(
            Head {
                method: "PUT",
                path,
                token: Some(token),
                key: None,
            },
            body,
        )
        .await
}
