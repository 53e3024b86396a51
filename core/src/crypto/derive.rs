//! Keys from keys: HKDF-SHA256 (RFC 5869), one label for each purpose.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// `N` bytes for the purpose that `label` names, from key material that is already of full strength
/// (a random key, or what Argon2id made). Different labels give independent keys.
///
/// `context` is what else the key depends on. It stands behind the label's length and the label, so
/// that no label with one context equals another label with another context.
pub(super) fn derive<const N: usize>(
    material: &[u8],
    label: &str,
    context: &[u8],
) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32, "longer than HKDF-SHA256 can expand") };
    let length = [label.len() as u8];
    let info: [&[u8]; 3] = [&length, label.as_bytes(), context];
    let mut key = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(b"runlog.vault.1"), material)
        .expand_multi_info(&info, &mut *key)
        .expect("the length was checked when this was compiled");
    key
}
