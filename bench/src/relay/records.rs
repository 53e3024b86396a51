//! Members of vaults that speak the protocol without a history: what a relay does is what counts.

use runlog::relay::{RelayClient, RelayUrl, Token};
use runlog::sync::Cancel;
use runlog_core::clock::{Clock, ClockTime};
use runlog_core::crypto::VaultSecret;
use runlog_core::id::DeviceId;
use runlog_core::sealed::{
    CellTag, KeyId, Mark, OpaqueKey, PushId, SealedCell, SealedRecord, TableTag, VaultId,
};
use runlog_core::sync::message::{Answer, Page, Pull, Push, Pushed, Request, Standing};

use super::Relay;
use crate::Failed;
use crate::workload::mix;

/// Columns of a record: those of an execution that was started and finished.
const COLUMNS: u64 = 25;
/// Bytes of a sealed value: an execution with five short params.
const SEALED: usize = 320;

/// A record of a row as a device of a number writes it.
pub(crate) fn sealed_record(row: u64, millis: u64, device: DeviceId) -> SealedRecord {
    let bits = |salt: u64| mix(row.wrapping_mul(0x1_0001) ^ mix(millis ^ salt << 50));
    let mut key = [0; 16];
    key[..8].copy_from_slice(&mix(row).to_be_bytes());
    key[8..].copy_from_slice(&mix(!row).to_be_bytes());
    let mut sealed = Vec::with_capacity(SEALED);
    (0..SEALED as u64 / 8).for_each(|at| sealed.extend_from_slice(&bits(at).to_be_bytes()));
    let cell = |column: u64| SealedCell {
        // Ascending, as marks in a record are.
        mark: Mark((column << 58 | mix(column) >> 6).to_be_bytes()),
        tag: CellTag((bits(column + 100) as u32).to_be_bytes()),
    };
    let mut nonce = [0; 24];
    nonce
        .as_chunks_mut()
        .0
        .iter_mut()
        .zip(200..)
        .for_each(|(part, at)| *part = bits(at).to_be_bytes());
    SealedRecord {
        table: TableTag(mix(7).to_be_bytes()),
        row: OpaqueKey(key),
        clock: Clock { time: ClockTime::new(millis, 0), device },
        cells: (0..COLUMNS).map(cell).collect(),
        key: KeyId { generation: 1, id: [1; 8] },
        nonce,
        sealed,
        drops: None,
    }
}

/// A device of a vault, as far as a relay knows it.
pub(crate) struct Member {
    pub(crate) device: DeviceId,
    client: RelayClient,
    vault: VaultId,
    token: Token,
    standing: Standing,
    pushes: u64,
}

impl Member {
    /// The first member of a vault of a number, which is made.
    pub(crate) fn first(relay: &Relay, vault: u64, device: u128) -> Result<Self, Failed> {
        let client = RelayClient::new(relay.url().clone());
        let secret = secret(vault);
        patiently(|| {
            let (id, access) = (secret.vault_id(), secret.access_key());
            client.add_vault(id, &access, relay.account()?, &Cancel::new()).map_err(Failed::from)
        })?;
        Self::of(relay.url(), vault, device)
    }

    /// A further member of a vault.
    pub(crate) fn of(url: &RelayUrl, vault: u64, device: u128) -> Result<Self, Failed> {
        let (client, secret) = (RelayClient::new(url.clone()), secret(vault));
        let (id, access) = (secret.vault_id(), secret.access_key());
        let device = DeviceId::from_u128(device);
        let token = patiently(|| {
            client.add_device(id, &access, device, &Cancel::new()).map_err(Failed::from)
        })?;
        Ok(Self { device, client, vault: id, token, standing: Standing::default(), pushes: 0 })
    }

    /// The request that hands these records over.
    pub(crate) fn push_of(&mut self, records: Vec<SealedRecord>) -> Request {
        self.pushes += 1;
        let mut id = *self.device.as_bytes();
        id[..8].copy_from_slice(&self.pushes.to_be_bytes());
        let standing = self.standing;
        Request::Push(Push { standing, id: PushId(id), records })
    }

    /// Hands over a request that [`Self::push_of`] made.
    pub(crate) fn push(&mut self, request: &Request) -> Result<Pushed, Failed> {
        match self.ask(request)? {
            Answer::Pushed(pushed) => {
                self.standing.sent = pushed.sent;
                self.standing.token = Some(pushed.token);
                Ok(pushed)
            }
            other => Err(format!("a push was answered {other:?}").into()),
        }
    }

    /// Asks for the next page.
    pub(crate) fn pull(&mut self) -> Result<Page, Failed> {
        let pull = Pull {
            standing: self.standing,
            with_own: false,
            bytes_max: 1 << 20,
            now: runlog::now(),
            caught_up: false,
        };
        match self.ask(&Request::Pull(pull))? {
            Answer::Page(page) => {
                self.standing.got = page.next.or(self.standing.got);
                Ok(page)
            }
            other => Err(format!("a pull was answered {other:?}").into()),
        }
    }

    fn ask(&self, request: &Request) -> Result<Answer, Failed> {
        let exchange = self.client.exchange(self.vault, &self.token, request, &Cancel::new())?;
        Ok(exchange.answer)
    }
}

fn secret(vault: u64) -> VaultSecret {
    let mut state = vault;
    VaultSecret::generate(&mut |bytes: &mut [u8]| {
        for byte in bytes {
            state = mix(state);
            *byte = state as u8;
        }
    })
}

/// Letting vaults and devices in is counted by address, and all of them are here: whoever is told to
/// wait does, longer than a client does by itself.
fn patiently<T>(mut work: impl FnMut() -> Result<T, Failed>) -> Result<T, Failed> {
    const TRIES_MAX: u32 = 100;
    for _ in 1..TRIES_MAX {
        match work() {
            Err(error) if is_busy(&error) => {}
            other => return other,
        }
    }
    work()
}

fn is_busy(error: &Failed) -> bool {
    use runlog::relay::RelayError;
    use runlog_core::sync::message::Refusal;
    matches!(
        error.downcast_ref::<RelayError>(),
        Some(RelayError::Refused { refusal: Refusal::Busy { .. }, .. })
    )
}
