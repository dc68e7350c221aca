//! Seals and opens secrets; signs without handing secrets out.
