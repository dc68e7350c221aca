//! A disk for tests, in memory, that does what disks do: it forgets what was not synced, tears
//! writes, fills up, fails to sync and then pretends, flips bits, and loses its power at any
//! moment. Every fault says whether it fired.
//!
//! Model   A write that is not synced may be durable or not, sector by sector. A sync makes the
//!         writes of its file durable. Creations, renames and removals become durable in order;
//!         a sync of the directory makes all of them so.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::frame::SECTOR;
use crate::storage::{Storage, StoredFile};

/// A simulated disk. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

/// What was done to a disk, and which faults fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Creations, writes, syncs, renames, removals so far: what [`Disk::lose_power_at`] counts.
    pub operations: u64,
    /// Syncs of files that succeeded.
    pub syncs: u64,
    /// Syncs that were made to fail.
    pub failed_syncs: u64,
    /// Writes refused for want of room.
    pub full_writes: u64,
    /// Times the power went.
    pub power_losses: u64,
    /// Unsynced sectors that a loss of power took.
    pub forgotten_sectors: u64,
}

#[derive(Debug, Default)]
struct State {
    /// As the process sees it.
    names: BTreeMap<String, usize>,
    /// As it is on disk for certain.
    durable_names: BTreeMap<String, usize>,
    /// Changes of names on their way to disk.
    renames: Vec<NameChange>,
    files: Vec<FileState>,
    locked: bool,
    power_off: bool,
    power_off_at: Option<u64>,
    fail_sync_in: Option<u64>,
    capacity: Option<u64>,
    counts: Counts,
}

#[derive(Clone, Debug)]
enum NameChange {
    Set(String, usize),
    Rename(String, String),
    Remove(String),
}

#[derive(Clone, Debug, Default)]
struct FileState {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

impl Disk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// The power goes with the operation of this number (counted from 1 since the disk was made):
    /// it and all later ones fail, until [`Self::restart`].
    pub fn lose_power_at(&self, operation: u64) {
        self.state().power_off_at = Some(operation);
    }

    /// The power goes now.
    pub fn lose_power(&self) {
        let mut state = self.state();
        state.power_off = true;
        state.counts.power_losses += 1;
    }

    /// Power returns. Of what was not synced, `seed` chooses what is there: sectors of writes, and
    /// how many of the changes of names.
    pub fn restart(&self, seed: u64) {
        self.state().restart(seed);
    }

    /// The process died, the machine did not: everything written is there, the lock is free.
    pub fn kill(&self) {
        let mut state = self.state();
        (state.locked, state.power_off, state.power_off_at) = (false, false, None);
    }

    /// The sync after `more` others fails once, and the kernel drops what it should have written:
    /// it stays visible, a later sync succeeds, and it is not durable for all that.
    pub fn fail_sync_after(&self, more: u64) {
        self.state().fail_sync_in = Some(more);
    }

    /// All files together hold at most so many bytes from now on; `None` for no bound.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().capacity = bytes;
    }

    /// The content of a file, as the process sees it.
    #[must_use]
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(name).map(|file| state.files[*file].bytes.clone())
    }

    /// Puts a file there, durably, behind everybody's back.
    pub fn write(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        state.settle_names();
        let file = state.files.len();
        state.files.push(FileState { durable: bytes.clone(), bytes, unsynced: Vec::new() });
        state.names.insert(name.into(), file);
        state.durable_names.insert(name.into(), file);
    }

    /// Takes a file away, durably, behind everybody's back.
    pub fn lose(&self, name: &str) {
        let mut state = self.state();
        state.settle_names();
        state.names.remove(name);
        state.durable_names.remove(name);
    }

    /// Flips one bit of a file, behind everybody's back.
    ///
    /// # Panics
    /// If there is no such bit: the fault would not fire.
    pub fn flip(&self, name: &str, bit: usize) {
        let mut state = self.state();
        let file = *state.names.get(name).expect("a file by that name");
        let file = &mut state.files[file];
        file.bytes[bit / 8] ^= 1 << (bit % 8);
        if let Some(byte) = file.durable.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// A disk of its own with what this one shows now.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        let state = self.state();
        for (name, file) in &state.names {
            copy.write(name, state.files[*file].bytes.clone());
        }
        drop(state);
        copy
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts an operation; it fails if the power is off or goes now.
    fn operate(&mut self) -> io::Result<()> {
        self.counts.operations += 1;
        if self.power_off_at.is_some_and(|at| at <= self.counts.operations) && !self.power_off {
            self.power_off = true;
            self.counts.power_losses += 1;
        }
        if self.power_off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn file(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn settle_names(&mut self) {
        self.durable_names = self.names.clone();
        self.renames.clear();
    }

    fn change_name(&mut self, change: NameChange) {
        apply(&mut self.names, &change);
        self.renames.push(change);
    }

    fn restart(&mut self, seed: u64) {
        let mut draws = Draws(seed);
        let changes = std::mem::take(&mut self.renames);
        let kept = draws.below(changes.len() as u64 + 1);
        for change in changes.iter().take(usize::try_from(kept).expect("below a length")) {
            apply(&mut self.durable_names, change);
        }
        self.names = self.durable_names.clone();
        for file in &mut self.files {
            for (offset, bytes) in std::mem::take(&mut file.unsynced) {
                self.counts.forgotten_sectors += keep_some(file, offset, &bytes, &mut draws);
            }
            file.bytes = file.durable.clone();
        }
        (self.locked, self.power_off, self.power_off_at) = (false, false, None);
    }

    fn write(&mut self, file: usize, bytes: &[u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        if self.power_off {
            return self.operate();
        }
        // The write with which the power goes may reach the disk all the same.
        let powered = self.operate();
        let end = offset + bytes.len();
        let used: usize = self.names.values().map(|file| self.files[*file].bytes.len()).sum();
        let target = &mut self.files[file];
        let growth = end.saturating_sub(target.bytes.len());
        if self.capacity.is_some_and(|capacity| 0 < growth && capacity < (used + growth) as u64) {
            self.counts.full_writes += 1;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        if target.bytes.len() < end {
            target.bytes.resize(end, 0);
        }
        target.bytes[offset..end].copy_from_slice(bytes);
        target.unsynced.push((offset, bytes.to_vec()));
        powered
    }

    fn sync(&mut self, file: usize) -> io::Result<()> {
        self.operate()?;
        if let Some(more) = self.fail_sync_in {
            self.fail_sync_in = more.checked_sub(1);
            if more == 0 {
                self.counts.failed_syncs += 1;
                self.files[file].unsynced.clear();
                return Err(io::Error::other("input/output error"));
            }
        }
        let file = &mut self.files[file];
        for (offset, bytes) in std::mem::take(&mut file.unsynced) {
            put(&mut file.durable, offset, &bytes);
        }
        self.counts.syncs += 1;
        Ok(())
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: &NameChange) {
    match change {
        NameChange::Set(name, file) => {
            names.insert(name.clone(), *file);
        }
        NameChange::Rename(from, to) => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        NameChange::Remove(name) => {
            names.remove(name);
        }
    }
}

fn put(durable: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if durable.len() < end {
        durable.resize(end, 0);
    }
    durable[offset..end].copy_from_slice(bytes);
}

/// Keeps some sectors of an unsynced write; returns how many it forgot.
fn keep_some(file: &mut FileState, offset: usize, bytes: &[u8], draws: &mut Draws) -> u64 {
    // All, none, or each by itself: the first two are likelier on real disks than chance.
    let mood = draws.below(4);
    let (mut at, mut forgotten) = (0, 0);
    while at < bytes.len() {
        let len = (SECTOR - (offset + at) % SECTOR).min(bytes.len() - at);
        if mood == 0 || (mood != 1 && draws.below(2) == 0) {
            put(&mut file.durable, offset + at, &bytes[at..at + len]);
        } else {
            forgotten += 1;
        }
        at += len;
    }
    forgotten
}

/// A small generator (splitmix64): the same seed draws the same.
struct Draws(u64);

impl Draws {
    const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

impl Storage for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        let mut state = self.state();
        state.operate()?;
        if state.names.contains_key(name) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let file = state.files.len();
        state.files.push(FileState::default());
        state.change_name(NameChange::Set(name.into(), file));
        Ok(Box::new(OpenFile { state: Arc::clone(&self.state), file }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        let file = self.state().file(name)?;
        Ok(Box::new(OpenFile { state: Arc::clone(&self.state), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        state.file(from)?;
        state.change_name(NameChange::Rename(from.into(), to.into()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.file(name)?;
        state.operate()?;
        state.change_name(NameChange::Remove(name.into()));
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        state.settle_names();
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let mut state = self.state();
        if state.locked {
            return Err(io::Error::from(io::ErrorKind::WouldBlock));
        }
        state.locked = true;
        Ok(Box::new(Held(Arc::clone(&self.state))))
    }
}

struct Held(Arc<Mutex<State>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).locked = false;
    }
}

struct OpenFile {
    state: Arc<Mutex<State>>,
    file: usize,
}

impl OpenFile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoredFile for OpenFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().files[self.file].bytes.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.state();
        let content = &state.files[self.file].bytes;
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let source = content.get(offset..offset + bytes.len());
        let source = source.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        bytes.copy_from_slice(source);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.state().write(self.file, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.state().sync(self.file)
    }
}
