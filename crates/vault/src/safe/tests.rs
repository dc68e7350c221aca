use proptest::prelude::*;

use super::*;

/// The record of `vector()`, computed by another implementation (Python's `cryptography`).
const VECTOR: &str = "\
    01000000072222222222222222222222222222222222222222222222222222222222222222333333 \
    33333333333333333365d3ceb16f9f8651d766598215b0af1a0955a232091edab8081394629a0864 \
    862c308f16a2feb81ed2aa65d636cee13bb1a12bfe0d6f68091f27d996b60fee2b39fdb118464680 \
    79cfb63bf20dc4ad8b444444444444444444444444cc454863295756458cf3ebbd4085059ffdcacc \
    3bb80d3fd7d753e1633ccb2adc1a63ca685519c12bb3f4d8eeed200c26e2d9ed8c83b4fae6f02d27 \
    7302fcc177f131e90531e4a4759e44d104c2f29f649672dc8bddee5f962a2d2feaa44c286a9779cf \
    0672b4d9aa9fdd244cb9e4b4e1c60e0ba8a4ce32ea73ae5a46ac222e90191e721224fd47b9e444c6 \
    f7377c4b2aad44d1a8bffc750a60393e0504ffcfb1f10abc715d8e5f6c5af8281c567bcbebec8e3f \
    f250566a6a0bcc0a2a0e29a54747131904c1dd6617904eb7cef34d48029b0d902455bcff04b50149 \
    a338d272d32f647ca6551f230f743ec2ac0adf3c24d196d7390b5f15dbc62d3403bed3d63ed7780d \
    ef88e17188986c50ff3187d8f3";

const NAME: RecordName =
    RecordName { table: "api_keys", record: [0x66; 16], owner: [0x77; 16], version: 3 };

fn vault() -> Vault {
    Vault::new([0x55; 16], MasterKeys::generate())
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// What the opened key signs, or why it does not open.
fn opened(vault: &Vault, name: &RecordName, sealed: &[u8]) -> Result<[u8; 32], VaultError> {
    vault.open_hmac(name, sealed).map(|key| key.sign(&[b"message"]))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_format_is_the_one_that_another_implementation_writes() {
    let master = Secret::new([0x88; 32]);
    let draw = Draw {
        data_key: zeroize::Zeroizing::new([0x11; 32]),
        nonce: [0x44; 12],
        wrap: WrapDraw { salt: [0x22; 32], nonce: [0x33; 12] },
    };
    let name = NAME.bound(FORMAT, &[0x55; 16]);
    let sealed = envelope::seal(b"correct horse", &name, MasterKeyVersion(7), &master, &draw);
    assert_eq!(hex(&sealed), VECTOR.replace(' ', ""));
    let opened = envelope::open(&sealed, &name, &master, <[u8]>::to_vec).unwrap();
    assert_eq!(opened, b"correct horse");
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let vault = vault();
    let sealed = vault.seal(&NAME, &secret("correct horse")).unwrap();
    opened(&vault, &NAME, &sealed).unwrap();
    for bit in 0..8 * sealed.len() {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        opened(&vault, &NAME, &flipped).expect_err(&format!("bit {bit}"));
    }
    for length in 0..sealed.len() {
        opened(&vault, &NAME, &sealed[..length]).unwrap_err();
    }
    let longer: Vec<u8> = sealed.iter().copied().chain([0]).collect();
    opened(&vault, &NAME, &longer).unwrap_err();
}

#[test]
fn a_record_opens_under_its_own_name_alone() {
    let vault = vault();
    let sealed = vault.seal(&NAME, &secret("correct horse")).unwrap();
    let others = [
        ("another table", RecordName { table: "api_key", ..NAME }),
        ("another row", RecordName { record: [0x67; 16], ..NAME }),
        ("another owner", RecordName { owner: [0x78; 16], ..NAME }),
        ("row and owner swapped", RecordName { record: [0x77; 16], owner: [0x66; 16], ..NAME }),
        ("an older version", RecordName { version: 2, ..NAME }),
        ("a newer version", RecordName { version: 4, ..NAME }),
    ];
    let rotated = Vault::new([0x55; 16], vault.keys().with_next().unwrap());
    for (case, name) in others {
        assert_eq!(opened(&vault, &name, &sealed), Err(VaultError::Refused), "{case}");
        assert_eq!(rotated.rewrap(&name, &sealed), Err(VaultError::Refused), "{case}");
    }
    let elsewhere = Vault::new([0x56; 16], MasterKeys::clone(&vault.keys()));
    assert_eq!(opened(&elsewhere, &NAME, &sealed), Err(VaultError::Refused), "deployment");
    let wrong_key = Vault::new([0x55; 16], MasterKeys::generate());
    assert_eq!(opened(&wrong_key, &NAME, &sealed), Err(VaultError::Refused), "master key");
}

#[test]
fn parts_of_two_records_of_the_same_name_do_not_mix() {
    let vault = vault();
    let one = vault.seal(&NAME, &secret("one")).unwrap();
    let two = vault.seal(&NAME, &secret("two")).unwrap();
    for cut in 5..one.len() {
        let mixed = [&one[..cut], &two[cut..]].concat();
        if mixed != one && mixed != two {
            opened(&vault, &NAME, &mixed).expect_err(&format!("cut at {cut}"));
        }
    }
}

#[test]
fn what_cannot_be_opened_says_which_key_or_format_is_wanting() {
    let vault = vault();
    let mut sealed = vault.seal(&NAME, &secret("correct horse")).unwrap();
    sealed[4] = 9;
    let wanting = VaultError::MasterKey(MasterKeyVersion(9));
    assert_eq!(opened(&vault, &NAME, &sealed), Err(wanting));
    sealed[0] = 2;
    assert_eq!(opened(&vault, &NAME, &sealed), Err(VaultError::Format(2)));
    assert_eq!(Vault::wrapped_by(&sealed), Err(VaultError::Format(2)));
}

#[test]
fn wrapping_anew_changes_the_wrapping_alone() {
    let vault = vault();
    let sealed = vault.seal(&NAME, &secret("correct horse")).unwrap();
    let signs = opened(&vault, &NAME, &sealed).unwrap();
    assert_eq!(vault.rewrap(&NAME, &sealed), Ok(None));
    let old_keys = MasterKeys::clone(&vault.keys());
    vault.replace_keys(old_keys.with_next().unwrap());
    let rewrapped = vault.rewrap(&NAME, &sealed).unwrap().unwrap();
    assert_eq!(Vault::wrapped_by(&rewrapped), Ok(MasterKeyVersion(2)));
    assert_eq!(vault.rewrap(&NAME, &rewrapped), Ok(None));
    assert_eq!(rewrapped[97..], sealed[97..]);
    for record in [&sealed, &rewrapped] {
        assert_eq!(opened(&vault, &NAME, record), Ok(signs), "old and new both open");
    }
    vault.replace_keys(old_keys);
    let wanting = VaultError::MasterKey(MasterKeyVersion(2));
    assert_eq!(opened(&vault, &NAME, &rewrapped), Err(wanting));
}

#[test]
fn the_length_of_a_short_secret_does_not_show() {
    let vault = vault();
    let lengths = [0, 1, 64, 252]
        .map(|length| vault.seal(&NAME, &secret(&"s".repeat(length))).unwrap().len());
    assert!(lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
    let too_long = secret(&"s".repeat(SECRET_BYTES_MAX + 1));
    assert_eq!(vault.seal(&NAME, &too_long), Err(VaultError::TooLong));
}

#[test]
fn neither_the_vault_nor_its_keys_print_a_secret() {
    const CANARY: &str = "canary-9b1e";
    let vault = vault();
    let sealed = vault.seal(&NAME, &secret(CANARY)).unwrap();
    let key = vault.open_hmac(&NAME, &sealed).unwrap();
    let shown = format!("{vault:?} {key:?}");
    assert!(shown.contains("HmacKey(…)") && !shown.contains("canary"), "{shown}");
    assert!(!sealed.windows(6).any(|window| window == b"canary"));
}

fn any_name() -> impl Strategy<Value = (String, [u8; 16], [u8; 16], u32)> {
    // Few values, so that names are often nearly equal.
    let bytes = || prop::array::uniform16(0_u8..2);
    ("[ab]{0,3}", bytes(), bytes(), 0_u32..3)
}

fn name(of: &(String, [u8; 16], [u8; 16], u32)) -> RecordName<'_> {
    RecordName { table: &of.0, record: of.1, owner: of.2, version: of.3 }
}

proptest! {
    #[test]
    fn any_secret_opens_under_its_name_and_under_no_other(
        text in ".{0,600}",
        own in any_name(),
        other in any_name(),
    ) {
        let vault = vault();
        let sealed = vault.seal(&name(&own), &secret(&text)).unwrap();
        let want = HmacKey::new(text.as_bytes()).sign(&[b"message"]);
        prop_assert_eq!(opened(&vault, &name(&own), &sealed), Ok(want));
        prop_assert_eq!(opened(&vault, &name(&other), &sealed).is_ok(), own == other);
    }
}

#[test]
fn a_key_that_signs_opens_as_what_it_was_and_a_text_is_none() {
    let vault = vault();
    let drawn = SigningKey::draw();
    let sealed = vault.seal_key(&NAME, &drawn).unwrap();
    let want = SigningKey::new(drawn.expose()).unwrap().sign(b"message");
    assert_eq!(vault.open_signing(&NAME, &sealed).unwrap().sign(b"message"), want);
    let text = vault.seal(&NAME, &secret("correct horse")).unwrap();
    assert_eq!(vault.open_signing(&NAME, &text).unwrap_err(), VaultError::Refused);
    assert_eq!(vault.open_decrypting(&NAME, &sealed).unwrap_err(), VaultError::Refused);
    let drawn = DecryptingKey::draw_small();
    let sealed = vault.seal_key(&NAME, &drawn).unwrap();
    let want = DecryptingKey::new(drawn.expose()).unwrap();
    assert_eq!(vault.open_decrypting(&NAME, &sealed).unwrap().spki(), want.spki());
}
