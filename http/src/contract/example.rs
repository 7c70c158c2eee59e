//! Examples of the bodies, put together from those of their fields.

use serde_json::{Map, Value, json};
use utoipa::openapi::{
    Content, OpenApi, RefOr,
    path::Operation,
    schema::{AllOf, ArrayItems, Components, Object, Schema, SchemaType, Type},
};

/// How deep an example goes, since a schema may refer to itself.
const DEPTH: usize = 12;

/// Gives every body of the document an example.
pub(super) fn put_into(document: &mut OpenApi) {
    let Some(components) = document.components.clone() else {
        return;
    };
    let exemplify = |content: &mut RefOr<Content>| {
        if let RefOr::T(content) = content
            && let Some(schema) = &content.schema
        {
            content.example = of(schema, &components, DEPTH);
        }
    };
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.content.values_mut().for_each(exemplify);
            }
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    response.content.values_mut().for_each(exemplify);
                }
            }
        }
    }
    if let Some(shared) = &mut document.components {
        for response in shared.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.content.values_mut().for_each(exemplify);
            }
        }
    }
}

fn operations(item: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// Returns an example of a schema; `None` where none can be given, as for an image.
fn of(schema: &RefOr<Schema>, components: &Components, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let schema = match schema {
        RefOr::T(schema) => schema,
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            return of(components.schemas.get(name)?, components, depth);
        }
    };
    match schema {
        Schema::Object(object) => of_object(object, components, depth),
        Schema::Array(array) => match &array.items {
            ArrayItems::RefOrSchema(items) => {
                let one = of(items, components, depth);
                Some(Value::Array(one.into_iter().collect()))
            }
            ArrayItems::False => Some(json!([])),
        },
        Schema::OneOf(choice) => {
            let mut given = choice
                .items
                .iter()
                .filter_map(|item| of(item, components, depth));
            choice
                .example
                .clone()
                .or_else(|| given.find(|one| !one.is_null()))
        }
        Schema::AnyOf(choice) => choice
            .items
            .iter()
            .find_map(|item| of(item, components, depth)),
        Schema::AllOf(all) => together(all, components, depth),
        _ => None,
    }
}

fn of_object(object: &Object, components: &Components, depth: usize) -> Option<Value> {
    if let Some(example) = object.examples.first() {
        return Some(example.clone());
    }
    if let Some(values) = &object.enum_values {
        return values.first().cloned();
    }
    let kind = match &object.schema_type {
        SchemaType::Type(kind) => Some(kind),
        SchemaType::Array(kinds) => kinds.iter().find(|kind| **kind != Type::Null),
        SchemaType::AnyValue => None,
    };
    match kind {
        Some(Type::Object) => {
            let members = object.properties.iter();
            let members = members
                .filter_map(|(name, schema)| Some((name.clone(), of(schema, components, depth)?)));
            Some(Value::Object(members.collect()))
        }
        Some(Type::String) if object.format.is_none() => Some(json!("…")),
        Some(Type::Integer) => Some(json!(1)),
        Some(Type::Number) => Some(json!(0.5)),
        Some(Type::Boolean) => Some(json!(false)),
        Some(Type::Null) => Some(Value::Null),
        Some(Type::String | Type::Array) => None,
        None if object.properties.is_empty() => Some(json!({})),
        None => None,
    }
}

fn together(all: &AllOf, components: &Components, depth: usize) -> Option<Value> {
    let mut members = Map::new();
    for item in &all.items {
        if let Some(Value::Object(part)) = of(item, components, depth) {
            members.extend(part);
        }
    }
    Some(Value::Object(members))
}
