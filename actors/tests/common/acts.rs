//! What people do in a house.

use super::{House, PASSWORD, PATIENCE};
use campusg_actors::runtime::{DropoffDetails, NewOrder, NewPerson, OrderReply, Refusal, Secret};
use campusg_domain::{
    call::CardToken,
    id::{CommandId, Fingerprint, OrderId, PhotoId, Principal, UserId},
    invariant::fingerprint,
    money::Cents,
    order::{Command, Handover, Item, Order, Shown, StoreRef, Substitution},
    owner::directory::RunnerState,
    stream::Meta,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

impl House {
    /// Somebody registered, without a card.
    pub async fn register(&self, name: &str) -> UserId {
        self.try_register(name, false).await.unwrap()
    }

    pub async fn try_register(&self, name: &str, operator: bool) -> Result<UserId, Refusal> {
        let person = NewPerson {
            email: format!("{name}@campus.example"),
            password: Secret(PASSWORD.into()),
            first_name: name.into(),
            last_name: "Tester".into(),
            phone: None,
            operator,
        };
        self.runtime
            .register(unkeyed(Principal::System), person)
            .await
            .map(|signed_in| signed_in.user)
    }

    pub async fn operator(&self) -> UserId {
        self.try_register("olivia", true).await.unwrap()
    }

    /// Somebody with this card.
    pub async fn customer(&self, name: &str, card: &str) -> UserId {
        let user = self.register(name).await;
        self.runtime
            .set_card(plain(user), CardToken(card.into()))
            .await
            .unwrap();
        user
    }

    /// Somebody who takes orders.
    pub async fn runner(&self, name: &str) -> UserId {
        let user = self.register(name).await;
        self.runtime
            .set_runner(
                plain(user),
                RunnerState {
                    active: true,
                    online: true,
                },
            )
            .await
            .unwrap();
        user
    }

    /// Places an order without a key.
    pub async fn place(&self, customer: UserId) -> Arc<Order> {
        self.runtime
            .place_order(plain(customer), wish())
            .await
            .unwrap()
            .order
    }

    /// Gives a command without a key.
    pub async fn give(
        &self,
        who: Principal,
        order: OrderId,
        command: Command,
    ) -> Result<Arc<Order>, Refusal> {
        let caller = Meta {
            fingerprint: fingerprint(&command),
            ..unkeyed(who)
        };
        self.runtime
            .order_command(caller, order, command)
            .await
            .map(|reply| reply.order)
    }

    /// Gives a command under a key.
    pub async fn give_keyed(
        &self,
        who: UserId,
        order: OrderId,
        command: Command,
        key: &str,
    ) -> Result<OrderReply, Refusal> {
        let (operation, body) = (format!("order {order}"), fingerprint(&command));
        let caller = Meta::keyed(Principal::User(who), &operation, key, body, "test");
        self.runtime.order_command(caller, order, command).await
    }

    pub async fn pin(&self, order: OrderId) -> u16 {
        self.runtime.pin(order)
    }

    pub async fn photo(&self, runner: UserId, n: u8) -> PhotoId {
        self.runtime
            .store_photo(plain(runner), picture(n))
            .await
            .unwrap()
    }

    /// From available to completed.
    pub async fn carry_out(&self, runner: UserId, order: OrderId) -> Arc<Order> {
        let me = Principal::User(runner);
        let pin = self.pin(order).await;
        let steps = [
            Command::Accept { runner },
            Command::ArriveOnSite,
            Command::Purchase {
                total: Cents(2150),
                photo: None,
            },
            Command::Collect,
            Command::Depart,
            Command::Deliver {
                shown: Shown::Pin(pin),
            },
        ];
        let mut last = None;
        for step in steps {
            last = Some(self.give(me, order, step).await.unwrap());
        }
        last.unwrap()
    }

    pub async fn order(&self, order: OrderId) -> Arc<Order> {
        self.runtime.order(order).await.unwrap().unwrap()
    }

    /// Waits until an order is as wanted.
    pub async fn until_order(
        &self,
        what: &str,
        order: OrderId,
        wanted: impl Fn(&Order) -> bool,
    ) -> Arc<Order> {
        let mut count = self.tap.count.clone();
        let waiting = async {
            loop {
                let known = self.order(order).await;
                if wanted(&known) {
                    return known;
                }
                count.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        match waited {
            Ok(order) => order,
            Err(_) => panic!("never: {what}; it is {:#?}", self.order(order).await),
        }
    }
}

/// The header of a command without a key: no other command has its id.
pub fn unkeyed(who: Principal) -> Meta {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 63);
    let id = CommandId(NEXT.fetch_add(1, Ordering::Relaxed));
    Meta::own(who, id, "test")
}

/// A person without a key.
pub fn plain(user: UserId) -> Meta {
    unkeyed(Principal::User(user))
}

/// An operator without a key.
pub fn operator(user: UserId) -> Meta {
    unkeyed(Principal::Operator(user))
}

/// A person with a key.
pub fn keyed(user: UserId, key: &str, body: Fingerprint) -> Meta {
    Meta::keyed(Principal::User(user), "test", key, body, "test")
}

/// Two pieces at 10.00 with a tip of 2.00: H 2899, with a receipt of 21.50 K 2749.
pub fn wish() -> NewOrder {
    NewOrder {
        store: StoreRef::Described {
            name: "Corner shop".into(),
            place: "Main street 1".into(),
        },
        items: vec![Item {
            name: "Bowl".into(),
            quantity: 2,
            unit_price: Cents(1000),
            substitution: Substitution::Ask,
        }],
        building: "Library".into(),
        details: DropoffDetails::default(),
        handover: Handover::Pin,
        tip: Cents(200),
        deliver_after: None,
    }
}

/// A tiny picture, another one for each `n`: one pixel in a shade of grey.
pub fn picture(n: u8) -> Vec<u8> {
    let pixel = image::GrayImage::from_pixel(1, 1, image::Luma([n]));
    let mut bytes = std::io::Cursor::new(vec![]);
    let written = pixel.write_to(&mut bytes, image::ImageFormat::Png);
    written.unwrap();
    bytes.into_inner()
}
