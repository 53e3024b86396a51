//! A relay that the program runs on PostgreSQL.

use runlog_cluster::{Cluster, Tls};

use crate::relay::Relay;
use crate::session::Session;

const PASSWORD: &str = "p@ss/w ord";

#[test]
fn on_postgresql_with_the_password_from_a_file_and_a_verified_certificate() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = Tls { password: PASSWORD, certificate: &certificate, key: &key };
    let cluster = Cluster::start_with_tls(tls);
    let folder = tempfile::tempdir().unwrap();
    let (root, password) = (folder.path().join("root.pem"), folder.path().join("password"));
    std::fs::write(&root, &certificate).unwrap();
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let address = cluster.tls_url("relay");
    let options = format!(
        "--database '{address}&sslmode=verify-full&sslrootcert={}' --database-password-file {}",
        root.display(),
        password.display(),
    );
    let mut relay = Relay::with(&options);
    relay.first_device("a");
    relay.stdout("a", "runlog run -- echo hello");
    relay.stdout("a", "runlog sync now");
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
               WHERE application_name = 'relay'";
    assert_eq!(
        cluster.connect().query_one(sql, &[]).unwrap().get::<_, Option<bool>>(0),
        Some(true)
    );
    relay.stop();
    relay.start_again();
    relay.second_device("a", "b");
    relay.stdout("b", "runlog sync now");
    let id = relay.json("b", "runlog list --json")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(relay.stdout("b", &format!("runlog logs {id}")), "hello\n");
}

#[test]
fn a_password_on_the_command_line_is_refused() {
    let session = Session::new();
    let see = |address: &str| session.see(&format!("runlog serve --database '{address}'"));
    insta::assert_snapshot!(see("postgres://ada:secret@localhost/relay"), @"
    ! error: --database says the password, which every user of this machine can read: name a file with --database-password-file, or set RUNLOG_SERVER_DATABASE or RUNLOG_SERVER_DATABASE_PASSWORD
    [exit 1]
    ");
    insta::assert_snapshot!(see("postgres://ada@localhost/relay?sslmode=allow"), @"
    ! error: the address of the database: sslmode is disable, prefer, require, verify-ca or verify-full
    [exit 1]
    ");
    insta::assert_snapshot!(see("postgres://ada@localhost/relay?sslmode=verify-ca"), @"
    ! error: the address of the database: sslmode=verify-ca needs sslrootcert, a file of certificates in PEM form
    [exit 1]
    ");
}

#[test]
fn with_the_web_app() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
    let session = Session::new();
    let serve = format!("runlog serve --listen 127.0.0.1:0 --web {}", folder.path().display());
    let mut running = session.background(&format!("{serve} --json"));
    let told: serde_json::Value =
        serde_json::from_str(&running.lines().next().unwrap().unwrap()).unwrap();
    assert!(told["web"].is_string() && told["web"] == told["url"], "{told}");
    running.kill();
    std::fs::remove_file(folder.path().join("index.html")).unwrap();
    let seen = session.see(&serve);
    assert!(seen.contains("has no index.html, so it is not a built web app"), "{seen}");
}
