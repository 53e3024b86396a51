//! Accounts, members, devices and mailboxes in PostgreSQL.

use postgres::Row;
use runlog_core::id::DeviceId;
use runlog_core::sealed::{MailboxId, VaultId};
use runlog_core::time::Timestamp;

use super::connection::Connection;
use crate::store::columns::{array, put_role, role, to_bits};
use crate::store::{
    AccessTx, Account, AccountId, Caller, DeviceEntry, Hash, NewDevice, NewVault, Role, StoreResult,
};

pub(super) struct Access<'a> {
    pub(super) connection: &'a mut Connection,
}

impl AccessTx for Access<'_> {
    fn has_accounts(&mut self) -> StoreResult<bool> {
        Ok(!self.connection.query("SELECT FROM accounts LIMIT 1", &[])?.is_empty())
    }

    fn set_setup_code(&mut self, code: Option<Hash>) -> StoreResult<()> {
        self.connection.execute("DELETE FROM setup", &[])?;
        if let Some(code) = code {
            let sql = "INSERT INTO setup (one, code) VALUES (1, $1)";
            self.connection.execute(sql, &[&code.as_slice()])?;
        }
        Ok(())
    }

    fn setup_code(&mut self) -> StoreResult<Option<Hash>> {
        let row = self.connection.query_opt("SELECT code FROM setup", &[])?;
        row.map(|row| array(row.get(0))).transpose()
    }

    fn add_account(&mut self, account: &Account, now: Timestamp) -> StoreResult<()> {
        let sql = "INSERT INTO accounts (id, name, token, may_invite, created_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        let Account { id, name, token, may_invite } = account;
        let (id, token, now) = (id.as_slice(), token.as_slice(), now.as_millis());
        self.connection.execute(sql, &[&id, name, &token, may_invite, &now])?;
        Ok(())
    }

    fn account(&mut self, token: &Hash) -> StoreResult<Option<Account>> {
        let sql = "SELECT id, name, token, may_invite FROM accounts WHERE token = $1";
        let account = |row: Row| {
            Ok(Account {
                id: array(row.get(0))?,
                name: row.get(1),
                token: array(row.get(2))?,
                may_invite: row.get(3),
            })
        };
        self.connection.query_opt(sql, &[&token.as_slice()])?.map(account).transpose()
    }

    fn add_vault(&mut self, vault: &NewVault, now: Timestamp) -> StoreResult<bool> {
        let sql = "INSERT INTO vaults (vault, verifier, name, quota, created_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let NewVault { id, verifier, name, quota, owner } = vault;
        let (quota, now) = (to_bits(*quota), now.as_millis());
        let values = (id.0.as_slice(), verifier.as_slice());
        let added = self.connection.execute(sql, &[&values.0, &values.1, name, &quota, &now])? == 1;
        if added {
            self.set_role(*id, owner, Some(Role::Owner))?;
        }
        Ok(added)
    }

    fn verifier(&mut self, vault: VaultId) -> StoreResult<Option<Hash>> {
        let sql = "SELECT verifier FROM vaults WHERE vault = $1";
        let row = self.connection.query_opt(sql, &[&vault.0.as_slice()])?;
        row.map(|row| array(row.get(0))).transpose()
    }

    fn role(&mut self, vault: VaultId, account: &AccountId) -> StoreResult<Option<Role>> {
        let sql = "SELECT role FROM members WHERE vault = $1 AND account = $2";
        let row = self.connection.query_opt(sql, &[&vault.0.as_slice(), &account.as_slice()])?;
        row.map(|row| role(row.get(0))).transpose()
    }

    fn set_role(
        &mut self,
        vault: VaultId,
        account: &AccountId,
        role: Option<Role>,
    ) -> StoreResult<bool> {
        let (vault, account) = (vault.0.as_slice(), account.as_slice());
        let sql = "SELECT FROM accounts WHERE id = $1";
        if self.connection.query(sql, &[&account])?.is_empty() {
            return Ok(false);
        }
        let Some(role) = role else {
            let sql = "DELETE FROM members WHERE vault = $1 AND account = $2";
            self.connection.execute(sql, &[&vault, &account])?;
            return Ok(true);
        };
        let sql = "INSERT INTO members (vault, account, role) VALUES ($1, $2, $3) \
                   ON CONFLICT (vault, account) DO UPDATE SET role = excluded.role";
        self.connection.execute(sql, &[&vault, &account, &put_role(role)])?;
        Ok(true)
    }

    fn add_device(
        &mut self,
        vault: VaultId,
        device: &NewDevice,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let sql = "INSERT INTO devices (vault, device, token, role, account, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (vault, device) DO UPDATE \
                   SET token = excluded.token, role = excluded.role, account = excluded.account \
                   WHERE NOT devices.revoked";
        let NewDevice { id, token, role, account } = device;
        let account = account.map(|account| account.to_vec());
        let (role, now) = (put_role(*role), now.as_millis());
        let values = (vault.0.as_slice(), id.as_bytes().as_slice(), token.as_slice());
        let values: super::connection::Values<'_> =
            &[&values.0, &values.1, &values.2, &role, &account, &now];
        Ok(self.connection.execute(sql, values)? == 1)
    }

    fn caller(&mut self, token: &Hash) -> StoreResult<Option<Caller>> {
        let sql = "SELECT d.vault, d.device, d.token, \
                   CASE WHEN d.account IS NULL THEN d.role \
                        WHEN m.role IS NOT NULL THEN least(d.role, m.role) END \
                   FROM devices d \
                   LEFT JOIN members m ON m.vault = d.vault AND m.account = d.account \
                   WHERE d.token = $1 AND NOT d.revoked";
        let Some(row) = self.connection.query_opt(sql, &[&token.as_slice()])? else {
            return Ok(None);
        };
        let Some(role) = effective(&row, 3)? else { return Ok(None) };
        Ok(Some(Caller {
            vault: VaultId(array(row.get(0))?),
            device: DeviceId::from_bytes(array(row.get(1))?),
            token: array(row.get(2))?,
            role,
        }))
    }

    fn seen(&mut self, caller: &Caller, now: Timestamp) -> StoreResult<()> {
        let sql = "UPDATE devices SET seen_at = $3 WHERE vault = $1 AND device = $2";
        let values = (caller.vault.0.as_slice(), caller.device.as_bytes().as_slice());
        self.connection.execute(sql, &[&values.0, &values.1, &now.as_millis()])?;
        Ok(())
    }

    fn devices(&mut self, vault: VaultId) -> StoreResult<Vec<DeviceEntry>> {
        let sql = "SELECT d.device, d.created_at, d.seen_at, d.revoked, \
                   CASE WHEN d.account IS NULL THEN d.role \
                        WHEN m.role IS NOT NULL THEN least(d.role, m.role) END \
                   FROM devices d \
                   LEFT JOIN members m ON m.vault = d.vault AND m.account = d.account \
                   WHERE d.vault = $1 ORDER BY d.device";
        let entry = |row: &Row| {
            Ok(DeviceEntry {
                id: DeviceId::from_bytes(array(row.get(0))?),
                created_at: Timestamp::from_millis(row.get(1)),
                seen_at: row.get::<_, Option<i64>>(2).map(Timestamp::from_millis),
                revoked: row.get(3),
                role: effective(row, 4)?,
            })
        };
        self.connection.query(sql, &[&vault.0.as_slice()])?.iter().map(entry).collect()
    }

    fn revoke(&mut self, vault: VaultId, device: DeviceId) -> StoreResult<bool> {
        let sql =
            "UPDATE devices SET revoked = true WHERE vault = $1 AND device = $2 AND NOT revoked";
        let values = (vault.0.as_slice(), device.as_bytes().as_slice());
        Ok(self.connection.execute(sql, &[&values.0, &values.1])? == 1)
    }

    fn put_mailbox(&mut self, id: MailboxId, body: &[u8], expires: Timestamp) -> StoreResult<()> {
        let sql = "INSERT INTO mailboxes (id, body, expires_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (id) DO UPDATE \
                   SET body = excluded.body, expires_at = excluded.expires_at";
        self.connection.execute(sql, &[&id.0.as_slice(), &body, &expires.as_millis()])?;
        Ok(())
    }

    fn take_mailbox(&mut self, id: MailboxId, now: Timestamp) -> StoreResult<Option<Vec<u8>>> {
        let sql = "DELETE FROM mailboxes WHERE expires_at <= $1";
        self.connection.execute(sql, &[&now.as_millis()])?;
        let sql = "DELETE FROM mailboxes WHERE id = $1 RETURNING body";
        let row = self.connection.query_opt(sql, &[&id.0.as_slice()])?;
        Ok(row.map(|row| row.get(0)))
    }
}

fn effective(row: &Row, index: usize) -> StoreResult<Option<Role>> {
    row.get::<_, Option<i16>>(index).map(role).transpose()
}
