//! A field that takes any JSON, kept as compact text.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, io};

/// Any JSON as compact text. It is written while it is read, since a tree of it takes many times its size.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JsonText(pub(crate) String);

impl Default for JsonText {
    fn default() -> Self {
        Self("null".into())
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut text = vec![];
        Writer(&mut text).deserialize(from)?;
        String::from_utf8(text).map(Self).map_err(D::Error::custom)
    }
}

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn write<E: Error>(self, value: impl serde::Serialize) -> Result<(), E> {
        let written: io::Result<()> = serde_json::to_writer(self.0, &value).map_err(Into::into);
        written.map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.write(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.write(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.write(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        let begin = self.0.len();
        while list
            .next_element_seed(Separated(&mut *self.0, begin))?
            .is_some()
        {}
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        self.0.push(b'{');
        let begin = self.0.len();
        while object
            .next_key_seed(Separated(&mut *self.0, begin))?
            .is_some()
        {
            self.0.push(b':');
            object.next_value_seed(Writer(&mut *self.0))?;
        }
        self.0.push(b'}');
        Ok(())
    }
}

/// Writes a value of a list, or a field's name, after a comma unless it is the first.
struct Separated<'a>(&'a mut Vec<u8>, usize);

impl<'de> DeserializeSeed<'de> for Separated<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let Self(text, begin) = self;
        if text.len() > begin {
            text.push(b',');
        }
        Writer(text).deserialize(from)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    #[test]
    fn any_json_comes_back_as_compact_text() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "0.5",
            "\"a\\n\\\"\"",
            "[]",
            "[[],{},[1]]",
            "{}",
            r#"{"b":[1,2,{"c":null}],"a":"x"}"#,
        ] {
            let read: JsonText = serde_json::from_str(&format!(" {text}\n")).unwrap();
            assert_eq!(read.0, text);
        }
        assert!(serde_json::from_str::<JsonText>("[1,").is_err());
        assert!(serde_json::from_str::<JsonText>(&"[".repeat(10_000)).is_err());
    }
}
