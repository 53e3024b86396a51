//! A server in this process, and devices that talk to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;

use runlog_core::clock::{Clock, ClockTime};
use runlog_core::id::DeviceId;
use runlog_core::sealed::*;
use runlog_core::sync::message::*;
use runlog_core::sync::wire::{decode_answer, encode_request};
use runlog_core::time::Timestamp;
use runlog_server::{Config, Database, Limits, Server, ShutdownHandle};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::{Response, request};

pub const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A database to serve from, and how to break it.
pub struct Place {
    pub database: Database,
    pub damage: Box<dyn Fn(u64)>,
    /// Removed when the place is.
    pub _kept: Box<dyn std::any::Any>,
}

pub fn sqlite() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let file = path.clone();
    let damage = move |sequence: u64| {
        let connection = rusqlite::Connection::open(&file).unwrap();
        let sql = "UPDATE records SET sealed = zeroblob(length(sealed)) WHERE sequence = ?1";
        assert_eq!(connection.execute(sql, [sequence.cast_signed()]).unwrap(), 1);
    };
    Place { database: Database::Sqlite(path), damage: Box::new(damage), _kept: Box::new(folder) }
}

/// A running server.
pub struct Relay {
    pub address: SocketAddr,
    pub setup_code: Option<String>,
    now: Arc<AtomicI64>,
    shutdown: ShutdownHandle,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    pub fn start(place: &Place) -> Self {
        let limits = Limits { burst: 1_000_000, ..Limits::default() };
        Self::start_with(place, limits, |_| ())
    }

    pub fn start_with(place: &Place, limits: Limits, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), place.database.clone());
        let now = Arc::new(AtomicI64::new(NOW.as_millis()));
        let clock = now.clone();
        config.clock = Arc::new(move || Timestamp::from_millis(clock.load(Ordering::SeqCst)));
        config.limits = limits;
        change(&mut config);
        let (ready, started) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(config).await.unwrap();
                let code = server.setup_code().map(str::to_owned);
                ready.send((server.local_addr(), code, server.shutdown_handle())).unwrap();
                server.run().await.unwrap();
            });
        });
        let (address, setup_code, shutdown) = started.recv().unwrap();
        Self { address, setup_code, now, shutdown, thread: Some(thread) }
    }

    pub fn pass_ms(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// Returns when the server has stopped.
    pub fn stop(&mut self) {
        self.shutdown.shutdown();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub fn call(&self, target: (&str, &str), bearer: &str, body: &Value) -> Response {
        let bearer = format!("Bearer {bearer}");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        request(self.address, target, &[("authorization", &bearer)], body.as_bytes())
    }

    /// The token of the first account, and its id.
    pub fn first_account(&self) -> (String, String) {
        let code = self.setup_code.clone().unwrap();
        self.account(&code, json!({ "name": "first" }))
    }

    pub fn account(&self, bearer: &str, body: Value) -> (String, String) {
        let response = self.call(("POST", "/v1/accounts"), bearer, &body);
        assert_eq!(response.status, 201, "{}", response.json());
        let text = |name: &str| response.json()[name].as_str().unwrap().to_owned();
        (text("token"), text("id"))
    }

    /// A vault with the given number, and its access key.
    pub fn vault(&self, account: &str, number: u8) -> (VaultId, String) {
        let key = [number; 32];
        let verifier: [u8; 32] = Sha256::digest(key).into();
        let vault = VaultId([number; 16]);
        let body = json!({ "vault": vault.to_string(), "verifier": hex(&verifier) });
        assert_eq!(self.call(("POST", "/v1/vaults"), account, &body).status, 201);
        (vault, hex(&key))
    }

    pub fn add_device(&self, vault: VaultId, bearer: &str, body: &Value) -> Response {
        self.call(("POST", &format!("/v1/vaults/{vault}/devices")), bearer, body)
    }

    pub fn device(&self, vault: VaultId, bearer: &str, number: u128) -> Device {
        let id = DeviceId::from_u128(number);
        let response = self.add_device(vault, bearer, &json!({ "device": id.to_string() }));
        assert_eq!(response.status, 201, "{}", response.json());
        let token = response.json()["token"].as_str().unwrap().to_owned();
        Device { vault, id, token, standing: Standing::default(), pushes: 0 }
    }

    /// A vault with one account and this many devices.
    pub fn devices(&self, count: u128) -> Vec<Device> {
        let (account, _) = self.first_account();
        let (vault, key) = self.vault(&account, 7);
        (1..=count).map(|number| self.device(vault, &key, number)).collect()
    }

    /// The status and the answer.
    pub fn ask(&self, device: &Device, request: &Request) -> (u16, Answer) {
        self.ask_bytes(device, &encode_request(request).unwrap())
    }

    pub fn ask_bytes(&self, device: &Device, bytes: &[u8]) -> (u16, Answer) {
        let path = format!("/v1/vaults/{}/sync", device.vault);
        let bearer = format!("Bearer {}", device.token);
        let headers = [("authorization", bearer.as_str())];
        let response = crate::client::request(self.address, ("POST", &path), &headers, bytes);
        (response.status, decode_answer(&response.body).unwrap())
    }

    pub fn push(&self, device: &mut Device, records: Vec<SealedRecord>) -> Vec<Verdict> {
        let request = device.push(records);
        match self.ask(device, &request) {
            (200, Answer::Pushed(pushed)) => {
                device.took(&pushed);
                pushed.verdicts
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn pull(&self, device: &mut Device, with_own: bool) -> (Vec<Delivered>, VaultState) {
        let mut all = Vec::new();
        loop {
            let (status, answer) = self.ask(device, &device.pull(with_own, 4000));
            let Answer::Page(page) = answer else { panic!("{status} {answer:?}") };
            device.standing.got = page.next;
            all.extend(page.records);
            if !page.more {
                return (all, page.state);
            }
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shutdown.shutdown();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
pub struct Device {
    pub vault: VaultId,
    pub id: DeviceId,
    pub token: String,
    pub standing: Standing,
    pub pushes: u64,
}

impl Device {
    pub fn push(&mut self, records: Vec<SealedRecord>) -> Request {
        self.pushes += 1;
        let mut id = *self.id.as_bytes();
        id[..8].copy_from_slice(&self.pushes.to_be_bytes());
        Request::Push(Push { standing: self.standing, id: PushId(id), records })
    }

    pub fn pull(&self, with_own: bool, bytes_max: u32) -> Request {
        self.pull_caught_up(with_own, bytes_max, false)
    }

    pub fn pull_caught_up(&self, with_own: bool, bytes_max: u32, caught_up: bool) -> Request {
        let standing = self.standing;
        Request::Pull(Pull { standing, with_own, bytes_max, now: NOW, caught_up })
    }

    pub fn took(&mut self, pushed: &Pushed) {
        self.standing.sent = pushed.sent;
        self.standing.token = Some(pushed.token);
    }
}

pub fn record(row: u8, millis: u64, device: u128, marks: &[u8]) -> SealedRecord {
    let time = ClockTime::new(NOW.as_millis() as u64 - 1000 + millis, 0);
    let cell = |mark: &u8| SealedCell {
        mark: Mark([*mark; 8]),
        tag: CellTag([row, millis as u8, device as u8, *mark]),
    };
    SealedRecord {
        table: TableTag([row % 2; 8]),
        row: OpaqueKey([row; 16]),
        clock: Clock { time, device: DeviceId::from_u128(device) },
        cells: marks.iter().map(cell).collect(),
        key: KeyId { generation: 1, id: [1; 8] },
        nonce: [3; 24],
        sealed: vec![row | 1; 40],
        drops: None,
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
