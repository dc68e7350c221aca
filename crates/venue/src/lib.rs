//! The languages of venues, without IO, for both ends of the wire.
