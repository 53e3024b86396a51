//! Where a vault's secret is kept, and how others get it.

use runlog::sync::Cancel;
use runlog::vault::{Keeping, KeptIn, Offer, PairingCode, PhraseError, VaultError, VaultState};

use crate::relay::{Device, Relay, home};

#[test]
fn a_passphrase_wraps_the_secret_and_a_wrong_one_is_told() {
    let (home, runlog) = home();
    assert!(matches!(runlog.vault_state().unwrap(), VaultState::None));
    assert!(matches!(runlog.unlock_vault(None), Err(VaultError::None)));
    let open = runlog.init_vault("home", Keeping::Passphrase("correct horse")).unwrap();
    assert!(matches!(runlog.init_vault("home", Keeping::File), Err(VaultError::Exists)));
    assert!(matches!(runlog.unlock_vault(None), Err(VaultError::NeedsPassphrase)));
    let wrong = runlog.unlock_vault(Some("wrong horse")).unwrap_err();
    assert!(wrong.is_wrong_passphrase(), "{wrong}");
    assert_eq!(runlog.unlock_vault(Some("correct horse")).unwrap().id(), open.id());

    let file = home.path().join("history.db.vault");
    let held = std::fs::read_to_string(&file).unwrap();
    // A single word of it may be the name of a field.
    let phrase = open.phrase();
    let words: Vec<&str> = phrase.split(' ').collect();
    assert!(!words.windows(2).any(|pair| held.contains(&pair.join(" "))), "{held}");
    assert!(words.iter().filter(|word| held.contains(**word)).count() < 4, "{held}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(runlog.unlock_vault(None), Err(VaultError::SecretGone)));
    runlog.join_vault(&open.phrase(), "ignored", Keeping::File).unwrap();
    let VaultState::Unlocked(info, again) = runlog.vault_state().unwrap() else { panic!() };
    assert_eq!((info.kept_in, again.id()), (Some(KeptIn::File), open.id()));
    assert_eq!(again.name(), "home");
}

#[test]
fn a_wrong_phrase_writes_nothing() {
    let (_home, runlog) = home();
    let (_other_home, other) = home();
    let phrase = other.init_vault("other", Keeping::File).unwrap().phrase();
    let short = phrase.rsplit_once(' ').unwrap().0;
    let refused = runlog.join_vault(short, "home", Keeping::File);
    let is_counted = matches!(
        refused,
        Err(VaultError::Phrase(PhraseError::WordCount { expected: 24, found: 23 }))
    );
    assert!(is_counted, "{refused:?}");
    assert!(matches!(runlog.vault_state().unwrap(), VaultState::None));

    let own = runlog.init_vault("home", Keeping::File).unwrap();
    let refused = runlog.join_vault(&phrase, "home", Keeping::File);
    assert!(matches!(refused, Err(VaultError::OtherVault)), "{refused:?}");
    assert_eq!(runlog.unlock_vault(None).unwrap().id(), own.id());
}

/// A file of another vault beside the history neither opens it nor is overwritten.
#[test]
fn the_secret_of_another_vault_is_refused_and_stays() {
    let (home_a, a) = home();
    let (home_b, b) = home();
    a.init_vault("a", Keeping::File).unwrap();
    let of_b = b.init_vault("b", Keeping::File).unwrap();
    let (file_a, file_b) =
        (home_a.path().join("history.db.vault"), home_b.path().join("history.db.vault"));
    std::fs::copy(&file_b, &file_a).unwrap();
    assert!(matches!(a.unlock_vault(None), Err(VaultError::SecretGone)));
    // One that claims to be of this vault is found out by the canary.
    let id_a = a.vault_info().unwrap().unwrap().id.to_string();
    let forged = std::fs::read_to_string(&file_b).unwrap().replace(&of_b.id().to_string(), &id_a);
    std::fs::write(&file_a, forged).unwrap();
    assert!(matches!(a.unlock_vault(None), Err(VaultError::OtherVault)));

    let (home_c, c) = home();
    std::fs::copy(&file_b, home_c.path().join("history.db.vault")).unwrap();
    assert!(matches!(c.init_vault("c", Keeping::File), Err(VaultError::OtherSecret { .. })));
}

#[test]
fn a_code_brings_the_secret_to_another_device_once() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let cancel = Cancel::new();
    let backend = a.runlog.backend_named("relay").unwrap();
    let code = a.runlog.offer_vault(&a.open, backend.id, &cancel).unwrap();
    let typed = PairingCode::parse(&code.words()).unwrap();
    let offer = Offer::take(&relay.url, &typed, &cancel).unwrap();
    assert_eq!((offer.vault_name(), offer.relay_url()), ("home", relay.url.as_str()));
    let (_home, b) = home();
    let open = b.join_offered(&offer, Keeping::Passphrase("x")).unwrap();
    assert_eq!(open.id(), a.open.id());
    let again = Offer::take(&relay.url, &typed, &cancel);
    assert!(matches!(again, Err(VaultError::NoOffer)), "{again:?}");
}

#[test]
fn the_key_ring_keeps_a_secret_where_there_is_one() {
    let (_home, runlog) = home();
    match runlog.init_vault("home", Keeping::KeyRing) {
        Ok(open) => {
            let again = runlog.unlock_vault(None).unwrap();
            assert_eq!(again.id(), open.id());
        }
        // A container may forbid it; then nothing was written.
        Err(VaultError::KeyRing { .. }) => {
            assert!(matches!(runlog.vault_state().unwrap(), VaultState::None));
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn nothing_shows_a_secret() {
    let relay = Relay::new();
    let a = Device::first(&relay);
    let token = std::fs::read_to_string(a.home.path().join("history.db.tokens")).unwrap();
    let token = token.split('"').find(|part| part.starts_with("rldevice")).unwrap().to_owned();
    let shown = format!("{:?} {:?} {:?}", a.open, a.runlog, Keeping::Passphrase("correct horse"));
    let phrase = a.open.phrase();
    assert!(!shown.contains("correct horse") && !shown.contains(&token), "{shown}");
    assert!(!shown.contains(&phrase[..20]), "{shown}");
    let backup = a.home.path().join("copy.db");
    a.runlog.backup(&backup).unwrap();
    for file in [a.runlog.path(), &backup] {
        let bytes = std::fs::read(file).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!holds(&token) && !holds(&phrase[..20]), "{}", file.display());
    }
}
