//! Real files and real syncs.

use std::sync::Arc;

use journal::{Directory, JournalError, Storage};

use crate::rig::{self, config};

#[test]
fn records_come_back_from_real_files() {
    let directory = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn Storage> {
        Arc::new(Directory::create(&directory.path().join("journal")).unwrap())
    };
    for round in 0..3_u64 {
        let mut run = rig::open(&open(), config()).unwrap();
        assert_eq!(run.last, round * 90);
        let second = rig::open(&open(), config()).map(|run| run.last);
        assert!(matches!(second, Err(JournalError::Locked)), "{second:?}");
        for _ in 0..30 {
            run.append(3).unwrap();
        }
        assert_eq!(run.acknowledge(), Some((round + 1) * 90));
        run.journal.stop().unwrap();
    }
    assert_eq!(rig::check(&open()).unwrap().seq, 270);
}
