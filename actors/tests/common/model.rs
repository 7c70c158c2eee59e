//! The simulation's gateway behind the runtime's port, so that a runtime and a single-threaded campus meet the same
//! world.

use campusg_actors::port::clock::Clock;
use campusg_domain::{
    call::AccountToken,
    gateway::{
        AccountFace, CallKey, CardFace, EventCursor, EventPage, GatewayEvent, LookUpFault,
        MethodKind, News, Operation, PaymentGateway, Payout, PayoutAnswer, Request, Standing,
        Subject, TokenFault, Unanswered, Unreachable,
    },
};
use campusg_domain::{
    call::{Answer, CallNumber, CardToken},
    id::{OrderId, Stream},
};
use campusg_simulation::Gateway;
use futures_util::future::{BoxFuture, ready};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// The model, its cards, and the events it has told.
pub struct Model {
    clock: Arc<dyn Clock>,
    gateway: Mutex<Gateway>,
    cards: Mutex<HashMap<OrderId, CardToken>>,
    told: Mutex<Vec<GatewayEvent>>,
}

impl Model {
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            gateway: Mutex::default(),
            cards: Mutex::default(),
            told: Mutex::default(),
        })
    }

    /// The customer's word to the bank about a call.
    pub fn confirm(&self, key: &CallKey, yes: bool) {
        self.gateway
            .lock()
            .unwrap()
            .confirm(key, yes, self.clock.now());
    }

    /// The book.
    pub fn book(&self) -> Gateway {
        self.gateway.lock().unwrap().clone()
    }
}

/// `order:{id}/{purpose}/{n}`.
fn parse(key: &CallKey) -> (OrderId, CallNumber) {
    let order = key
        .stream()
        .strip_prefix("order:")
        .unwrap()
        .parse()
        .unwrap();
    (
        order,
        key.as_str().rsplit('/').next().unwrap().parse().unwrap(),
    )
}

impl PaymentGateway for Model {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unanswered>> {
        let (order, n) = parse(&request.key);
        let mut cards = self.cards.lock().unwrap();
        if let Operation::Authorize { card, .. } | Operation::Charge { card, .. } =
            &request.operation
        {
            cards.insert(order, card.clone());
        }
        let answer = self.gateway.lock().unwrap().call(
            (Stream::Order(order), n),
            &request,
            &cards[&order],
            self.clock.now(),
        );
        Box::pin(ready(match answer {
            Answer::Unavailable => Err(Unanswered(Subject::Card)),
            answer => Ok(answer),
        }))
    }

    fn pay_out(&self, _: Payout) -> BoxFuture<'_, Result<PayoutAnswer, Unanswered>> {
        Box::pin(ready(Err(Unanswered(Subject::Card))))
    }

    fn begin_setup(
        &self,
        _: CallKey,
        _: MethodKind,
        _: String,
    ) -> BoxFuture<'_, Result<String, Unreachable>> {
        Box::pin(ready(Err(Unreachable)))
    }

    fn describe_card(&self, _: CardToken) -> BoxFuture<'_, Result<CardFace, TokenFault>> {
        let face = CardFace {
            brand: "visa".into(),
            last4: "4242".into(),
            exp_month: 12,
            exp_year: 2030,
        };
        Box::pin(ready(Ok(face)))
    }

    fn describe_account(&self, _: AccountToken) -> BoxFuture<'_, Result<AccountFace, TokenFault>> {
        Box::pin(ready(Err(TokenFault::Unknown)))
    }

    fn look_up(&self, key: CallKey) -> BoxFuture<'_, Result<Option<Standing>, LookUpFault>> {
        let told = self.told.lock().unwrap();
        let last = told.iter().rev().find_map(|event| match &event.news {
            News::Answer(answer) if event.key == key => Some(Standing {
                answer: answer.clone(),
                chargeback: None,
            }),
            _ => None,
        });
        Box::pin(ready(Ok(last)))
    }

    fn events(&self, after: EventCursor) -> BoxFuture<'_, Result<EventPage, Unreachable>> {
        let mut told = self.told.lock().unwrap();
        let mut gateway = self.gateway.lock().unwrap();
        while let Some(event) = gateway.arrived(self.clock.now()) {
            let id = (told.len() + 1).to_string().parse().unwrap();
            let news = News::Answer(event.answer);
            let key = event.key;
            told.push(GatewayEvent { id, key, news });
        }
        let events: Vec<GatewayEvent> = told
            .iter()
            .skip(after.as_str().map_or(0, |after| after.parse().unwrap()))
            .cloned()
            .collect();
        let next = match told.len() {
            0 => EventCursor::default(),
            told => told.to_string().parse().unwrap(),
        };
        Box::pin(ready(Ok(EventPage { events, next })))
    }
}
