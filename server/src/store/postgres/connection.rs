//! A connection with the statements that were prepared on it.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, Row, Statement};

use crate::store::StoreResult;

pub(super) struct Connection {
    client: Client,
    /// By text. The program has a fixed number of them.
    statements: HashMap<&'static str, Statement>,
}

pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new() }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs work in a transaction, and rolls it back where it fails.
    pub(super) fn run<T>(
        &mut self,
        begin: &str,
        work: &mut dyn FnMut(&mut Self) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.client.batch_execute(begin)?;
        let result = work(self).and_then(|done| {
            self.client.batch_execute("COMMIT")?;
            Ok(done)
        });
        if result.is_err() {
            let _ = self.client.batch_execute("ROLLBACK");
        }
        result
    }

    pub(super) fn query(&mut self, sql: &'static str, values: Values<'_>) -> StoreResult<Vec<Row>> {
        let statement = self.statement(sql)?;
        Ok(self.client.query(&statement, values)?)
    }

    pub(super) fn query_opt(
        &mut self,
        sql: &'static str,
        values: Values<'_>,
    ) -> StoreResult<Option<Row>> {
        let statement = self.statement(sql)?;
        Ok(self.client.query_opt(&statement, values)?)
    }

    pub(super) fn execute(&mut self, sql: &'static str, values: Values<'_>) -> StoreResult<u64> {
        let statement = self.statement(sql)?;
        Ok(self.client.execute(&statement, values)?)
    }

    fn statement(&mut self, sql: &'static str) -> StoreResult<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}
