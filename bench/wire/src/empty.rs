//! The empty servers, behind the same listening end as the product's.

use std::future::pending;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::routing::any;
use gateway::ServerLimits;
use tokio::net::TcpListener;

use crate::Failure;

/// As long as a short answer of the product's.
const ANSWER: &str = r#"{"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"abcdefghijklmnopqrstuv","transactTime":1795231303321}"#;

/// Reads the body, answers the same to everything.
pub async fn http() -> Result<(), Failure> {
    serve(Router::new().fallback(any(|body: Bytes| async move {
        std::hint::black_box(body);
        ANSWER
    })))
    .await
}

/// Sends back what it gets.
pub async fn echo() -> Result<(), Failure> {
    serve(Router::new().fallback(any(|upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(|mut socket: WebSocket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    })))
    .await
}

async fn serve(router: Router) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    gateway::serve(listener, router, ServerLimits::default(), pending()).await;
    Ok(())
}
