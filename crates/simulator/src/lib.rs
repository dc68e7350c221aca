//! Market agents: seeded, realistic prices, traded as ordinary clients.
