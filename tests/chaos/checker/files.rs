//! Files: what was taken is there whole, and nothing is there by half: P14.

use std::collections::HashMap;

use super::{Check, Findings, Wrong};
use crate::history::{Line, What};

/// How a file may be refused: too large, and no room or no database just now.
const REFUSALS: [u16; 3] = [413, 503, 507];

pub(super) fn files_are_whole(history: &[Line], findings: &mut Findings) {
    let mut there = HashMap::new();
    for line in history {
        if let What::File { file, digest } = line.what {
            findings.expect(digest.is_some(), Check::P14, Wrong::Lost, || format!("file {file} has no bytes"));
            there.insert(file, digest);
        }
    }
    let (mut taken, mut refused) = (0, 0);
    for line in history {
        match line.what {
            What::Uploaded { file, digest } => {
                taken += 1;
                let row = there.get(&file);
                findings
                    .expect(row.is_some(), Check::P14, Wrong::Lost, || format!("file {file} was taken, and is gone"));
                let same = row.is_none_or(|bytes| bytes.is_none_or(|bytes| bytes == digest));
                findings.expect(same, Check::P14, Wrong::Different, || format!("file {file} holds other bytes"));
            }
            What::FileRefused { status } => {
                refused += 1;
                findings.expect(REFUSALS.contains(&status), Check::P14, Wrong::Different, || {
                    format!("a file was refused by {status}")
                });
            }
            What::Swept { files, without_bytes, without_name, unended } => {
                for (count, what) in [
                    (without_bytes, "files without bytes"),
                    (without_name, "bytes without a file"),
                    (unended, "uploads that never ended"),
                ] {
                    findings.expect(count == 0, Check::P14, Wrong::Different, || {
                        format!("{count} {what} are left beside {files} files")
                    });
                }
            }
            _ => {}
        }
    }
    findings.figures.insert("files_taken", taken);
    findings.figures.insert("files_refused", refused);
}
