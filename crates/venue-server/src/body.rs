//! The body of a request.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// How long it may take to arrive.
const WITHIN: Duration = Duration::from_secs(10);

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than may be.
    TooLarge,
    /// It did not arrive in time.
    Late,
    /// It broke off.
    Broken,
}

/// All of a body, of so many bytes at most.
///
/// # Errors
/// [`Unread`].
pub async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Unread> {
    let mut body = pin!(Limited::new(body, bytes_max).collect());
    // Most are here already: then nothing is to be waited for.
    let body = match poll_fn(|context| Poll::Ready(body.as_mut().poll(context))).await {
        Poll::Ready(body) => body,
        Poll::Pending => tokio::time::timeout(WITHIN, body).await.map_err(|_| Unread::Late)?,
    };
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Err(_) => Err(Unread::Broken),
    }
}
