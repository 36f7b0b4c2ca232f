//! An animator who removes members and takes them back, all the time.

use std::time::Duration;

use anyhow::Result;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{Phase, Signals};
use crate::{cast::Part, history::What, wire::Api};

/// Whom to remove from where, and how long to wait in between.
#[derive(Clone, Debug)]
pub(crate) struct Revocations {
    /// The group of each guest, and the guest.
    pub(crate) guests: Vec<(Uuid, Uuid)>,
    /// From one removal to the next.
    pub(crate) pause: Duration,
}

/// Removes and takes back until the storm is over; in the end everybody is a member.
pub(crate) async fn toggle_memberships(part: Part, plan: Revocations, mut signals: Signals) -> Result<()> {
    let api = part.person.api(&part.network)?;
    for (stream, guest) in plan.guests.iter().copied().cycle() {
        if signals.phase() != Phase::Storm {
            break;
        }
        if remove(&api, stream, guest, &signals).await {
            let until_us = part.recorder.now_us();
            part.note(What::Fault { kind: "membership_revoked".to_owned(), until_us });
        }
        signals.rest(plan.pause / 2).await;
        add(&api, stream, guest, &signals).await;
        signals.rest(plan.pause / 2).await;
    }
    for (stream, guest) in &plan.guests {
        add(&api, *stream, *guest, &signals).await;
    }
    Ok(())
}

/// Removes somebody, until it is known that they are no member.
async fn remove(api: &Api, stream: Uuid, guest: Uuid, signals: &Signals) -> bool {
    let path = format!("/api/v1/groups/{stream}/members/{guest}");
    while signals.phase() == Phase::Storm {
        match api.ask(Method::DELETE, &path, None).await {
            Ok(answer) if answer.status.is_success() => return true,
            // Removed by an earlier try, whose answer was lost.
            Ok(answer) if answer.status.is_client_error() => return false,
            _ => tokio::time::sleep(super::backoff(3)).await,
        }
    }
    false
}

/// Adds somebody, until it is known that they are a member.
async fn add(api: &Api, stream: Uuid, guest: Uuid, signals: &Signals) {
    let path = format!("/api/v1/groups/{stream}/members");
    let member = json!({ "user": guest, "role": "member" });
    while signals.phase() != Phase::Done {
        match api.ask(Method::POST, &path, Some(&member)).await {
            Ok(answer) if answer.status.is_success() || answer.status.is_client_error() => return,
            _ => tokio::time::sleep(super::backoff(3)).await,
        }
    }
}
