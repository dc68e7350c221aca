//! Who may read the database now, so that nobody takes all its readers.
//!
//! Keeps   a turn is held for as long as a question, or what is left of it in the database, goes
//!         on: who asks and goes away gives nothing back by that.

use std::any::Any;
use std::fmt::{Debug, Formatter};
use std::pin::Pin;
use std::sync::Arc;

/// Resolves when it is one's turn; to `None` where too much is asked already.
pub type Entering<'a> = Pin<Box<dyn Future<Output = Option<Turn>> + Send + 'a>>;

/// Lets questions to the database in, one by one.
pub trait Gate: Debug + Send + Sync {
    /// Asks for a turn.
    fn enter(&self) -> Entering<'_>;
}

/// One question's turn, given back when the last clone is dropped.
#[derive(Clone)]
pub struct Turn(
    #[expect(dead_code, reason = "it is there to be dropped")] Arc<dyn Any + Send + Sync>,
);

impl Turn {
    /// A turn for as long as `held` is kept.
    #[must_use]
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self(Arc::new(held))
    }
}

impl Debug for Turn {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}
