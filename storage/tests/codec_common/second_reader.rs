//! A second reader of what the codec writes, after bincode's published specification and without a line of its code.
//!
//! Little endian. Integers of one byte stand as they are; an unsigned one below 251 is one byte, a larger one is 251,
//! 252, 253 or 254 and then 2, 4, 8 or 16 bytes, as few as hold it; a signed one is first turned into 2n, or −2n−1 below
//! zero. A bool and the mark of an option are a byte of 0 or 1. Texts, bytes, lists and maps follow their length;
//! arrays, tuples and structs are their parts; an enum is the number of its variant and what that holds.

use serde::de::value::Error;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _,
    IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// Reads a value, to the last byte.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = Reader { left: bytes };
    let value = T::deserialize(&mut reader)?;
    match reader.left.len() {
        0 => Ok(value),
        left => Err(Error::custom(format_args!("{left} bytes too many"))),
    }
}

struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], Error> {
        let cut = || Error::custom("the bytes end too early");
        let count = usize::try_from(count).map_err(|_| cut())?;
        let (taken, left) = self.left.split_at_checked(count).ok_or_else(cut)?;
        self.left = left;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    /// A byte of 0 or 1.
    fn mark(&mut self) -> Result<bool, Error> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Error::custom(format_args!("{other} is neither 0 nor 1"))),
        }
    }

    fn unsigned(&mut self) -> Result<u128, Error> {
        let (bytes, least) = match self.byte()? {
            small @ 0..=250 => return Ok(small.into()),
            251 => (2, 251),
            252 => (4, 1 << 16),
            253 => (8, 1 << 32),
            254 => (16, 1 << 64),
            255 => return Err(Error::custom("255 begins no integer")),
        };
        let taken = self.take(bytes)?;
        let value = taken
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u128::from(*byte));
        if value < least {
            return Err(Error::custom("an integer that fits into fewer bytes"));
        }
        Ok(value)
    }

    fn signed(&mut self) -> Result<i128, Error> {
        let turned = self.unsigned()?;
        let half = (turned >> 1) as i128;
        Ok(if turned & 1 == 0 { half } else { -half - 1 })
    }

    fn fitting<T: TryFrom<u128>>(&mut self) -> Result<T, Error> {
        let value = self.unsigned()?;
        T::try_from(value).map_err(|_| Error::custom("an integer too large for its place"))
    }

    fn fitting_signed<T: TryFrom<i128>>(&mut self) -> Result<T, Error> {
        let value = self.signed()?;
        T::try_from(value).map_err(|_| Error::custom("an integer too large for its place"))
    }

    fn sized(&mut self) -> Result<&'a [u8], Error> {
        let length = self.fitting()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        str::from_utf8(self.sized()?).map_err(Error::custom)
    }

    fn parts(&mut self, left: u64) -> Parts<'_, 'a> {
        Parts { reader: self, left }
    }
}

/// Each method reads one kind of value and hands it to the visitor.
macro_rules! values {
    ($($method:ident => $visit:ident($reader:ident) $read:expr;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let $reader = self;
            let value = $read?;
            visitor.$visit(value)
        }
    )+};
}

/// What cannot be read without a description in the bytes, or is never kept.
macro_rules! refused {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom(concat!(stringify!($method), ": not in this format")))
        }
    )+};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    values! {
        deserialize_bool => visit_bool(reader) reader.mark();
        deserialize_u8 => visit_u8(reader) reader.byte();
        deserialize_u16 => visit_u16(reader) reader.fitting();
        deserialize_u32 => visit_u32(reader) reader.fitting();
        deserialize_u64 => visit_u64(reader) reader.fitting();
        deserialize_u128 => visit_u128(reader) reader.unsigned();
        deserialize_i8 => visit_i8(reader) reader.byte().map(|byte| byte as i8);
        deserialize_i16 => visit_i16(reader) reader.fitting_signed();
        deserialize_i32 => visit_i32(reader) reader.fitting_signed();
        deserialize_i64 => visit_i64(reader) reader.fitting_signed();
        deserialize_i128 => visit_i128(reader) reader.signed();
        deserialize_str => visit_borrowed_str(reader) reader.text();
        deserialize_string => visit_borrowed_str(reader) reader.text();
        deserialize_bytes => visit_borrowed_bytes(reader) reader.sized();
        deserialize_byte_buf => visit_borrowed_bytes(reader) reader.sized();
    }

    refused! {
        deserialize_any deserialize_ignored_any deserialize_identifier deserialize_char deserialize_f32
        deserialize_f64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.mark()? {
            visitor.visit_some(self)
        } else {
            visitor.visit_none()
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let length = self.fitting()?;
        visitor.visit_seq(self.parts(length))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(length as u64))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(length as u64))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let length = self.fitting()?;
        visitor.visit_map(self.parts(length))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(fields.len() as u64))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }
}

/// So many parts of a list, a tuple, a struct or a map.
struct Parts<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: u64,
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let number: u32 = self.fitting()?;
        let value = seed.deserialize(IntoDeserializer::<Error>::into_deserializer(number))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_tuple(self, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_tuple(self, fields.len(), visitor)
    }
}
