//! What a sealed record is bound to.

/// Length of a record's sealed name; see [`RecordName::bound`].
const NAME_BYTES_MAX: usize = 256;

/// Names one version of one secret. A record sealed under one name does not open under another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordName<'a> {
    /// The table in which the record lies.
    pub table: &'a str,
    /// The row's identity.
    pub record: [u8; 16],
    /// The user to whom it belongs.
    pub owner: [u8; 16],
    /// Counts how often the secret of the row was replaced.
    pub version: u32,
}

impl RecordName<'_> {
    /// The bytes that encryption binds: each part behind its length, so that no two names have
    /// the same bytes.
    ///
    /// # Panics
    /// If the table's name is absurdly long: a bug of the caller.
    pub(crate) fn bound(&self, format: u8, deployment: &[u8; 16]) -> Vec<u8> {
        let version = self.version.to_be_bytes();
        let parts: [&[u8]; 6] =
            [&[format], deployment, self.table.as_bytes(), &self.record, &self.owner, &version];
        let mut bound = Vec::with_capacity(NAME_BYTES_MAX);
        parts.iter().for_each(|part| append(&mut bound, part));
        assert!(bound.len() <= NAME_BYTES_MAX, "the name of a table has a few letters");
        bound
    }
}

/// Appends a part behind its length.
pub fn append(bound: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).expect("parts have a few bytes");
    bound.extend_from_slice(&length.to_be_bytes());
    bound.extend_from_slice(part);
}
