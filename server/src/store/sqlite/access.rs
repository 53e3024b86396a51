//! Accounts, members, devices and mailboxes in SQLite.

use runlog_core::id::DeviceId;
use runlog_core::sealed::{MailboxId, VaultId};
use runlog_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::columns::{put_role, role, to_bits};
use crate::store::{
    AccessTx, Account, AccountId, Caller, DeviceEntry, Hash, NewDevice, NewVault, Role, StoreResult,
};

pub(super) struct Access<'a> {
    pub(super) transaction: &'a Connection,
}

/// A device may do no more than the account that let it in, and nothing once that is no member.
const EFFECTIVE: &str = "CASE WHEN d.account IS NULL THEN d.role ELSE min(d.role, m.role) END \
     FROM devices d LEFT JOIN members m ON m.vault = d.vault AND m.account = d.account";

impl AccessTx for Access<'_> {
    fn has_accounts(&mut self) -> StoreResult<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM accounts)";
        Ok(self.transaction.query_row(sql, [], |row| row.get(0))?)
    }

    fn set_setup_code(&mut self, code: Option<Hash>) -> StoreResult<()> {
        self.transaction.execute("DELETE FROM setup", [])?;
        if let Some(code) = code {
            self.transaction.execute("INSERT INTO setup (one, code) VALUES (1, ?1)", [code])?;
        }
        Ok(())
    }

    fn setup_code(&mut self) -> StoreResult<Option<Hash>> {
        let code = self.transaction.query_row("SELECT code FROM setup", [], |row| row.get(0));
        Ok(code.optional()?)
    }

    fn add_account(&mut self, account: &Account, now: Timestamp) -> StoreResult<()> {
        let sql = "INSERT INTO accounts (id, name, token, may_invite, created_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let Account { id, name, token, may_invite } = account;
        self.transaction.execute(sql, params![id, name, token, may_invite, now.as_millis()])?;
        Ok(())
    }

    fn account(&mut self, token: &Hash) -> StoreResult<Option<Account>> {
        let sql = "SELECT id, name, token, may_invite FROM accounts WHERE token = ?1";
        let account = self.transaction.query_row(sql, [token], |row| {
            Ok(Account {
                id: row.get(0)?,
                name: row.get(1)?,
                token: row.get(2)?,
                may_invite: row.get(3)?,
            })
        });
        Ok(account.optional()?)
    }

    fn add_vault(&mut self, vault: &NewVault, now: Timestamp) -> StoreResult<bool> {
        let sql = "INSERT INTO vaults (vault, verifier, name, quota, created_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
        let NewVault { id, verifier, name, quota, owner } = vault;
        let values = params![id.0, verifier, name, to_bits(*quota), now.as_millis()];
        let new = self.transaction.execute(sql, values)? == 1;
        if new {
            self.set_role(*id, owner, Some(Role::Owner))?;
        }
        Ok(new)
    }

    fn verifier(&mut self, vault: VaultId) -> StoreResult<Option<Hash>> {
        let sql = "SELECT verifier FROM vaults WHERE vault = ?1";
        Ok(self.transaction.query_row(sql, [vault.0], |row| row.get(0)).optional()?)
    }

    fn role(&mut self, vault: VaultId, account: &AccountId) -> StoreResult<Option<Role>> {
        let sql = "SELECT role FROM members WHERE vault = ?1 AND account = ?2";
        let found = self.transaction.query_row(sql, params![vault.0, account], |row| row.get(0));
        found.optional()?.map(role).transpose()
    }

    fn set_role(
        &mut self,
        vault: VaultId,
        account: &AccountId,
        role: Option<Role>,
    ) -> StoreResult<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1)";
        if !self.transaction.query_row(sql, [account], |row| row.get::<_, bool>(0))? {
            return Ok(false);
        }
        let Some(role) = role else {
            let sql = "DELETE FROM members WHERE vault = ?1 AND account = ?2";
            self.transaction.execute(sql, params![vault.0, account])?;
            return Ok(true);
        };
        let sql = "INSERT INTO members (vault, account, role) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (vault, account) DO UPDATE SET role = excluded.role";
        self.transaction.execute(sql, params![vault.0, account, put_role(role)])?;
        Ok(true)
    }

    fn add_device(
        &mut self,
        vault: VaultId,
        device: &NewDevice,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let sql = "INSERT INTO devices (vault, device, token, role, account, created_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (vault, device) DO UPDATE \
                   SET token = excluded.token, role = excluded.role, account = excluded.account \
                   WHERE NOT revoked";
        let NewDevice { id, token, role, account } = device;
        let role = put_role(*role);
        let values = params![vault.0, id.as_bytes(), token, role, account, now.as_millis()];
        Ok(self.transaction.execute(sql, values)? == 1)
    }

    fn caller(&mut self, token: &Hash) -> StoreResult<Option<Caller>> {
        let sql = format!(
            "SELECT d.vault, d.device, d.token, {EFFECTIVE} WHERE d.token = ?1 AND NOT d.revoked"
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let mut rows = statement.query([token])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let Some(role) = effective(row, 3)? else { return Ok(None) };
        Ok(Some(Caller {
            vault: VaultId(row.get(0)?),
            device: DeviceId::from_bytes(row.get(1)?),
            token: row.get(2)?,
            role,
        }))
    }

    fn seen(&mut self, caller: &Caller, now: Timestamp) -> StoreResult<()> {
        let sql = "UPDATE devices SET seen_at = ?3 WHERE vault = ?1 AND device = ?2";
        let values = params![caller.vault.0, caller.device.as_bytes(), now.as_millis()];
        self.transaction.execute(sql, values)?;
        Ok(())
    }

    fn devices(&mut self, vault: VaultId) -> StoreResult<Vec<DeviceEntry>> {
        let sql = format!(
            "SELECT d.device, d.created_at, d.seen_at, d.revoked, {EFFECTIVE} \
             WHERE d.vault = ?1 ORDER BY d.device"
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let mut rows = statement.query([vault.0])?;
        let mut devices = Vec::new();
        while let Some(row) = rows.next()? {
            devices.push(DeviceEntry {
                id: DeviceId::from_bytes(row.get(0)?),
                created_at: Timestamp::from_millis(row.get(1)?),
                seen_at: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis),
                revoked: row.get(3)?,
                role: effective(row, 4)?,
            });
        }
        Ok(devices)
    }

    fn revoke(&mut self, vault: VaultId, device: DeviceId) -> StoreResult<bool> {
        let sql = "UPDATE devices SET revoked = 1 WHERE vault = ?1 AND device = ?2 AND NOT revoked";
        Ok(self.transaction.execute(sql, params![vault.0, device.as_bytes()])? == 1)
    }

    fn put_mailbox(&mut self, id: MailboxId, body: &[u8], expires: Timestamp) -> StoreResult<()> {
        let sql = "INSERT INTO mailboxes (id, body, expires_at) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (id) DO UPDATE \
                   SET body = excluded.body, expires_at = excluded.expires_at";
        self.transaction.execute(sql, params![id.0, body, expires.as_millis()])?;
        Ok(())
    }

    fn take_mailbox(&mut self, id: MailboxId, now: Timestamp) -> StoreResult<Option<Vec<u8>>> {
        let sql = "DELETE FROM mailboxes WHERE expires_at <= ?1";
        self.transaction.execute(sql, [now.as_millis()])?;
        let sql = "DELETE FROM mailboxes WHERE id = ?1 RETURNING body";
        Ok(self.transaction.query_row(sql, [id.0], |row| row.get(0)).optional()?)
    }
}

fn effective(row: &Row<'_>, index: usize) -> StoreResult<Option<Role>> {
    row.get::<_, Option<i16>>(index)?.map(role).transpose()
}
