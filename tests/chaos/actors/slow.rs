//! A reader who takes a kilobyte a second, and comes back when it is cut.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Phase, Signals};
use crate::{
    cast::Part,
    history::What,
    proxy::Fate,
    wire::{Heard, JSON},
};

/// How long it stays each time.
const STAY: Duration = Duration::from_secs(12);

/// Reads slowly, again and again, until the storm is over.
pub(crate) async fn read_slowly(part: Part, streams: Vec<Uuid>, mut signals: Signals) -> Result<()> {
    while signals.phase() == Phase::Storm {
        let Ok(mut wire) = part.connect(JSON).await else {
            signals.rest(Duration::from_millis(500)).await;
            continue;
        };
        for stream in &streams {
            wire.say(&json!({ "type": "subscribe", "id": 1, "stream": stream })).await;
        }
        if !part.network.befall(wire.local, Fate::Slow) {
            // Another fate came first.
            continue;
        }
        let until = Instant::now() + STAY;
        let until_us = part.recorder.now_us() + u64::try_from(STAY.as_micros()).unwrap_or_default();
        part.note(What::Fault { kind: "slow_consumer".to_owned(), until_us });
        let code = loop {
            let heard = tokio::select! {
                () = signals.done() => break None,
                heard = part.hear(&mut wire, until) => heard,
            };
            match heard {
                Heard::Frame(_) if signals.phase() == Phase::Storm => {}
                Heard::Closed(code) => break code,
                _ => break None,
            }
        };
        part.note(What::Gone { code });
    }
    Ok(())
}
