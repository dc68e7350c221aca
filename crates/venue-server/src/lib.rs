//! A venue's language served over HTTP and sockets, against our sequencer and read models.
