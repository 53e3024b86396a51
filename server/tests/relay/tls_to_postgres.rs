//! TLS to PostgreSQL: what each `sslmode` takes, and that none of those that ask for it is ever plain.

use runlog_cluster::{Cluster, Tls};
use runlog_server::store::{PostgresAddress, PostgresStore, RelayStore, StoreResult};

const PASSWORD: &str = "p@ss/w ord";

/// A certificate for `localhost`, and its key, both in PEM form.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// Opens a store and leaves a connection of it open.
fn opened(address: &str) -> StoreResult<PostgresStore> {
    let address: PostgresAddress = address.parse().unwrap();
    let store = PostgresStore::open(&address.with_password(PASSWORD))?;
    store.read_access(&mut |_| Ok(()))?;
    Ok(store)
}

#[test]
fn each_mode_takes_what_it_says() {
    let (pem, key) = certificate();
    let tls = Tls { password: PASSWORD, certificate: &pem, key: &key };
    let cluster = Cluster::start_with_tls(tls);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let good = file("good.pem", &pem);
    let bad = file("bad.pem", &certificate().0);
    let missing = folder.path().join("missing.pem").display().to_string();
    let cases = [
        ("localhost", "sslmode=disable".to_owned(), Some(false)),
        ("localhost", "sslmode=prefer".to_owned(), Some(true)),
        ("127.0.0.1", "sslmode=require".to_owned(), Some(true)),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={bad}"), None),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={good}"), Some(true)),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={bad}"), None),
        ("localhost", format!("sslmode=verify-full&sslrootcert={good}"), Some(true)),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={good}"), None),
        ("localhost", format!("sslmode=verify-full&sslrootcert={bad}"), None),
        ("localhost", format!("sslmode=verify-full&sslrootcert={missing}"), None),
        ("localhost", "sslmode=verify-full".to_owned(), None),
    ];
    let mut control = cluster.connect();
    let sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
               WHERE application_name = $1";
    for (number, (host, options, is_encrypted)) in cases.iter().enumerate() {
        let name = format!("relay{number}");
        let address = cluster.tls_url(&name).replace("localhost", host);
        let store = opened(&format!("{address}&{options}"));
        assert_eq!(store.is_ok(), is_encrypted.is_some(), "{host} {options}: {:?}", store.err());
        let encrypted = control.query_opt(sql, &[&name]).unwrap().map(|row| row.get(0));
        assert_eq!(encrypted, *is_encrypted, "{host} {options}");
    }
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let cluster = Cluster::start();
    let error = opened(&format!("{}&sslmode=require", cluster.url("relay"))).err().unwrap();
    assert!(error.to_string().contains("does not support TLS"), "{error}");
    assert!(opened(&cluster.url("relay")).is_ok());
}
