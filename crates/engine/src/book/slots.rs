//! Records by slot, in chunks that never move: growing costs one chunk and copies nothing.

const CHUNK_BITS: u32 = 10;
const CHUNK: usize = 1 << CHUNK_BITS;

#[derive(Debug)]
pub(crate) struct Slots<T> {
    chunks: Vec<Box<[T; CHUNK]>>,
    used: usize,
}

impl<T: Copy> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), used: 0 }
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> &T {
        &self.chunks[(slot >> CHUNK_BITS) as usize][slot as usize % CHUNK]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> &mut T {
        &mut self.chunks[(slot >> CHUNK_BITS) as usize][slot as usize % CHUNK]
    }

    pub(crate) const fn len(&self) -> usize {
        self.used
    }

    /// Appends a record.
    #[inline]
    pub(crate) fn push(&mut self, record: T) {
        if self.used == self.chunks.len() * CHUNK {
            self.add_chunk(record);
        }
        let (chunk, at) = (self.used / CHUNK, self.used % CHUNK);
        self.chunks[chunk][at] = record;
        self.used += 1;
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).take(self.used)
    }

    #[cold]
    #[inline(never)]
    fn add_chunk(&mut self, fill: T) {
        let chunk: Box<[T]> = vec![fill; CHUNK].into_boxed_slice();
        let chunk = chunk.try_into().ok().expect("made of that length");
        self.chunks.push(chunk);
    }
}
