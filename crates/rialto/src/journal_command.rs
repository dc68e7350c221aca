//! `rialto journal …`: on a stopped or a copied data directory.
//!
//! Exit codes: 0 sound and done, 1 damaged or refused, 2 usage.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use journal::{Directory, Storage};
use model::Seq;
use sequencer::{machine_time, offline};
use serde_json::json;

use crate::Failure;
use crate::cli::{DataDirectory, JournalCommand};

/// Carries out one command.
///
/// # Errors
/// With the reason why the journal cannot be read, replayed or voided.
pub fn journal(command: JournalCommand) -> Result<ExitCode, Failure> {
    match command {
        JournalCommand::Verify { data } => verify(&data),
        JournalCommand::Replay { data, to_seq } => {
            let reached = offline::replay(&storage(&data)?, to_seq.map(Seq))?;
            let answer = json!({
                "seq": reached.seq.0,
                "stateHash": hex::encode(reached.state_hash.0),
                "rulesVersion": reached.rules_version,
                "from": reached.from.0,
            });
            println!("{answer}");
            Ok(ExitCode::SUCCESS)
        }
        JournalCommand::Dump { data, from_seq, to_seq } => {
            dump(&data, from_seq.map(Seq), to_seq.map(Seq))
        }
        JournalCommand::Void { data, seq, reason } => {
            offline::void(&storage(&data)?, Seq(seq), &reason, machine_time())?;
            println!("{}", json!({ "voided": seq, "reason": reason }));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn storage(data: &DataDirectory) -> Result<Arc<dyn Storage>, Failure> {
    Ok(Arc::new(Directory::open(&data.path.join("journal"))?))
}

fn verify(data: &DataDirectory) -> Result<ExitCode, Failure> {
    let report = offline::verify(&storage(data)?)?;
    let voids: Vec<_> = report.voids.iter().map(|(seq, why)| json!([seq.0, why])).collect();
    let answer = json!({
        "sound": report.is_sound(),
        "oldest": report.oldest.0,
        "seq": report.seq.0,
        "acknowledged": report.acknowledged.0,
        "stateHash": report.state_hash.map(|hash| hex::encode(hash.0)),
        "unacknowledgedTailBytes": report.unacknowledged_tail_bytes,
        "snapshots": report.snapshots.iter().map(|seq| seq.0).collect::<Vec<_>>(),
        "voids": voids,
        "faults": report.faults,
    });
    println!("{answer}");
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn dump(data: &DataDirectory, from: Option<Seq>, to: Option<Seq>) -> Result<ExitCode, Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut broken = None;
    offline::dump(&storage(data)?, from, to, &mut |record| {
        if broken.is_none() {
            broken = writeln!(out, "{record}").err();
        }
    })?;
    match broken.or_else(|| out.flush().err()) {
        // Whoever reads, `head` for one, has seen enough.
        Some(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Some(_) | None => Ok(ExitCode::SUCCESS),
    }
}
