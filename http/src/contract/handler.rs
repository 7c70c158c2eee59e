//! The contract of a handler, put together from its extractors and its answer.

use super::{Described, answers::Answers, asks::Asks};

/// A handler that says what it asks and answers. `T` is axum's type of its extractors, as in its `Handler<T, S>`.
pub(crate) trait Contract<T> {
    fn describe(described: &mut Described);
}

impl<F, Fut> Contract<((),)> for F
where
    F: FnOnce() -> Fut,
    Fut: Future<Output: Answers>,
{
    fn describe(described: &mut Described) {
        <Fut::Output as Answers>::describe(described);
    }
}

macro_rules! handlers {
    ($($($asked:ident)*;)*) => {$(
        impl<F, Fut, M, $($asked,)*> Contract<(M, $($asked,)*)> for F
        where
            F: FnOnce($($asked,)*) -> Fut,
            Fut: Future<Output: Answers>,
            $($asked: Asks,)*
        {
            fn describe(described: &mut Described) {
                $($asked::describe(described);)*
                <Fut::Output as Answers>::describe(described);
            }
        }
    )*};
}

handlers! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
}
