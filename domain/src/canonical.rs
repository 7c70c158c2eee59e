//! Values as bytes for a hash, each value fed piece by piece.
//!
//! Must not: be read back, or follow the codec of the journal: a digest stays what it is when that changes.
//!
//! | value | bytes |
//! |---|---|
//! | true, false | `t`, `f` |
//! | integer of 0 or more, of any type | `u`, number of bytes, the bytes, least significant first, no leading zero |
//! | negative integer | `m`, then the same of its distance from 0 |
//! | text, bytes | `s` or `b`, length as 8 bytes, the bytes |
//! | none, some | `n`; `o` and the value |
//! | unit | `.` |
//! | list, tuple, struct | `[`, the parts in their order, `]` |
//! | map | `{`, each key and its value in the map's order, `}` |
//! | variant of an enum | `v`, its name as text, then what it holds: `.`, a value, or `[` parts `]` |
//! | struct around one value | the value |
//!
//! Invariant: two values of one type that differ have different bytes, and neither's begin with the other's.

use serde::{Serialize, Serializer, ser};
use std::fmt;

/// Appends a value's bytes.
///
/// # Panics
/// For a floating-point number or a single character: nothing that is hashed has one.
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    value
        .serialize(Canonical(out))
        .expect("what is hashed has numbers, texts and parts of them only");
}

struct Canonical<'a>(&'a mut Vec<u8>);

/// A sequence, map or struct whose end is written as a mark.
struct Parts<'a> {
    out: &'a mut Vec<u8>,
    end: u8,
}

impl<'a> Canonical<'a> {
    fn mark(self, mark: u8) -> Result<(), fmt::Error> {
        self.0.push(mark);
        Ok(())
    }

    fn number(self, mark: u8, value: u128) -> Result<(), fmt::Error> {
        let bytes = value.to_le_bytes();
        let used = bytes.len() - value.leading_zeros() as usize / 8;
        self.0.push(mark);
        self.0.push(used as u8);
        self.0.extend_from_slice(&bytes[..used]);
        Ok(())
    }

    fn sized(&mut self, mark: u8, bytes: &[u8]) {
        self.0.push(mark);
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn variant(mut self, name: &str) -> Self {
        self.0.push(b'v');
        self.sized(b's', name.as_bytes());
        self
    }

    fn parts(self, begin: u8, end: u8) -> Result<Parts<'a>, fmt::Error> {
        self.0.push(begin);
        Ok(Parts { out: self.0, end })
    }
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(Canonical(self.out))
    }

    fn close(self) -> Result<(), fmt::Error> {
        self.out.push(self.end);
        Ok(())
    }
}

impl<'a> Serializer for Canonical<'a> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), fmt::Error> {
        self.mark(if value { b't' } else { b'f' })
    }

    fn serialize_i8(self, value: i8) -> Result<(), fmt::Error> {
        self.serialize_i128(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), fmt::Error> {
        self.serialize_i128(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), fmt::Error> {
        self.serialize_i128(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), fmt::Error> {
        self.serialize_i128(value.into())
    }

    fn serialize_i128(self, value: i128) -> Result<(), fmt::Error> {
        let mark = if value < 0 { b'm' } else { b'u' };
        self.number(mark, value.unsigned_abs())
    }

    fn serialize_u8(self, value: u8) -> Result<(), fmt::Error> {
        self.number(b'u', value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), fmt::Error> {
        self.number(b'u', value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), fmt::Error> {
        self.number(b'u', value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), fmt::Error> {
        self.number(b'u', value.into())
    }

    fn serialize_u128(self, value: u128) -> Result<(), fmt::Error> {
        self.number(b'u', value)
    }

    fn serialize_f32(self, _: f32) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_f64(self, _: f64) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_char(self, _: char) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_str(mut self, value: &str) -> Result<(), fmt::Error> {
        self.sized(b's', value.as_bytes());
        Ok(())
    }

    fn serialize_bytes(mut self, value: &[u8]) -> Result<(), fmt::Error> {
        self.sized(b'b', value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), fmt::Error> {
        self.mark(b'n')
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        self.0.push(b'o');
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), fmt::Error> {
        self.mark(b'.')
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), fmt::Error> {
        self.mark(b'.')
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), fmt::Error> {
        self.variant(variant).mark(b'.')
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        value.serialize(self.variant(variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, fmt::Error> {
        self.parts(b'[', b']')
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, fmt::Error> {
        self.parts(b'[', b']')
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, fmt::Error> {
        self.parts(b'[', b']')
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, fmt::Error> {
        self.variant(variant).parts(b'[', b']')
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, fmt::Error> {
        self.parts(b'{', b'}')
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, fmt::Error> {
        self.parts(b'[', b']')
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, fmt::Error> {
        self.variant(variant).parts(b'[', b']')
    }
}

/// The traits of serde that differ in the name of their one method.
macro_rules! parts {
    ($($of:ident: $add:ident($($name:ident)?)),+) => {$(
        impl ser::$of for Parts<'_> {
            type Ok = ();
            type Error = fmt::Error;

            fn $add<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), fmt::Error> {
                $(let _ = $name;)?
                self.part(value)
            }

            fn end(self) -> Result<(), fmt::Error> {
                self.close()
            }
        }
    )+};
}

parts! {
    SerializeSeq: serialize_element(),
    SerializeTuple: serialize_element(),
    SerializeTupleStruct: serialize_field(),
    SerializeTupleVariant: serialize_field(),
    SerializeStruct: serialize_field(name),
    SerializeStructVariant: serialize_field(name)
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        self.part(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.part(value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
        let mut out = vec![];
        append(value, &mut out);
        out
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        One(u8),
        Two(u8, i64),
        Named { a: Option<u8> },
    }

    #[derive(Serialize)]
    struct Around(u16);

    #[derive(Serialize)]
    struct Whole {
        a: bool,
        b: &'static str,
    }

    #[test]
    fn every_kind_of_value_has_its_bytes() {
        let table: [(Vec<u8>, &[u8]); 14] = [
            (bytes(&true), b"t"),
            (bytes(&0_u64), b"u\0"),
            (bytes(&300_u16), b"u\x02\x2c\x01"),
            (bytes(&-300_i64), b"m\x02\x2c\x01"),
            (
                bytes(&i128::MIN),
                b"m\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80",
            ),
            (bytes("ab"), b"s\x02\0\0\0\0\0\0\0ab"),
            (bytes(&None::<u8>), b"n"),
            (bytes(&Some(1_u8)), b"ou\x01\x01"),
            (bytes(&vec![(); 2]), b"[..]"),
            (bytes(&BTreeMap::from([((true, 0), ())])), b"{[tu\0].}"),
            (bytes(&Shape::Unit), b"vs\x04\0\0\0\0\0\0\0Unit."),
            (bytes(&Shape::One(1)), b"vs\x03\0\0\0\0\0\0\0Oneu\x01\x01"),
            (
                bytes(&Shape::Two(0, -1)),
                b"vs\x03\0\0\0\0\0\0\0Two[u\0m\x01\x01]",
            ),
            (
                bytes(&Shape::Named { a: None }),
                b"vs\x05\0\0\0\0\0\0\0Named[n]",
            ),
        ];
        for (found, expected) in table {
            assert_eq!(found, expected);
        }
        assert_eq!(bytes(&Whole { a: false, b: "" }), b"[fs\0\0\0\0\0\0\0\0]");
    }

    #[test]
    fn a_value_without_bytes_is_refused_and_not_left_out() {
        let mut out = vec![];
        assert!(0.5_f32.serialize(Canonical(&mut out)).is_err());
        assert!(0.5_f64.serialize(Canonical(&mut out)).is_err());
        assert!('a'.serialize(Canonical(&mut out)).is_err());
    }

    #[test]
    fn a_number_is_its_value_and_not_its_type() {
        assert_eq!(bytes(&7_u8), bytes(&7_i128));
        assert_eq!(bytes(&7_u8), bytes(&Around(7)));
        assert_ne!(bytes(&7_i8), bytes(&-7_i8));
    }
}
