//! The currency of a data folder. It is stored when the folder is first served, and can't change afterwards: the
//! journal contains bare amounts, whose meaning would change.

use super::ComposeFault;
use std::{fs, io::Write, path::Path};

const FILE: &str = "currency";

/// Refuses a currency other than the folder's; stores it if the folder has none. The folder must exist.
///
/// # Errors
/// [`ComposeFault::OtherCurrency`], [`ComposeFault::DataFile`].
pub(super) fn keep(data: &Path, currency: &str) -> Result<(), ComposeFault> {
    let path = data.join(FILE);
    let fault = |source| ComposeFault::DataFile {
        path: path.clone(),
        source,
    };
    let kept = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(none) if none.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(fault(source)),
    };
    // An empty file was not written completely.
    match kept.trim_end() {
        "" => {
            let written = fs::File::create(&path).and_then(|mut file| {
                writeln!(file, "{currency}")?;
                file.sync_all()
            });
            written.map_err(fault)
        }
        kept if kept == currency => Ok(()),
        kept => Err(ComposeFault::OtherCurrency {
            path: data.into(),
            kept: kept.into(),
            asked: currency.into(),
        }),
    }
}
