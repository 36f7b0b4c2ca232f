//! Files stand-in.
/// The blobs.
#[derive(Clone, Debug)]
pub struct Files;
