//! SQLite or PostgreSQL behind one door: pool and migrations.
