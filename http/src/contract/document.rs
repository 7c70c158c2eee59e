//! The document: every route of the table with its contract.

use super::{
    described::{Described, Schemas, needed},
    example, operations, rules,
};
use crate::{
    gate::Rules,
    policy::{Route, RoutePolicy},
    problem::{self, Code},
    view::problem::ProblemView,
    wire,
};
use axum::http::Method;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, Content, InfoBuilder, License, OpenApi, OpenApiBuilder, Paths, Ref, RefOr,
        Response,
        header::HeaderBuilder,
        path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn},
        schema::{AllOfBuilder, ObjectBuilder, Schema, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

/// How a signed-in caller proves who they are.
const SESSION: &str = "session";

/// A route of the product with its contract.
pub(crate) struct Row {
    pub(crate) route: Route,
    pub(crate) rules: Rules,
    pub(crate) operation: Operation,
    /// Adds what the handler's types say.
    pub(crate) describe: fn(&mut Described),
    /// What it may be refused with beside what its rules and its types say.
    pub(crate) problems: &'static [Code],
}

/// The name of an operation: the theme of its handler and the handler's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// `route::order::accept::accept` is of the theme `order`.
    pub(crate) theme: &'static str,
    pub(crate) handler: &'static str,
}

impl Operation {
    /// Takes the name apart that the compiler gives to a handler.
    pub(crate) fn of(handler: &'static str) -> Self {
        let path = handler
            .rsplit_once("::route::")
            .map_or(handler, |(_, path)| path);
        let theme = path.split("::").next().unwrap_or_default();
        let handler = path.rsplit("::").next().unwrap_or_default();
        Self { theme, handler }
    }

    /// Unique in the document.
    pub(crate) fn id(self) -> String {
        if self.theme == self.handler {
            self.theme.into()
        } else {
            format!("{}_{}", self.theme, self.handler)
        }
    }
}

/// Builds the document of these routes.
pub(super) fn document(rows: &[Row]) -> OpenApi {
    let mut parts = Parts::new();
    let mut paths = Paths::new();
    for row in rows {
        let operation = parts.operation(row).build();
        let methods = vec![method(&row.route.method)];
        paths.add_path_operation(row.route.path, methods, operation);
    }
    let tags = operations::tags().into_iter();
    let tags =
        tags.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build());
    let license = License::new(env!("CARGO_PKG_LICENSE"));
    let info = InfoBuilder::new()
        .title("CampusG")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("../../../docs/api.md")))
        .license(Some(license));
    let mut document = OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(parts.components()))
        .tags(Some(tags))
        .build();
    example::put_into(&mut document);
    document
}

fn method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// What operations share.
struct Parts {
    sentences: BTreeMap<&'static str, operations::Sentences>,
    schemas: Schemas,
    /// The answer for each set of problems of one status, and its name.
    refusals: BTreeMap<Vec<Code>, String>,
}

impl Parts {
    fn new() -> Self {
        let mut parts = Self {
            sentences: operations::operations(),
            schemas: Schemas::new(),
            refusals: BTreeMap::new(),
        };
        let mut of_problem = vec![(ProblemView::name().into_owned(), ProblemView::schema())];
        ProblemView::schemas(&mut of_problem);
        parts.take(of_problem);
        parts
    }

    /// # Panics
    /// If two types have one name: the document could describe only one of them.
    fn take(&mut self, schemas: Vec<(String, RefOr<Schema>)>) {
        for (name, schema) in schemas {
            if let Some(known) = self.schemas.get(&name) {
                assert!(*known == schema, "two schemas are called {name}");
            } else {
                self.schemas.insert(name, schema);
            }
        }
    }

    fn operation(&mut self, row: &Row) -> OperationBuilder {
        let mut described = Described::default();
        (row.describe)(&mut described);
        described.problems.extend(row.problems);
        rules::describe(row.rules, &row.route.method, row.route.path, &mut described);
        let id = row.operation.id();
        let sentences = self.sentences.get(id.as_str());
        let mut operation = OperationBuilder::new()
            .tag(row.operation.theme)
            .operation_id(Some(id.clone()))
            .summary(sentences.map(|said| said.summary));
        let mut text = format!("For {}.", rules::callers(row.route.policy));
        if let Some(said) = sentences.filter(|said| !said.description.is_empty()) {
            text = format!("{text}\n\n{}", said.description);
        }
        operation = operation
            .description(Some(text))
            .request_body(described.body);
        let order = <wire::OrderId as PartialSchema>::schema();
        let mut schemas = described.path.into_iter();
        for name in names(row.route.path) {
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(needed(true))
                // Of what the gate has loaded, the handler need not read the id.
                .schema(Some(schemas.next().unwrap_or_else(|| order.clone())));
            operation = operation.parameter(parameter);
        }
        for parameter in described.parameters {
            operation = operation.parameter(parameter);
        }
        for (status, mut response) in described.answers {
            response
                .headers
                .insert(REQUEST_ID.into(), RefOr::Ref(Ref::new(REQUEST_ID_HEADER)));
            operation = operation.response(status.to_string(), response);
        }
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in described.problems {
            by_status
                .entry(code.status().as_u16())
                .or_default()
                .push(code);
        }
        for (status, codes) in by_status {
            let name = self.refusal(status, codes);
            let reference = Ref::new(format!("#/components/responses/{name}"));
            operation = operation.response(status.to_string(), reference);
        }
        if !matches!(row.route.policy, RoutePolicy::Public | RoutePolicy::Gateway) {
            operation = operation.security(SecurityRequirement::new::<_, _, String>(SESSION, []));
        }
        self.take(described.schemas);
        operation
    }

    /// Returns the name of the answer for these problems, which have one status.
    fn refusal(&mut self, status: u16, codes: Vec<Code>) -> String {
        let next = self
            .refusals
            .keys()
            .filter(|known| known[0].status() == codes[0].status());
        let name = format!("Refusal{status}_{}", next.count() + 1);
        self.refusals.entry(codes).or_insert(name).clone()
    }

    fn components(self) -> Components {
        let mut components = Components::new();
        components.schemas = self.schemas;
        for (codes, name) in self.refusals {
            components.responses.insert(name, refused(&codes).into());
        }
        let request_id = HeaderBuilder::new()
            .schema(Some(<wire::Word as PartialSchema>::schema()))
            .description(Some("The request's own id, or one that the server made."));
        components
            .headers
            .insert("RequestId".into(), request_id.build().into());
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The token of a session, as POST /api/sessions answers it.",
            ));
        let scheme = SecurityScheme::Http(bearer.build());
        components
            .security_schemes
            .insert(SESSION.into(), scheme.into());
        components
    }
}

const REQUEST_ID: &str = "x-request-id";
const REQUEST_ID_HEADER: &str = "#/components/headers/RequestId";

/// The answer with one of these problems.
fn refused(codes: &[Code]) -> Response {
    let lines = codes
        .iter()
        .map(|code| format!("- [`{}`]({}): {}", code.name(), code.page(), code.meaning()));
    let text: Vec<String> = lines.collect();
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes.iter().map(|code| code.name())));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name(ProblemView::name()))
        .item(ObjectBuilder::new().property("code", code));
    let mut response = Response::new(text.join("\n"));
    let content = Content::new(Some(Schema::from(schema.build())));
    response
        .content
        .insert(problem::CONTENT_TYPE.into(), content.into());
    response
        .headers
        .insert(REQUEST_ID.into(), RefOr::Ref(Ref::new(REQUEST_ID_HEADER)));
    if codes.iter().any(|code| code.waits()) {
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .examples([json!(1)]);
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("After how many seconds to send it again."));
        response
            .headers
            .insert("Retry-After".into(), header.build().into());
    }
    if codes.iter().any(|code| code.status().as_u16() == 401) {
        let header = HeaderBuilder::new()
            .schema(Some(<wire::Word as PartialSchema>::schema()))
            .description(Some("`Bearer`."));
        response
            .headers
            .insert("WWW-Authenticate".into(), header.build().into());
    }
    response
}

/// The names of a path's parameters.
pub(super) fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
