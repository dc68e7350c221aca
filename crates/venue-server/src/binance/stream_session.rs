//! What one connection to the market streams listens to, and what it asks.
//!
//! Keeps   an answer stands in the outbox before the first message of what it grants; when the
//!         session is dropped, it listens to nothing.
//! Fails   with the venue's codes and texts, never by ending.

use std::collections::BTreeMap;
use std::sync::Arc;

use projection::Catalog;
use venue::binance::{FrameError, Method, Outcome, Request, RequestId, Response, StreamName};

use super::fanout::{Dropped, Hub, Outbox, Topic};
use super::stream_shape::json;

/// The most streams of one connection.
pub const STREAMS_MAX: usize = 1_024;
/// The longest name of a stream, in bytes. The longest documented one has 48.
const NAME_BYTES_MAX: usize = 128;

/// Ends a private subscription when it is dropped.
pub type PrivateGuard = Box<dyn Send>;
/// Opens private streams by their name: a listen key.
pub type OpenPrivate = Arc<dyn Fn(&str, &Arc<Outbox>) -> Option<PrivateGuard> + Send + Sync>;

/// One connection's subscriptions.
pub struct StreamSession {
    hub: Arc<Hub>,
    outbox: Arc<Outbox>,
    open_private: OpenPrivate,
    streams: BTreeMap<String, Listening>,
}

/// What stands behind a name.
enum Listening {
    Topic(Topic),
    /// Kept for what happens when it is dropped.
    Private {
        _guard: PrivateGuard,
    },
}

impl StreamSession {
    /// A session that listens to nothing yet.
    #[must_use]
    pub fn new(hub: Arc<Hub>, outbox: Arc<Outbox>, open_private: OpenPrivate) -> Self {
        Self { hub, outbox, open_private, streams: BTreeMap::new() }
    }

    /// What waits to be sent.
    #[must_use]
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Listens to `names` as well, or to none of them.
    ///
    /// # Errors
    /// [`FrameError::Request`] for too many streams and for names that are too long.
    pub fn subscribe(&mut self, names: Vec<String>, catalog: &Catalog) -> Result<(), FrameError> {
        self.check(&names)?;
        for name in names {
            if !self.streams.contains_key(&name) {
                // A name that is no stream is silent, as on the venue, and nothing is kept of it.
                if let Some(listening) = self.open(&name, catalog) {
                    self.streams.insert(name, listening);
                }
            }
        }
        Ok(())
    }

    fn check(&self, names: &[String]) -> Result<(), FrameError> {
        let refused = |why: &str| Err(FrameError::Request(why.to_owned()));
        if names.iter().any(|name| NAME_BYTES_MAX < name.len()) {
            return refused("stream name is too long");
        }
        let mut new: Vec<_> =
            names.iter().filter(|name| !self.streams.contains_key(*name)).collect();
        new.sort_unstable();
        new.dedup();
        if STREAMS_MAX < self.streams.len() + new.len() {
            return refused("too many streams; a connection listens to 1024 at most");
        }
        Ok(())
    }

    fn open(&self, name: &str, catalog: &Catalog) -> Option<Listening> {
        let Some(stream) = StreamName::parse(name) else {
            let guard = (self.open_private)(name, &self.outbox);
            return guard.map(|guard| Listening::Private { _guard: guard });
        };
        let find = |symbol: &str| catalog.market_by_symbol(symbol).map(|market| market.id);
        let topic = Topic::of(&stream, find)?;
        // Of its two spellings everybody hears the same, whoever came first.
        self.hub.subscribe(topic, &stream.to_string(), &self.outbox);
        Some(Listening::Topic(topic))
    }

    fn close(&mut self, name: &str) {
        if let Some(Listening::Topic(topic)) = self.streams.remove(name) {
            // The same stream may stand here under its other name.
            let again = self
                .streams
                .values()
                .any(|it| matches!(it, Listening::Topic(other) if *other == topic));
            if !again {
                self.hub.unsubscribe(topic, &self.outbox);
            }
        }
    }

    /// Answers one text message.
    ///
    /// # Errors
    /// [`Dropped`] where the answer does not fit into the outbox.
    pub fn hear(&mut self, text: &str, catalog: &Catalog) -> Result<(), Dropped> {
        let request = match Request::parse(text) {
            Ok(request) => request,
            Err(response) => return self.answer(&response),
        };
        let id = request.id;
        match request.method {
            Method::Subscribe(names) => match self.check(&names) {
                Ok(()) => {
                    self.done(id, Outcome::Done)?;
                    // Checked just now.
                    let _ = self.subscribe(names, catalog);
                    Ok(())
                }
                Err(error) => self.answer(&error.response(Some(id))),
            },
            Method::Unsubscribe(names) => {
                names.iter().for_each(|name| self.close(name));
                self.done(id, Outcome::Done)
            }
            Method::ListSubscriptions => {
                self.done(id, Outcome::Streams(self.streams.keys().cloned().collect()))
            }
            Method::SetCombined(combined) => {
                self.outbox.set_combined(combined);
                self.done(id, Outcome::Done)
            }
            Method::GetCombined => self.done(id, Outcome::Property(self.outbox.is_combined())),
        }
    }

    fn done(&self, id: RequestId, result: Outcome) -> Result<(), Dropped> {
        self.answer(&Response::Result { result, id })
    }

    fn answer(&self, response: &Response) -> Result<(), Dropped> {
        self.outbox.push(json(response).into())
    }
}

impl Drop for StreamSession {
    fn drop(&mut self) {
        for listening in self.streams.values() {
            if let Listening::Topic(topic) = listening {
                self.hub.unsubscribe(*topic, &self.outbox);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use venue::binance::TimeUnit;

    use super::*;

    fn session() -> StreamSession {
        let hub = Arc::new(Hub::default());
        let outbox = hub.connect(TimeUnit::Millisecond, false);
        StreamSession::new(hub, outbox, Arc::new(|_, _| None))
    }

    fn ask(session: &mut StreamSession, request: &str) -> String {
        session.hear(request, &Catalog::default()).unwrap();
        let mut taken = VecDeque::new();
        session.outbox.take(&mut taken, usize::MAX).unwrap();
        assert_eq!(taken.len(), 1);
        taken[0].to_string()
    }

    #[test]
    fn requests_are_answered_as_documented() {
        let mut session = session();
        for (request, want) in [
            (
                r#"{"method":"SUBSCRIBE","params":["!bookTicker","nonsense"],"id":1}"#,
                r#"{"result":null,"id":1}"#,
            ),
            (
                r#"{"method":"LIST_SUBSCRIPTIONS","id":"a"}"#,
                r#"{"result":["!bookTicker"],"id":"a"}"#,
            ),
            (
                r#"{"method":"UNSUBSCRIBE","params":["nonsense","other"],"id":2}"#,
                r#"{"result":null,"id":2}"#,
            ),
            (
                r#"{"method":"LIST_SUBSCRIPTIONS","id":null}"#,
                r#"{"result":["!bookTicker"],"id":null}"#,
            ),
            (
                r#"{"method":"GET_PROPERTY","params":["combined"],"id":3}"#,
                r#"{"result":false,"id":3}"#,
            ),
            (
                r#"{"method":"SET_PROPERTY","params":["combined",true],"id":4}"#,
                r#"{"result":null,"id":4}"#,
            ),
            (
                r#"{"method":"GET_PROPERTY","params":["combined"],"id":5}"#,
                r#"{"result":true,"id":5}"#,
            ),
            (
                r#"{"method":"GET_PROPERTY","params":["x"],"id":6}"#,
                r#"{"code":0,"msg":"Unknown property","id":6}"#,
            ),
            ("?", r#"{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}"#),
        ] {
            assert_eq!(ask(&mut session, request), want, "{request}");
        }
        assert!(session.hub.has(Topic::AllBookTickers));
        let hub = Arc::clone(&session.hub);
        drop(session);
        assert!(!hub.has(Topic::AllBookTickers), "who has gone listens to nothing");
    }

    #[test]
    fn a_connection_has_1024_streams_at_most_and_too_many_change_nothing() {
        let mut session = session();
        session.open_private = Arc::new(|_, _| Some(Box::new(()) as PrivateGuard));
        let names =
            |range: std::ops::Range<usize>| range.map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(session.subscribe(names(0..STREAMS_MAX), &Catalog::default()), Ok(()));
        let request = r#"{"method":"SUBSCRIBE","params":["!bookTicker"],"id":1}"#;
        let answer = ask(&mut session, request);
        assert!(answer.starts_with(r#"{"code":2,"msg":"Invalid request: too many streams"#));
        assert!(!session.hub.has(Topic::AllBookTickers));
        let known = session.subscribe(names(0..3), &Catalog::default());
        assert_eq!(known, Ok(()), "no stream more than before");
    }

    #[test]
    fn a_name_that_is_no_market_stream_may_open_a_private_one_until_it_is_left() {
        struct Open(Arc<AtomicUsize>);
        impl Drop for Open {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let open = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&open);
        let mut session = session();
        session.open_private = Arc::new(move |name, _| {
            (name == "key").then(|| {
                count.fetch_add(1, Ordering::Relaxed);
                Box::new(Open(Arc::clone(&count))) as PrivateGuard
            })
        });
        let names = vec!["key".to_owned(), "other".to_owned()];
        session.subscribe(names, &Catalog::default()).unwrap();
        assert_eq!(open.load(Ordering::Relaxed), 1);
        ask(&mut session, r#"{"method":"UNSUBSCRIBE","params":["key"],"id":1}"#);
        assert_eq!(open.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_stream_with_two_names_is_told_under_one_whoever_asked_first() {
        let mut first = session();
        let combined = first.hub.connect(TimeUnit::Millisecond, true);
        let hub = Arc::clone(&first.hub);
        let mut second = StreamSession::new(hub, combined, Arc::new(|_, _| None));
        let names = |name: &str| vec![name.to_owned()];
        first.subscribe(names("!miniTicker@arr@1000ms"), &Catalog::default()).unwrap();
        second.subscribe(names("!miniTicker@arr"), &Catalog::default()).unwrap();
        second.hub.publish(Topic::AllMiniTickers, |_| "[]".to_owned());
        let mut taken = VecDeque::new();
        second.outbox.take(&mut taken, usize::MAX).unwrap();
        assert_eq!(taken[0].as_str(), r#"{"stream":"!miniTicker@arr","data":[]}"#);
    }
}
