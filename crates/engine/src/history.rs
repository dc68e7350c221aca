//! A digest of everything that ever happened, a few instructions for each event.

/// Two engines in the same state with other pasts differ in this. It guards against faults, not
/// against forgers: the hash over the state, which contains it, is BLAKE3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct History(pub(crate) u64);

impl History {
    pub(crate) const EMPTY: Self = Self(0x243f_6a88_85a3_08d3);

    /// Takes in one event, told by what it is and three numbers.
    pub(crate) fn fold(&mut self, kind: u8, a: u64, b: u64, c: u64) {
        let word = a.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ b.wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(23)
            ^ c.wrapping_mul(0x1656_67b1_9e37_79f9).rotate_left(41)
            ^ u64::from(kind);
        self.0 = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29);
    }
}

/// What kinds of events are folded.
pub(crate) mod kind {
    pub(crate) const ACCEPTED: u8 = 1;
    pub(crate) const TRADED: u8 = 2;
    pub(crate) const CANCELED: u8 = 3;
    pub(crate) const REJECTED: u8 = 4;
    pub(crate) const PREVENTED: u8 = 5;
    pub(crate) const TRIGGERED: u8 = 6;
    pub(crate) const AMENDED: u8 = 7;
    pub(crate) const LISTED: u8 = 8;
    pub(crate) const CONFIGURED: u8 = 9;
    pub(crate) const ADJUSTED: u8 = 10;
}
