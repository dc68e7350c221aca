//! The one writer: stamp, journal, apply, publish; replay.
