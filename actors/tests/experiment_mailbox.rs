//! Pins that actix mailboxes bound nothing in practice, which is why the registry's permits stand in front of them.
//!
//! Facts of actix 0.13.5 (A3): the default capacity is 16, and each way of sending gets past it.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::task::{Context as TaskContext, Poll, Waker};

use actix::dev::SendError;
use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, MessageResult, WrapFuture};
use actix_rt::System;
use tokio::sync::oneshot;

/// actix's default.
const CAPACITY: u64 = 16;
/// Far beyond any capacity in sight.
const MANY: u64 = 10_000;

/// Counts; its mailbox stays closed while a gate is shut.
#[derive(Default)]
struct Counter(u64);

impl Actor for Counter {
    type Context = Context<Self>;
}

struct Shut(oneshot::Receiver<()>);

impl Message for Shut {
    type Result = ();
}

impl Handler<Shut> for Counter {
    type Result = ();

    fn handle(&mut self, Shut(gate): Shut, ctx: &mut Self::Context) {
        let opened = async move { gate.await.unwrap() };
        ctx.wait(opened.into_actor(self));
    }
}

/// Adds one and answers how many were handled before.
struct Add;

impl Message for Add {
    type Result = u64;
}

impl Handler<Add> for Counter {
    type Result = MessageResult<Add>;

    fn handle(&mut self, Add: Add, _: &mut Self::Context) -> Self::Result {
        self.0 += 1;
        MessageResult(self.0 - 1)
    }
}

/// Starts a counter whose mailbox is closed until the returned gate opens.
async fn shut_counter() -> (Addr<Counter>, oneshot::Sender<()>) {
    let counter = Counter::default().start();
    let (open, gate) = oneshot::channel();
    counter.send(Shut(gate)).await.unwrap();
    (counter, open)
}

/// Sends with `try_send` until it is refused as full; answers how many were taken.
fn fill(address: &Addr<Counter>) -> u64 {
    let mut taken = 0;
    loop {
        match address.try_send(Add) {
            Ok(()) => taken += 1,
            Err(SendError::Full(_)) => return taken,
            Err(SendError::Closed(_)) => panic!("the counter is gone"),
        }
    }
}

/// Pins A3: `do_send` ignores the capacity; everything is queued and handled.
#[test]
fn do_send_ignores_the_capacity() {
    System::new().block_on(async {
        let (counter, open) = shut_counter().await;
        for _ in 0..MANY {
            counter.do_send(Add);
        }
        open.send(()).unwrap();
        assert_eq!(counter.send(Add).await, Ok(MANY));
    });
}

/// Pins A3: `do_send` to a dead actor is dropped without a trace, `try_send` says `Closed`.
#[test]
fn do_send_to_the_dead_is_silent() {
    System::new().block_on(async {
        let (counter, open) = shut_counter().await;
        drop(open); // the waiting future panics on the lost gate
        counter.send(Add).await.unwrap_err();
        counter.do_send(Add);
        while counter.connected() {
            tokio::task::yield_now().await;
        }
        counter.do_send(Add);
        assert!(matches!(counter.try_send(Add), Err(SendError::Closed(_))));
    });
}

/// Pins A3: `try_send` is refused only when this very address is parked; each clone of it gets one more message in.
#[test]
fn try_send_is_never_full_for_a_fresh_clone() {
    System::new().block_on(async {
        let (counter, open) = shut_counter().await;
        assert_eq!(fill(&counter), CAPACITY);
        let clones: Vec<_> = (0..MANY).map(|_| counter.clone()).collect();
        for clone in &clones {
            assert_eq!(fill(clone), 1);
        }
        open.send(()).unwrap();
        assert_eq!(counter.send(Add).await, Ok(CAPACITY + MANY));
    });
}

/// Pins A3: `send` from a parked address queues at its first poll all the same (it clones the address), so it bounds nothing.
#[test]
fn send_queues_at_the_first_poll_however_full_the_mailbox_is() {
    System::new().block_on(async {
        let (counter, open) = shut_counter().await;
        assert_eq!(fill(&counter), CAPACITY);
        let mut requests: Vec<_> = (0..MANY).map(|_| Box::pin(counter.send(Add))).collect();
        for request in &mut requests {
            let polled = request
                .as_mut()
                .poll(&mut TaskContext::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Pending));
        }
        let last = counter.clone().send(Add);
        open.send(()).unwrap();
        // First in, first out: had one request waited outside for room, the last would have overtaken it.
        assert_eq!(last.await, Ok(CAPACITY + MANY));
    });
}
