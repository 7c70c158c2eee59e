//! The currency of a data folder: named when it is first served, and the same ever after. The journal has bare amounts;
//! under another name all of them would mean something else.

use super::ComposeFault;
use std::{fs, io::Write, path::Path};

const FILE: &str = "currency";

/// Refuses another currency than the folder's; names it where the folder has none yet. The folder must be there.
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
    // An empty file is one whose writing was cut short.
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
