//! `GET /v1/vaults/{vault}/events`: server-sent events `head` with the newest sequence as data.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;

use super::vault;
use crate::app::App;
use crate::problem::Problem;

/// Comments keep proxies from closing a connection on which nothing happens.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

pub(super) async fn listen(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let vault = vault(&name)?;
    app.caller(vault, &headers).await?;
    // Listen first: a push between the two shows as a higher head.
    let receiver = app.notices.listen(vault, 0);
    let head = app.blocking(false, move |store| {
        let mut head = 0;
        store.read_vault(vault, &mut |tx| {
            head = tx.vault()?.sequence();
            Ok(())
        })?;
        Ok(head)
    });
    app.notices.tell(vault, head.await?);
    let stream = unfold((receiver, app.stopping.clone()), |(mut heads, mut stopping)| async {
        tokio::select! {
            changed = heads.changed() => changed.ok()?,
            _ = stopping.wait_for(|stops| *stops) => return None,
        }
        let head = *heads.borrow_and_update();
        let event = Event::default().event("head").data(head.to_string());
        Some((Ok(event), (heads, stopping)))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
