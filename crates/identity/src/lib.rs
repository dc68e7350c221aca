//! Users and API keys: who may do what.
