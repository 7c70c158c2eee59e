//! The currency of a data folder. It is stored when the folder is first served, and can't change afterwards: the
//! journal contains bare amounts, whose meaning would change.

use super::ComposeFault;
use campusg_storage::checked_text::{self, Found};
use std::path::Path;

const FILE: &str = "currency";

/// Refuses a currency other than the folder's; stores it in a folder in which nothing was recorded yet. The folder must
/// exist.
///
/// # Errors
/// [`ComposeFault::OtherCurrency`], [`ComposeFault::Damaged`], [`ComposeFault::DataFile`].
pub(super) fn keep(data: &Path, currency: &str, new: bool) -> Result<(), ComposeFault> {
    let path = data.join(FILE);
    let fault = |source| ComposeFault::DataFile {
        path: path.clone(),
        source,
    };
    let detail = match checked_text::read(&path).map_err(fault)? {
        Found::Text(kept) if kept == currency => return Ok(()),
        Found::Text(kept) => {
            return Err(ComposeFault::OtherCurrency {
                path: data.into(),
                kept,
                asked: currency.into(),
            });
        }
        Found::Missing | Found::Damaged if new => {
            return checked_text::write(&path, currency).map_err(fault);
        }
        Found::Missing => "it is missing beside a journal",
        Found::Damaged => "it is not as it was written",
    };
    Err(ComposeFault::Damaged {
        path,
        detail: format!("{detail}, so nothing says in which currency the amounts are"),
    })
}
