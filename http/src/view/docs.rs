//! The contract as a page, made of the document itself: each operation with what it takes and answers, and each schema.
//!
//! Invariant: every text of the document is escaped; there is no script, and nothing is loaded from elsewhere.

use super::problem::marked_up;
use crate::html::escaped;
use serde_json::{Map, Value};
use std::fmt::Write;

const STYLE: &str = include_str!("docs.css");

/// Returns the page of a document.
pub(crate) fn page(document: &Value) -> String {
    let mut page = String::with_capacity(512 * 1024);
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>CampusG API</title><style>{STYLE}</style></head><body>\
         <header><h1>CampusG API</h1><p>Version {}. <a href=\"/api/openapi.json\">OpenAPI document</a>, \
         <a href=\"/problems\">problems</a>.</p></header>",
        text(&document["info"]["version"])
    );
    let tags = list(&document["tags"]);
    page.push_str("<nav><ul>");
    for tag in tags {
        let name = text(&tag["name"]);
        let _ = write!(page, "<li><a href=\"#tag-{name}\">{name}</a></li>");
    }
    page.push_str("<li><a href=\"#schemas\">schemas</a></li></ul></nav><main>");
    for tag in tags {
        let name = text(&tag["name"]);
        let about = marked_up(tag["description"].as_str().unwrap_or_default());
        let _ = write!(
            page,
            "<section id=\"tag-{name}\"><h2>{name}</h2><p>{about}</p>"
        );
        for (path, method, operation) in operations(document) {
            if operation["tags"][0] == tag["name"] {
                put_operation(&mut page, document, path, method, operation);
            }
        }
        page.push_str("</section>");
    }
    page.push_str("<section id=\"schemas\"><h2>schemas</h2>");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let name = escaped(name);
        let _ = write!(page, "<details id=\"{name}\"><summary>{name}</summary>");
        put_schema(&mut page, schema);
        page.push_str("</details>");
    }
    page.push_str("</section></main></body></html>");
    page
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = members(&document["paths"]);
    paths.flat_map(|(path, item)| {
        members(item).map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn put_operation(page: &mut String, document: &Value, path: &str, method: &str, operation: &Value) {
    let (id, method) = (text(&operation["operationId"]), method.to_uppercase());
    let _ = write!(
        page,
        "<details id=\"{id}\"><summary><b>{method}</b> <code>{}</code> <span>{}</span></summary>",
        escaped(path),
        marked_up(operation["summary"].as_str().unwrap_or_default())
    );
    put_paragraphs(page, &operation["description"]);
    let parameters = list(&operation["parameters"]);
    if !parameters.is_empty() {
        page.push_str("<h3>Parameters</h3><dl>");
        for one in parameters {
            let needed = if one["required"] == true {
                ", required"
            } else {
                ""
            };
            let _ = write!(
                page,
                "<dt><code>{}</code> <small>{}{needed}, {}</small></dt><dd>{}</dd>",
                text(&one["name"]),
                text(&one["in"]),
                kind(&one["schema"]),
                marked_up(one["description"].as_str().unwrap_or_default())
            );
        }
        page.push_str("</dl>");
    }
    for (kind_of_body, content) in members(&operation["requestBody"]["content"]) {
        let _ = write!(
            page,
            "<h3>Body</h3><p>{} {}</p>",
            escaped(kind_of_body),
            kind(&content["schema"])
        );
        put_example(page, &content["example"]);
    }
    put_curl(page, &method, path, operation);
    page.push_str("<h3>Answers</h3><dl>");
    for (status, response) in members(&operation["responses"]) {
        put_answer(page, document, status, response);
    }
    page.push_str("</dl></details>");
}

fn put_answer(page: &mut String, document: &Value, status: &str, response: &Value) {
    let shared = response["$ref"]
        .as_str()
        .and_then(|place| document.pointer(place.trim_start_matches('#')));
    let response = shared.unwrap_or(response);
    let _ = write!(page, "<dt>{status}</dt><dd>");
    if shared.is_some() {
        // A refusal: its description is a list of problems, each with its name as code.
        let lines = response["description"].as_str().unwrap_or_default().lines();
        let links = lines.filter_map(|line| {
            let name = escaped(line.split('`').nth(1)?);
            Some(format!("<a href=\"/problems/{name}\">{name}</a>"))
        });
        page.push_str(&links.collect::<Vec<_>>().join(", "));
    } else {
        put_paragraphs(page, &response["description"]);
        for (kind_of_body, content) in members(&response["content"]) {
            let _ = write!(
                page,
                "<p>{} {}</p>",
                escaped(kind_of_body),
                kind(&content["schema"])
            );
        }
    }
    page.push_str("</dd>");
}

fn put_example(page: &mut String, example: &Value) {
    if !example.is_null() {
        let written = serde_json::to_string_pretty(example).unwrap_or_default();
        let _ = write!(page, "<pre>{}</pre>", escaped(&written));
    }
}

/// A request as the command line sends it.
fn put_curl(page: &mut String, method: &str, path: &str, operation: &Value) {
    let mut line = format!("curl -X {method} http://localhost:8080{path}");
    if operation["security"].is_array() {
        line.push_str(" -H \"Authorization: Bearer $TOKEN\"");
    }
    if list(&operation["parameters"])
        .iter()
        .any(|one| one["name"] == "idempotency-key")
    {
        line.push_str(" -H \"Idempotency-Key: $(uuidgen)\"");
    }
    let body = &operation["requestBody"]["content"]["application/json"]["example"];
    if !body.is_null() {
        let _ = write!(line, " --json '{body}'");
    }
    let _ = write!(page, "<pre>{}</pre>", escaped(&line));
}

fn put_schema(page: &mut String, schema: &Value) {
    put_paragraphs(page, &schema["description"]);
    for part in ["oneOf", "anyOf", "allOf"]
        .iter()
        .flat_map(|how| list(&schema[*how]))
    {
        if part["$ref"].is_string() {
            let _ = write!(page, "<p>{}</p>", kind(part));
        } else {
            put_schema(page, part);
        }
    }
    let properties = &schema["properties"];
    if properties.is_null() {
        if schema["type"].is_string() {
            let _ = write!(page, "<p>{}</p>", kind(schema));
        }
        return;
    }
    let needed = list(&schema["required"]);
    page.push_str("<dl>");
    for (name, property) in members(properties) {
        let optional = if needed.iter().any(|one| one == name) {
            ""
        } else {
            ", optional"
        };
        let _ = write!(
            page,
            "<dt><code>{}</code> <small>{}{optional}</small></dt><dd>{}</dd>",
            escaped(name),
            kind(property),
            marked_up(property["description"].as_str().unwrap_or_default())
        );
    }
    page.push_str("</dl>");
}

/// A schema in a few words, with a link to where it stands.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|place| place.rsplit('/').next())
    {
        let name = escaped(name);
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    let choices = ["oneOf", "anyOf", "allOf"]
        .iter()
        .flat_map(|how| list(&schema[*how]));
    let choices: Vec<String> = choices.map(kind).collect();
    if !choices.is_empty() {
        return choices.join(" or ");
    }
    let values = list(&schema["enum"])
        .iter()
        .map(|value| format!("<code>{}</code>", text(value)));
    let values: Vec<String> = values.collect();
    if !values.is_empty() {
        return values.join(" ");
    }
    let kinds = list(&schema["type"]).iter().map(text);
    let mut words = match schema["type"].as_str() {
        Some(kind) => escaped(kind),
        None => kinds.collect::<Vec<_>>().join(" or "),
    };
    if words.is_empty() {
        words = "anything".into();
    }
    for (name, word) in [
        ("format", ""),
        ("minLength", "from "),
        ("maxLength", "to "),
        ("minimum", "from "),
        ("maximum", "to "),
    ] {
        if !schema[name].is_null() {
            let _ = write!(words, " {word}{}", text(&schema[name]));
        }
    }
    words
}

fn put_paragraphs(page: &mut String, said: &Value) {
    for paragraph in said.as_str().unwrap_or_default().split("\n\n") {
        if !paragraph.is_empty() {
            let _ = write!(page, "<p>{}</p>", marked_up(paragraph));
        }
    }
}

fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value as escaped text, without quotes.
fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => escaped(text),
        None => escaped(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::page;
    use serde_json::json;

    #[test]
    fn each_operation_is_shown_and_nothing_brings_markup_in() {
        let document = json!({
            "info": {"version": "1"},
            "tags": [{"name": "order", "description": "<b>"}],
            "paths": {"/api/orders/{id}": {"get": {
                "tags": ["order"], "operationId": "order_get", "summary": "Shows `it` <i>.", "security": [{}],
                "responses": {"404": {"$ref": "#/components/responses/R"}},
            }}},
            "components": {
                "schemas": {"A": {"type": "object", "properties": {"<u>": {"type": "string", "maxLength": 3}}}},
                "responses": {"R": {"description": "- [`not_found`](/problems/not_found): It is <gone>."}},
            },
        });
        let page = page(&document);
        for shown in [
            "<b>GET</b> <code>/api/orders/{id}</code>",
            "Shows <code>it</code> &lt;i&gt;.",
            "<a href=\"/problems/not_found\">not_found</a>",
            "Bearer $TOKEN",
            "string to 3, optional",
        ] {
            assert!(page.contains(shown), "{shown} in {page}");
        }
        for markup in ["<i>", "<u>", "<gone>", "<script"] {
            assert!(!page.contains(markup), "{markup}");
        }
    }
}
