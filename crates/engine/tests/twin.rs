//! The engine against its slow twin.

mod naive;
