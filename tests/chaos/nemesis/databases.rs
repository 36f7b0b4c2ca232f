//! A database whose server is killed, stopped, or drops its connections.

use anyhow::Result;
use rustix::process::Signal;
use sqlx::Connection;
use tokio::time::sleep;

use super::{Storm, some_ms};
use crate::{arena::Postgres, store};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    Kill,
    Pause,
    Drop,
}

pub(super) async fn lane(storm: &Storm, postgres: &Postgres) -> Result<()> {
    storm
        .lane(2, &[(Fault::Kill, 1.0), (Fault::Pause, 2.0), (Fault::Drop, 5.0)])
        .run(async |fault, rng| {
            let began = storm.recorder.now_us();
            let kind = match fault {
                Fault::Kill => {
                    // It may be down already: for want of space.
                    if postgres.kill().is_err() {
                        return Ok(false);
                    }
                    postgres.connect().await?.close().await?;
                    "kill_postmaster"
                }
                Fault::Pause => {
                    storm.paused.send_replace(true);
                    postgres.signal(Signal::STOP);
                    sleep(some_ms(rng, 700, 1500)).await;
                    postgres.signal(Signal::CONT);
                    storm.paused.send_replace(false);
                    "pause_postgres"
                }
                Fault::Drop => {
                    let mut connection = postgres.connect().await?;
                    // Our own may go too, with the disk.
                    if !store::drop_backends(&mut connection).await.is_ok_and(|ended| ended > 0) {
                        return Ok(false);
                    }
                    "drop_backends"
                }
            };
            storm.recorder.fault(began, kind);
            Ok(true)
        })
        .await
}
