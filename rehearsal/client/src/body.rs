//! The JSON body of an answer, read as a type or by JSON pointers; what is missing is a deviation, never a panic.

use super::Deviation;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The JSON body of an answer; null if there was none.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Body(pub Value);

impl Body {
    /// Deserialises the body, as one of the types of [`answer`](crate::answer).
    ///
    /// # Errors
    /// A [`Deviation`] if it does not have that shape.
    #[track_caller]
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Deviation> {
        let read = T::deserialize(&self.0);
        read.map_err(|fault| {
            let name = std::any::type_name::<T>();
            let name = name.rsplit("::").next().unwrap_or(name);
            Deviation::new(
                format!("a body that reads as {name}"),
                format!("{} ({fault})", self.0),
            )
        })
    }

    /// The string at a JSON pointer.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no string.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> Result<&str, Deviation> {
        let found = self.0.pointer(pointer).and_then(Value::as_str);
        match found {
            Some(text) => Ok(text),
            None => Err(self.lacks("a text", pointer)),
        }
    }

    /// The whole number at a JSON pointer.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no integer.
    #[track_caller]
    pub fn number(&self, pointer: &str) -> Result<i64, Deviation> {
        let found = self.0.pointer(pointer).and_then(Value::as_i64);
        match found {
            Some(number) => Ok(number),
            None => Err(self.lacks("a whole number", pointer)),
        }
    }

    /// The entries of the array at a JSON pointer.
    ///
    /// # Errors
    /// A [`Deviation`] if there is no array.
    #[track_caller]
    pub fn list(&self, pointer: &str) -> Result<Vec<Self>, Deviation> {
        let found = self.0.pointer(pointer).and_then(Value::as_array);
        match found {
            Some(entries) => Ok(entries.iter().cloned().map(Self).collect()),
            None => Err(self.lacks("a list", pointer)),
        }
    }

    /// Whether the string at a JSON pointer equals `text`.
    #[must_use]
    pub fn says(&self, pointer: &str, text: &str) -> bool {
        self.0.pointer(pointer).and_then(Value::as_str) == Some(text)
    }

    /// Whether a JSON pointer leads to a value other than null.
    #[must_use]
    pub fn has(&self, pointer: &str) -> bool {
        self.0
            .pointer(pointer)
            .is_some_and(|value| !value.is_null())
    }

    #[track_caller]
    fn lacks(&self, what: &str, pointer: &str) -> Deviation {
        Deviation::new(format!("{what} at {pointer}"), self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let body =
            Body(serde_json::json!({"payment": {"status": "failed", "cents": 3}, "no": null}));
        assert_eq!(body.text("/payment/status").unwrap(), "failed");
        assert_eq!(body.number("/payment/cents").unwrap(), 3);
        assert!(body.says("/payment/status", "failed") && !body.has("/no") && !body.has("/x"));
        let deviation = body.number("/payment/status").unwrap_err();
        assert_eq!(deviation.expected, "a whole number at /payment/status");
        assert!(body.list("/payment").is_err());
        let payment = Body(body.0["payment"].clone());
        let read = payment.read::<crate::answer::Made>().unwrap_err();
        assert_eq!(read.expected, "a body that reads as Made");
        assert!(read.found.contains("missing field `id`"), "{read}");
    }
}
