//! The journal on disks that misbehave.

mod damage;
mod faults;
mod power;
mod real;
mod retention;
mod rig;
mod settling;
