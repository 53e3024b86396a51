//! Ctrl-C: the first stops in an orderly way, the second at once.

use runlog::sync::Cancel;

use crate::error::{Error, ErrorKind};

/// A cancel that Ctrl-C and a request to end set.
#[cfg(unix)]
pub(crate) fn cancel() -> Result<Cancel, Error> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let cancel = Cancel::new();
    for signal in [SIGINT, SIGTERM] {
        let exit = ErrorKind::CANCELLED_CODE.into();
        let registered =
            signal_hook::flag::register_conditional_shutdown(signal, exit, cancel.flag())
                .and_then(|_| signal_hook::flag::register(signal, cancel.flag()));
        registered.map_err(|error| {
            Error::new(ErrorKind::Failed, format!("signals cannot be handled: {error}"))
        })?;
    }
    Ok(cancel)
}

/// A cancel; signals end the program as they always do.
#[cfg(not(unix))]
pub(crate) fn cancel() -> Result<Cancel, Error> {
    Ok(Cancel::new())
}
