//! The ciphers, hashes and word lists that the core is built with, against the vectors of their
//! standards: a faulty or misconfigured crate shows here.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::AeadInOut;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use runlog_core::crypto::VaultSecret;
use sha2::Sha256;
use siphasher::sip::SipHasher24;

fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

fn counting<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|index| first + index as u8)
}

/// All English vectors of 256 bits among those that BIP-39 names as its own.
#[test]
fn phrases_are_those_of_bip_39() {
    let repeated = |words: &str, last: &str| format!("{words}{last}");
    let vectors = [
        ("00".repeat(32), repeated(&"abandon ".repeat(23), "art")),
        (
            "7f".repeat(32),
            repeated(
                &"legal winner thank year wave sausage worth useful ".repeat(2),
                "legal winner thank year wave sausage worth title",
            ),
        ),
        (
            "80".repeat(32),
            repeated(
                &"letter advice cage absurd amount doctor acoustic avoid ".repeat(2),
                "letter advice cage absurd amount doctor acoustic bless",
            ),
        ),
        ("ff".repeat(32), repeated(&"zoo ".repeat(23), "vote")),
        (
            "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c".to_owned(),
            "hamster diagram private dutch cause delay private meat slide toddler razor book \
             happy fancy gospel tennis maple dilemma loan word shrug inflict delay length"
                .to_owned(),
        ),
        (
            "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863".to_owned(),
            "panda eyebrow bullet gorilla call smoke muffin taste mesh discover soft ostrich \
             alcohol speed nation flash devote level hobby quick inner drive ghost inside"
                .to_owned(),
        ),
        (
            "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad".to_owned(),
            "all hour make first leader extend hole alien behind guard gospel lava path output \
             census museum junior mass reopen famous sing advance salt reform"
                .to_owned(),
        ),
        (
            "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f".to_owned(),
            "void come effort suffer camp survey warrior heavy shoot primary clutch crush open \
             amazing screen patrol group space point ten exist slush involve unfold"
                .to_owned(),
        ),
    ];
    for (entropy, phrase) in vectors {
        let bytes = unhex(&entropy);
        let secret = VaultSecret::generate(&mut |into: &mut [u8]| into.copy_from_slice(&bytes));
        assert_eq!(*secret.phrase(), phrase);
        assert_eq!(VaultSecret::from_phrase(&phrase), Ok(secret));
    }
}

/// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
#[test]
fn xchacha20_poly1305_seals_as_the_draft_says() {
    let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
                      tip for the future, sunscreen would be it.";
    let key: [u8; 32] = counting(0x80);
    let nonce: [u8; 24] = counting(0x40);
    let tag = XChaCha20Poly1305::new(&key.into())
        .encrypt_inout_detached(
            &nonce.into(),
            &unhex("50515253c0c1c2c3c4c5c6c7"),
            text.as_mut_slice().into(),
        )
        .unwrap();
    let sealed = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                  731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                  2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                  21f9664c97637da9768812f615c68b13b52e";
    assert_eq!(text[..], unhex(sealed));
    assert_eq!(tag[..], unhex("c0875924c1c7987947deafd8780acf49"));
}

/// RFC 9106, section 5.3.
#[test]
fn argon2id_stretches_as_rfc_9106_says() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let secret = [3; 8];
    let argon2 =
        Argon2::new_with_secret(&secret, Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    let expected = unhex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    assert_eq!(tag[..], expected);
}

/// RFC 5869, appendix A.1.
#[test]
fn hkdf_sha256_derives_as_rfc_5869_says() {
    let mut output = [0; 42];
    Hkdf::<Sha256>::new(Some(&counting::<13>(0)), &[0x0b; 22])
        .expand(&counting::<10>(0xf0), &mut output)
        .unwrap();
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c\
                    5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(output[..], unhex(expected));
}

/// RFC 4231, test case 2.
#[test]
fn hmac_sha256_is_that_of_rfc_4231() {
    let mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
    let tag = mac.chain_update(b"what do ya want for nothing?").finalize().into_bytes();
    let expected = unhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_eq!(tag[..], expected);
}

/// Appendix A of the SipHash paper, and the first of the reference program's vectors.
#[test]
fn siphash_2_4_is_that_of_its_paper() {
    let hasher = SipHasher24::new_with_key(&counting(0));
    assert_eq!(hasher.hash(&counting::<15>(0)), 0xa129_ca61_49be_45e5);
    assert_eq!(hasher.hash(&[]), 0x726f_db47_dd0e_0e31);
}
