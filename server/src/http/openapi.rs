//! The description of the API (`OpenAPI` 3.1.1), made from the routes and from the Rust types that they take and answer.

use schemars::{
    SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value, json};

use super::{
    problem::Problem,
    routes::{Body, Declared, Operation, Policy},
};

/// Where the addresses of the API begin: its own, and those of the socket's fallback.
const API: [&str; 2] = ["/api/v1/", "/live/"];

/// Describes the routes that are the API's.
pub fn document(declared: &[Declared]) -> Value {
    let mut writer = Writer { taken: generator(Contract::Deserialize), answered: generator(Contract::Serialize) };
    let mut paths: Map<String, Value> = Map::new();
    for route in declared.iter().filter(|route| API.iter().any(|api| route.path.starts_with(api))) {
        let path = paths.entry(route.path).or_insert_with(|| json!({ "parameters": parameters(route.path) }));
        path[route.method.to_ascii_lowercase()] = writer.operation(route.policy, &route.operation);
    }
    let problem = writer.answered.subschema_for::<Problem<'_>>();
    // What is both taken and answered is a closed list or an id: the same either way.
    let mut schemas = writer.taken.take_definitions(true);
    schemas.append(&mut writer.answered.take_definitions(true));
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Préau",
            "version": "1",
            "description": "Every answer that is no success is a problem document (RFC 9457). Lists have `limit` and `cursor`; `next` is the cursor of the next page.",
            "license": { "name": "EUPL-1.2", "identifier": "EUPL-1.2" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "session",
                    "description": "Named `__Host-session` where the public address is https.",
                },
            },
            "responses": {
                "problem": {
                    "description": "What is wrong, and where",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

struct Writer {
    taken: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Writer {
    fn operation(&mut self, policy: Policy, operation: &Operation) -> Value {
        let mut described = Map::new();
        if policy == Policy::SignedIn {
            described.insert("security".to_owned(), json!([{ "token": [] }, { "session": [] }]));
        }
        if let Some(query) = operation.query {
            let schema = query(&mut self.taken).to_value();
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            let described_fields: Vec<_> =
                fields.iter().map(|(name, schema)| json!({ "name": name, "in": "query", "schema": schema })).collect();
            described.insert("parameters".to_owned(), described_fields.into());
        }
        match operation.body {
            Some(Body::Json(schema)) => {
                let schema = schema(&mut self.taken);
                let body = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
                described.insert("requestBody".to_owned(), body);
            }
            Some(Body::Form(words)) => {
                let mut fields: Map<_, _> =
                    words.iter().map(|word| ((*word).to_owned(), json!({ "type": "string" }))).collect();
                fields.insert("file".to_owned(), json!({ "type": "string", "format": "binary" }));
                let schema = json!({ "type": "object", "properties": fields });
                let body = json!({ "required": true, "content": { "multipart/form-data": { "schema": schema } } });
                described.insert("requestBody".to_owned(), body);
            }
            None => {}
        }
        let mut responses = Map::new();
        if let Some((status, schema)) = operation.answer {
            let mut response = json!({ "description": "All is well" });
            if let Some(schema) = schema {
                response["content"] = json!({ "application/json": { "schema": schema(&mut self.answered) } });
            }
            responses.insert(status.to_string(), response);
        }
        responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/problem" }));
        described.insert("responses".to_owned(), responses.into());
        described.into()
    }
}

fn generator(contract: Contract) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.contract = contract;
    settings.meta_schema = None;
    settings.into_generator()
}

/// The parts of a path that are in braces.
fn parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })).collect()
}
