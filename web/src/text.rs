//! stub
/// stub
pub struct Text;
