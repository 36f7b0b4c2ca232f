//! The gates of groups: pages, forms and JSON.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;
use web::{
    groups::{Group, GroupFormPage, GroupsPage, Member, MembersPage, PersonName},
    page::{Current, Faults},
    paths,
};
use words::{Access, GroupId, PersonId, Role};

use super::{Joining, NewGroup};
use crate::{
    error::{Error, Result},
    http::{App, Form, Json, List, ListQuery, Page, Path, Policy, Query, Routes, Viewer, kept, print},
    people::{self, NewPerson},
};

/// The routes of groups. A group's own page is the channels': it lists them.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/groups", list_page)
        .post(Policy::SignedIn, "/groups", create_form)
        .get(Policy::SignedIn, "/groups/{slug}/edit", edit_page)
        .post(Policy::SignedIn, "/groups/{slug}/edit", edit_form)
        .post(Policy::SignedIn, "/groups/{slug}/join", join_form)
        .get(Policy::SignedIn, "/groups/{slug}/members", members_page)
        .post(Policy::SignedIn, "/groups/{slug}/members", add_form)
        .post(Policy::SignedIn, "/groups/{slug}/members/{person}/remove", remove_form)
        .get(Policy::SignedIn, "/api/v1/groups", list)
        .asks::<ListQuery>()
        .answers::<List<Group>>(200)
        .post(Policy::SignedIn, "/api/v1/groups", create)
        .takes::<CreateGroup>()
        .answers::<Group>(201)
        .get(Policy::SignedIn, "/api/v1/groups/{group}", show)
        .answers::<Group>(200)
        .patch(Policy::SignedIn, "/api/v1/groups/{group}", change)
        .takes::<ChangeGroup>()
        .answers::<Group>(200)
        .get(Policy::SignedIn, "/api/v1/groups/{group}/members", members)
        .asks::<ListQuery>()
        .answers::<List<Member>>(200)
        .post(Policy::SignedIn, "/api/v1/groups/{group}/members", add)
        .takes::<AddMember>()
        .answers::<Member>(201)
        .delete(Policy::SignedIn, "/api/v1/groups/{group}/members/{person}", remove)
        .answers_plainly(204)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateGroup {
    name: String,
    slug: Option<String>,
    #[serde(default)]
    purpose: String,
    access: Access,
}

/// What a PATCH changes; what it does not name stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeGroup {
    name: Option<String>,
    purpose: Option<String>,
    access: Option<Access>,
    link_previews: Option<bool>,
}

#[derive(Deserialize)]
struct EditForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    purpose: String,
    access: Access,
    #[serde(default)]
    link_previews: bool,
    etag: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddMember {
    email: Option<String>,
    user: Option<PersonId>,
    role: Option<Role>,
}

#[derive(Deserialize)]
struct AddForm {
    #[serde(default)]
    email: String,
    user: Option<PersonId>,
    role: Role,
}

/// What came of adding somebody.
enum Added {
    Member(PersonId),
    Requested,
}

async fn list_page(State(app): State<App>, page: Page) -> Result<Response> {
    groups_page(&app, &page, Faults::default(), String::new(), String::new()).await
}

async fn groups_page(app: &App, page: &Page, faults: Faults, name: String, purpose: String) -> Result<Response> {
    let (nav, groups) =
        page.read(app, |connection, viewer| Box::pin(async move { super::list(connection, viewer).await })).await?;
    let shell = page.shell(&page.text.get("groups-title"), nav).at(Current::Groups);
    print(&GroupsPage { shell, faults, groups, may_create: page.reader()?.admin, name, purpose })
}

async fn create_form(State(app): State<App>, page: Page, Form(form): Form<CreateGroup>) -> Result<Response> {
    match create_group(&app, page.reader()?, &form).await {
        Ok(group) => Ok(Redirect::to(&paths::group(&group.slug)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            groups_page(&app, &page, faults, form.name, form.purpose).await
        }
    }
}

async fn create(State(app): State<App>, viewer: Viewer, Json(body): Json<CreateGroup>) -> Result<Response> {
    let group = create_group(&app, viewer, &body).await?;
    Ok((StatusCode::CREATED, axum::Json(group)).into_response())
}

async fn create_group(app: &App, viewer: Viewer, body: &CreateGroup) -> Result<Group> {
    let new = NewGroup::checked(&body.name, body.slug.as_deref(), &body.purpose, body.access)?;
    let maker = viewer.clone();
    let id = app.db.write(move |tx| Box::pin(async move { super::create(tx, &maker, &new).await })).await?;
    found(app, &viewer, &id.to_string()).await
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Group>>> {
    let epoch = app.db.epoch().await?;
    let mut connection = app.db.lend().await?;
    let groups = super::list(&mut connection, &viewer).await?;
    let groups = groups.into_iter().map(|group| dated(group, epoch)).collect();
    List::page(groups, &query, |group| group.id.to_string()).map(axum::Json)
}

async fn show(State(app): State<App>, viewer: Viewer, Path(address): Path<String>) -> Result<axum::Json<Group>> {
    found(&app, &viewer, &address).await.map(axum::Json)
}

/// A group by its id or short address, with its log's epoch.
pub async fn found(app: &App, viewer: &Viewer, address: &str) -> Result<Group> {
    let epoch = app.db.epoch().await?;
    let mut connection = app.db.lend().await?;
    super::find(&mut connection, viewer, address).await.map(|group| dated(group, epoch))
}

fn dated(mut group: Group, epoch: Uuid) -> Group {
    if let Some(log) = &mut group.log {
        log.epoch = epoch;
    }
    group
}

/// The id of the group at an address, for who may know of it.
pub async fn id_at(app: &App, viewer: &Viewer, address: &str) -> Result<GroupId> {
    Ok(found(app, viewer, address).await?.id)
}

async fn edit_page(State(app): State<App>, page: Page, Path(slug): Path<String>) -> Result<Response> {
    show_edit(&app, &page, slug, Faults::default(), None).await
}

async fn show_edit(app: &App, page: &Page, slug: String, faults: Faults, typed: Option<EditForm>) -> Result<Response> {
    let (nav, group) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let group = super::find(connection, viewer, &slug).await?;
                super::may_animate(connection, viewer, group.id).await?;
                Ok(group)
            })
        })
        .await?;
    let shell = page.shell(&page.text.name("group-edit", &group.name), nav).at(Current::Groups);
    let typed = typed.unwrap_or_else(|| EditForm {
        name: group.name.clone(),
        purpose: group.purpose.clone(),
        access: group.access,
        link_previews: group.link_previews,
        etag: None,
    });
    let EditForm { name, purpose, access, link_previews, .. } = typed;
    print(&GroupFormPage { shell, faults, group, name, purpose, access, link_previews })
}

async fn edit_form(
    State(app): State<App>,
    page: Page,
    Path(slug): Path<String>,
    Form(form): Form<EditForm>,
) -> Result<Response> {
    let body = ChangeGroup {
        name: Some(form.name.clone()),
        purpose: Some(form.purpose.clone()),
        access: Some(form.access),
        link_previews: Some(form.link_previews),
    };
    match change_group(&app, page.reader()?, &slug, body, form.etag.clone()).await {
        Ok(_) => Ok(Redirect::to(&paths::group(&slug)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_edit(&app, &page, slug, faults, Some(form)).await
        }
    }
}

async fn change(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Json(body): Json<ChangeGroup>,
) -> Result<axum::Json<Group>> {
    change_group(&app, viewer, &address, body, None).await.map(axum::Json)
}

/// Changes a group; `shown` is what a form showed of it.
async fn change_group(
    app: &App,
    viewer: Viewer,
    address: &str,
    body: ChangeGroup,
    shown: Option<String>,
) -> Result<Group> {
    let (maker, id) = (viewer.clone(), id_at(app, &viewer, address).await?);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = super::may_animate(tx.connection(), &maker, id).await?;
                // Locked before what is kept is read, so that two changes do not undo each other.
                tx.lock(id.into()).await?;
                let now = super::find(tx.connection(), &maker, &id.to_string()).await?;
                kept::unchanged(shown.as_deref(), &now.etag())?;
                let (name, purpose) = (body.name.unwrap_or(now.name), body.purpose.unwrap_or(now.purpose));
                let new = NewGroup::checked(&name, Some(&now.slug), &purpose, body.access.unwrap_or(now.access))?;
                let new = new.showing_links(body.link_previews.unwrap_or(now.link_previews));
                super::change(tx, &may, &new).await
            })
        })
        .await?;
    found(app, &viewer, address).await
}

async fn join_form(State(app): State<App>, viewer: Viewer, Path(slug): Path<String>) -> Result<Redirect> {
    let group = id_at(&app, &viewer, &slug).await?;
    app.db.write(move |tx| Box::pin(async move { super::join(tx, &viewer, group).await })).await?;
    Ok(Redirect::to(&paths::group(&slug)))
}

async fn members_page(State(app): State<App>, page: Page, Path(slug): Path<String>) -> Result<Response> {
    show_members(&app, &page, slug, Faults::default(), String::new()).await
}

async fn show_members(app: &App, page: &Page, slug: String, faults: Faults, email: String) -> Result<Response> {
    let (nav, (group, members, requests)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let group = super::find(connection, viewer, &slug).await?;
                let may = super::may_read(connection, viewer, group.id).await?;
                let members = super::members(connection, &may).await?;
                let requests = match may.animate() {
                    Ok(may) => super::join_requests(connection, &may).await?,
                    Err(_) => Vec::new(),
                };
                Ok((group, members, requests))
            })
        })
        .await?;
    let requests = requests.into_iter().map(|asked| PersonName { id: asked.person, name: asked.name }).collect();
    let shell = page.shell(&page.text.get("members-title"), nav).at(Current::Groups);
    print(&MembersPage { shell, faults, group, members, requests, email })
}

async fn add_form(
    State(app): State<App>,
    page: Page,
    Path(slug): Path<String>,
    Form(form): Form<AddForm>,
) -> Result<Response> {
    let viewer = page.reader()?;
    let group = id_at(&app, &viewer, &slug).await?;
    let email = (!form.email.trim().is_empty()).then(|| form.email.clone());
    let body = match (form.user, email) {
        (None, None) => Err(Error::field("email", "required")),
        (user, email) => Ok(AddMember { email, user, role: Some(form.role) }),
    };
    let added = match body {
        Ok(body) => add_member(&app, viewer, group, body).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(Redirect::to(&paths::group_members(&slug)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show_members(&app, &page, slug, faults, form.email).await
        }
    }
}

async fn members(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Member>>> {
    let group = id_at(&app, &viewer, &address).await?;
    let mut connection = app.db.lend().await?;
    let may = super::may_read(&mut connection, &viewer, group).await?;
    let members = super::members(&mut connection, &may).await?;
    List::page(members, &query, |member| member.user.id.to_string()).map(axum::Json)
}

async fn add(
    State(app): State<App>,
    viewer: Viewer,
    Path(address): Path<String>,
    Json(body): Json<AddMember>,
) -> Result<Response> {
    let group = id_at(&app, &viewer, &address).await?;
    match add_member(&app, viewer, group, body).await? {
        Added::Requested => Ok(StatusCode::ACCEPTED.into_response()),
        Added::Member(person) => {
            let mut connection = app.db.lend().await?;
            let member = super::member(&mut connection, group, person).await?.ok_or(Error::NotFound)?;
            Ok((StatusCode::CREATED, axum::Json(member)).into_response())
        }
    }
}

/// Oneself asks to join; anybody else is added or invited by an animator.
async fn add_member(app: &App, viewer: Viewer, group: GroupId, body: AddMember) -> Result<Added> {
    if body.user == Some(viewer.id) && body.email.is_none() {
        let person = viewer.id;
        let joining = app.db.write(move |tx| Box::pin(async move { super::join(tx, &viewer, group).await })).await?;
        return Ok(if joining == Joining::Requested { Added::Requested } else { Added::Member(person) });
    }
    let role = body.role.unwrap_or(Role::Member);
    let new = body.email.as_deref().map(|email| NewPerson::checked(email, "", false, viewer.locale)).transpose()?;
    let owner = app.clone();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let may = super::may_animate(tx.connection(), &viewer, group).await?;
                let person = match (body.user, &new) {
                    (Some(person), _) if people::exists(tx.connection(), person).await? => person,
                    (None, Some(new)) => {
                        let (person, letter) = people::invite(tx, new).await?;
                        if let Some(letter) = letter {
                            people::http::enqueue_letter(tx, &owner, &letter).await?;
                        }
                        person
                    }
                    _ => return Err(Error::field("user", "required")),
                };
                super::add(tx, &may, person, role).await?;
                Ok(Added::Member(person))
            })
        })
        .await
}

async fn remove_form(
    State(app): State<App>,
    viewer: Viewer,
    Path((slug, person)): Path<(String, PersonId)>,
) -> Result<Redirect> {
    let group = id_at(&app, &viewer, &slug).await?;
    let to = if viewer.id == person { paths::GROUPS.to_owned() } else { paths::group_members(&slug) };
    app.db.write(move |tx| Box::pin(async move { super::remove(tx, &viewer, group, person).await })).await?;
    Ok(Redirect::to(&to))
}

async fn remove(
    State(app): State<App>,
    viewer: Viewer,
    Path((address, person)): Path<(String, PersonId)>,
) -> Result<StatusCode> {
    let group = id_at(&app, &viewer, &address).await?;
    app.db.write(move |tx| Box::pin(async move { super::remove(tx, &viewer, group, person).await })).await?;
    Ok(StatusCode::NO_CONTENT)
}
