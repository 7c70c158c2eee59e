//! What is known of one operation while its contract is put together.

use crate::problem::Code;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, Ref, RefOr, Required, Response,
        header::HeaderBuilder,
        path::{Parameter, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
        schema::{OneOf, Schema, SchemaType, Type},
    },
};

/// Schemas by their names.
pub(super) type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The parts of an operation.
#[derive(Default)]
pub(crate) struct Described {
    /// Headers and parameters of the query string.
    pub(super) parameters: Vec<Parameter>,
    /// Schemas of the path's parameters, in their order.
    pub(super) path: Vec<RefOr<Schema>>,
    pub(super) body: Option<RequestBody>,
    pub(super) answers: BTreeMap<u16, Response>,
    pub(super) problems: BTreeSet<Code>,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Described {
    /// Returns a reference to the schema of `T`, which is put among the document's.
    pub(super) fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let name = T::name().into_owned();
        let reference = Ref::from_schema_name(&name).into();
        self.schemas.push((name, T::schema()));
        T::schemas(&mut self.schemas);
        reference
    }

    /// The schema of a parameter, in place: most clients expect no reference there.
    pub(super) fn in_path<T: PartialSchema>(&mut self) {
        self.path.push(T::schema());
    }

    /// Takes every field of `T` as a parameter of the query string.
    pub(super) fn query<T: ToSchema>(&mut self) {
        T::schemas(&mut self.schemas);
        let RefOr::T(Schema::Object(object)) = T::schema() else {
            return;
        };
        for (name, schema) in object.properties {
            let is_needed = object.required.contains(&name);
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(needed(is_needed))
                .schema(Some(given(schema)));
            self.parameters.push(parameter.build());
        }
        self.problems.insert(Code::InvalidQuery);
    }

    /// Takes a header of the request.
    pub(super) fn header<T: ToSchema>(&mut self, name: &str, description: &str, is_needed: bool) {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .description(Some(description))
            .required(needed(is_needed))
            .schema(Some(T::schema()));
        self.parameters.push(parameter.build());
    }

    /// Takes a body of JSON. An absent one counts as an empty object.
    pub(super) fn json_body<T: ToSchema>(&mut self) {
        let is_needed = match T::schema() {
            RefOr::T(Schema::Object(object)) => !object.required.is_empty(),
            RefOr::T(_) | RefOr::Ref(_) => true,
        };
        let content = Content::new(Some(self.schema::<T>()));
        self.body_of("application/json", content, is_needed);
        self.problems.extend([
            Code::MalformedJson,
            Code::UnknownField,
            Code::MissingField,
            Code::DuplicateField,
            Code::WrongType,
            Code::UnsupportedMediaType,
            Code::InvalidField,
        ]);
    }

    pub(super) fn body_of(&mut self, kind: &str, content: Content, is_needed: bool) {
        let body = RequestBodyBuilder::new()
            .content(kind, content)
            .required(Some(needed(is_needed)));
        self.body = Some(body.build());
    }

    /// Promises an answer with this status and, per content type, this content.
    pub(super) fn answer(
        &mut self,
        status: u16,
        description: &str,
        contents: impl IntoIterator<Item = (&'static str, Content)>,
    ) {
        let mut response = Response::new(description);
        for (kind, content) in contents {
            response.content.insert(kind.into(), content.into());
        }
        self.answers.insert(status, response);
    }

    /// Promises an answer with a body of JSON.
    pub(super) fn json<T: ToSchema>(&mut self, status: u16, description: &str) {
        let content = Content::new(Some(self.schema::<T>()));
        self.answer(status, description, [("application/json", content)]);
    }

    /// Promises a header of the answers with this status.
    pub(super) fn with_header<T: ToSchema>(&mut self, status: u16, name: &str, description: &str) {
        let header = HeaderBuilder::new()
            .schema(Some(T::schema()))
            .description(Some(description))
            .build();
        if let Some(response) = self.answers.get_mut(&status) {
            response.headers.insert(name.into(), header.into());
        }
    }
}

/// The schema without null: a parameter is absent instead.
fn given(schema: RefOr<Schema>) -> RefOr<Schema> {
    let is_null = |schema: &RefOr<Schema>| match schema {
        RefOr::T(Schema::Object(object)) => object.schema_type == SchemaType::Type(Type::Null),
        RefOr::T(_) | RefOr::Ref(_) => false,
    };
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Array(kinds) = &object.schema_type {
                let kind = kinds.iter().find(|kind| **kind != Type::Null);
                object.schema_type = kind.map_or(SchemaType::AnyValue, |kind| kind.clone().into());
            }
            object.into()
        }
        RefOr::T(Schema::OneOf(choice)) => {
            let rest: Vec<_> = choice
                .items
                .into_iter()
                .filter(|item| !is_null(item))
                .collect();
            match <[_; 1]>::try_from(rest) {
                Ok([only]) => only,
                Err(rest) => {
                    let mut choice = OneOf::new();
                    choice.items = rest;
                    RefOr::T(Schema::OneOf(choice))
                }
            }
        }
        other @ (RefOr::Ref(_) | RefOr::T(_)) => other,
    }
}

pub(super) const fn needed(is_needed: bool) -> Required {
    if is_needed {
        Required::True
    } else {
        Required::False
    }
}
