use clap::Args;
use runlog_server::{Arguments, Config, Database, Server};

use crate::context::{Context, hint, say, shown};
use crate::error::{Error, ErrorKind};

/// Run a relay: it keeps the records of vaults, which it cannot read, and hands them to their devices
///
///   runlog serve
///   runlog serve --listen 0.0.0.0:7470 --tls-certificate cert.pem --tls-key key.pem
///   runlog serve --database postgres://relay@db.example/relay?sslmode=verify-full \
///     --database-password-file /run/secrets/relay
///
/// With --web it serves the web app as well, on the same port:
///
///   runlog serve --web web-demo/dist
///
/// Records are kept in relay.db in the directory of the history, unless a database is named.
/// The first start prints a code that makes the first account: `runlog backend add` asks for it.
/// Ctrl-C lets running requests finish.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Serve {
    #[command(flatten)]
    arguments: Arguments,
    /// Print a JSON object once it listens
    #[arg(long)]
    json: bool,
}

impl Serve {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let failed = |error: &dyn std::error::Error| {
            Error::new(ErrorKind::Failed, format!("the relay failed: {error}"))
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let config = self.config(context)?;
        let (with_tls, with_web) = (config.tls.is_some(), config.web.is_some());
        runtime.block_on(async {
            let server = Server::bind(config).await.map_err(|error| failed(&error))?;
            let scheme = if with_tls { "https" } else { "http" };
            self.tell(context, &server, scheme, with_web)?;
            server.stop_when_asked();
            server.run().await.map_err(|error| failed(&error))
        })
    }

    fn config(&self, context: &Context) -> Result<Config, Error> {
        let told = self.arguments.database();
        let told = told.map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))?;
        let database = match told {
            Some(database) => database,
            None => {
                let home = context.home()?;
                std::fs::create_dir_all(&home).map_err(|error| {
                    let message = format!("cannot make {}: {error}", shown(&home));
                    Error::new(ErrorKind::Database, message)
                })?;
                Database::Sqlite(home.join("relay.db"))
            }
        };
        Ok(self.arguments.config(database))
    }

    fn tell(
        &self,
        context: &Context,
        server: &Server,
        scheme: &str,
        with_web: bool,
    ) -> Result<(), Error> {
        let url = format!("{scheme}://{}", server.local_addr());
        if self.json {
            let web = with_web.then_some(&url);
            let object =
                serde_json::json!({ "url": url, "web": web, "setup_code": server.setup_code() });
            return super::print_json(context, &object);
        }
        say(format_args!("the relay listens on {url}"));
        if with_web {
            say(format_args!("the web app is at {url}/"));
        }
        if let Some(code) = server.setup_code() {
            say(format_args!("nobody has an account yet; this code makes the first one, once:"));
            say(format_args!("\n  {code}\n"));
            hint(format_args!("`runlog backend add {url}` asks for it"));
        }
        Ok(())
    }
}
