//! The words everything is built from: assets, prices, quantities, ids, time, exact decimals, secrets.
