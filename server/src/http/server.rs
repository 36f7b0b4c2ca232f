//! The accept loop. Our own, since `axum::serve` waits for ever for a half-sent header, and forgets sockets when it
//! stops.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Extension, Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, Version, header},
    middleware::{self, Next},
    response::Response,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Layer;

/// How long a request's header may take.
const HEADER: Duration = Duration::from_secs(10);
/// How long connections are still taken once we stop: whoever shares them out among nodes learns meanwhile, by `/readyz`,
/// to send no more.
const LEAVING: Duration = Duration::from_secs(2);
/// How long requests and sockets may take to end after that.
const DRAIN: Duration = Duration::from_secs(11);

/// Serves until told to stop; then takes connections for a little while, lets requests and tracked sockets end, and
/// returns within thirteen seconds.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, sockets: TaskTracker) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER).max_buf_size(64 << 10);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(20)).max_concurrent_streams(100);
    let router = router.layer(middleware::from_fn_with_state(stop.clone(), part));
    let graceful = GracefulShutdown::new();
    let mut left = Box::pin(async {
        stop.cancelled().await;
        tokio::time::sleep(LEAVING).await;
    });
    loop {
        let (stream, peer): (_, SocketAddr) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut left => break,
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        // Around the router: a layer of the router is one around each of its routes.
        let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(router.clone()));
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        #[expect(clippy::disallowed_methods, reason = "owned by the graceful shutdown, which waits for it")]
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    sockets.close();
    let drained = async {
        graceful.shutdown().await;
        sockets.wait().await;
    };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// A server that stops asks for no further request on a connection: the next one opens another, perhaps elsewhere.
async fn part(State(stop): State<CancellationToken>, request: Request, next: Next) -> Response {
    let asks = request.version() < Version::HTTP_2;
    let mut response = next.run(request).await;
    if asks && stop.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
