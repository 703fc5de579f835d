//! `kumactl generate tls-certificate`.

mod comment;
mod flags;
mod names;
mod places;
mod report;
