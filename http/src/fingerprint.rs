//! Hashes of request bodies, to tell whether a repeat under an idempotency key is the same request.
//!
//! Invariant: no tree of the body is built, so hashing needs no more memory than the nesting of a body is deep.

use blake3::Hasher;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// The hash of a body.
pub(crate) type Content = [u8; 32];

/// Hashes JSON by content: neither whitespace nor the order of fields matters. What is no JSON is hashed by its bytes.
pub(crate) fn of_json(body: &[u8]) -> Content {
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut hash = Hasher::new();
    hash.update(b"json");
    let read = Value(&mut hash).deserialize(&mut json);
    match read.and_then(|()| json.end()) {
        Ok(()) => hash.finalize().into(),
        Err(_) => of_bytes(body),
    }
}

/// Hashes a body by its bytes.
pub(crate) fn of_bytes(body: &[u8]) -> Content {
    let mut hash = Hasher::new();
    hash.update(b"data").update(body);
    hash.finalize().into()
}

/// Adds a value to a hash. Each part begins with its kind, and with its length where it has one, so that different values
/// never add the same bytes.
struct Value<'a>(&'a mut Hasher);

impl Value<'_> {
    fn add(self, kind: u8, bytes: &[u8]) {
        self.0.update(&[kind]).update(bytes);
    }

    fn text(self, text: &str) {
        let length = text.len() as u64;
        self.0.update(b"s").update(&length.to_le_bytes());
        self.0.update(text.as_bytes());
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.add(b'n', &[]);
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.add(b'b', &[value.into()]);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.add(b'u', &value.to_le_bytes());
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.add(b'i', &value.to_le_bytes());
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.add(b'f', &value.to_le_bytes());
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.text(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.update(b"[");
        while list.next_element_seed(Value(&mut *self.0))?.is_some() {}
        self.0.update(b"]");
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        // A sum does not depend on the order of the fields.
        let (mut fields, mut sum) = (0_u64, [0_u128; 2]);
        let mut hash = Hasher::new();
        while object.next_key_seed(Value(&mut hash))?.is_some() {
            object.next_value_seed(Value(&mut hash))?;
            let field: Content = hash.finalize().into();
            for (sum, half) in sum.iter_mut().zip(field.chunks_exact(16)) {
                let half = half.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
                *sum = sum.wrapping_add(half);
            }
            hash.reset();
            fields += 1;
        }
        self.0.update(b"{").update(&fields.to_le_bytes());
        for sum in sum {
            self.0.update(&sum.to_le_bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Content {
        of_json(body.as_bytes())
    }

    #[test]
    fn only_the_content_of_json_counts() {
        let first = of(r#"{"x": 1, "y": [1, {"a": null, "b": "c"}]}"#);
        assert_eq!(
            first,
            of("{\"y\":[1,{\"b\":\"\\u0063\",\"a\":null}],\n\"x\":1}")
        );
        for other in [
            r#"{"x": 1, "y": [{"a": null, "b": "c"}, 1]}"#,
            r#"{"x": 1, "y": [1, {"b": null, "a": "c"}]}"#,
            r#"{"y": 1, "x": [1, {"a": null, "b": "c"}]}"#,
            r#"{"x": 1, "y": [1, {"a": null, "b": "c"}], "z": 1}"#,
            r#"{"x": "1", "y": [1, {"a": null, "b": "c"}]}"#,
        ] {
            assert_ne!(first, of(other), "{other}");
        }
    }

    #[test]
    fn values_that_look_alike_differ() {
        let values = [
            "",
            " ",
            "{}",
            "[]",
            "[{}]",
            "[[]]",
            "[[],[]]",
            "null",
            "[null]",
            "0",
            "-1",
            "0.0",
            "\"\"",
            "\"0\"",
            "[\"a\",\"b\"]",
            "[\"ab\"]",
            "{\"a\":{}}",
            "{\"a\":[]}",
            "true",
            "false",
            "nul",
            "{} {}",
        ];
        for (n, one) in values.iter().enumerate() {
            for other in &values[n + 1..] {
                assert_ne!(of(one), of(other), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn v5_json_of_any_shape_is_hashed_without_a_tree() {
        // Of such a body a tree takes more than a hundred times its size.
        let many = format!("[{}{{}}]", "{\"\":0},".repeat(700_000));
        assert_ne!(of(&many), of_bytes(many.as_bytes()), "it is JSON");
        let deep = "[".repeat(5_000_000);
        assert_eq!(
            of(&deep),
            of_bytes(deep.as_bytes()),
            "it is not read to its depth"
        );
    }
}
