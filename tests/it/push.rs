//! What reaches people's devices, and what does not: the service that a browser would name is ours, reads what it is sent
//! by the device's keys (RFC 8291), and checks who sends (RFC 8292).

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, ECDH_P256, PrivateKey},
    hkdf,
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use preau::{clock::Clock, push::Sender};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Group, Server};

/// A Tuesday at eleven, where the network is.
const MORNING: &str = "2026-11-03T10:00:00Z";

/// What a service was sent.
#[derive(Clone)]
struct Received {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What a service answers next, with `Retry-After`; afterwards it accepts.
type Answers = Arc<Mutex<VecDeque<(u16, Option<&'static str>)>>>;

/// A push service.
#[derive(Clone)]
struct Service {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
    answers: Answers,
}

impl Service {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = Self { url, received: Arc::default(), answers: Arc::default() };
        let router = Router::new().fallback(take).with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        service
    }

    /// What came since it was last asked.
    fn taken(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }

    fn answer(&self, status: u16, retry_after: Option<&'static str>) {
        self.answers.lock().unwrap().push_back((status, retry_after));
    }
}

async fn take(State(service): State<Service>, uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    service.received.lock().unwrap().push(Received { path: uri.path().to_owned(), headers, body: body.to_vec() });
    let (status, retry_after) = service.answers.lock().unwrap().pop_front().unwrap_or((201, None));
    let pause = retry_after.map(|pause| [("retry-after", pause)]);
    (
        StatusCode::from_u16(status).unwrap(),
        pause.map_or_else(HeaderMap::new, |pause| {
            pause.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
        }),
    )
}

/// Somebody's browser: its session, and the keys that never leave it.
struct Device {
    cookie: String,
    path: String,
    key: PrivateKey,
    auth: [u8; 16],
}

impl Device {
    /// What its browser subscribes with.
    fn subscription(&self, service: &Service) -> Value {
        let public = self.key.compute_public_key().unwrap();
        let keys = json!({ "p256dh": URL_SAFE_NO_PAD.encode(public), "auth": URL_SAFE_NO_PAD.encode(self.auth) });
        json!({ "endpoint": format!("{}{}", service.url, self.path), "expirationTime": null, "keys": keys })
    }

    /// Reads what it was sent (RFC 8188 and RFC 8291).
    fn read(&self, received: &Received) -> Value {
        assert_eq!(received.path, self.path);
        let (salt, rest) = received.body.split_at(16);
        let (size, rest) = rest.split_at(4);
        assert_eq!(rest[0], 65, "the sender's key comes with it");
        let (sender, sealed) = rest[1..].split_at(65);
        assert!(received.body.len() < 4096 && u32::from_be_bytes(size.try_into().unwrap()) as usize >= sealed.len());
        let own = self.key.compute_public_key().unwrap();
        let info = [b"WebPush: info\0".as_slice(), own.as_ref(), sender].concat();
        let peer = agreement::UnparsedPublicKey::new(&ECDH_P256, sender);
        let shared = agreement::agree(&self.key, peer, (), |secret| Ok(secret.to_vec())).unwrap();
        let secret = derived(&self.auth, &shared, &info, 32);
        let key = derived(salt, &secret, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = derived(salt, &secret, b"Content-Encoding: nonce\0", 12);
        let key = LessSafeKey::new(UnboundKey::new(&aead::AES_128_GCM, &key).unwrap());
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let opened = key.open_in_place(nonce, Aad::empty(), &mut sealed).unwrap();
        let end = opened.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(opened[end], 2, "it is the last record");
        serde_json::from_slice(&opened[..end]).unwrap()
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derived(salt: &[u8], secret: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    let key = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    key.expand(&[info], Length(length)).unwrap().fill(&mut out).unwrap();
    out
}

/// Who a message says that it is from: the key, and what is claimed of it.
fn signed(received: &Received) -> (String, Value) {
    let header = received.headers["authorization"].to_str().unwrap();
    let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decoded(key));
    public.verify(signed.as_bytes(), &decoded(signature)).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&decoded(header)).unwrap(), json!({ "typ": "JWT", "alg": "ES256" }));
    (key.to_owned(), serde_json::from_slice(&decoded(claims)).unwrap())
}

/// A group of three with a question, at eleven on a day of work.
struct Scene {
    server: Server,
    service: Service,
    ines: Actor,
    bea: Actor,
    group: Group,
    question: String,
}

async fn scene() -> Scene {
    let service = Service::start().await;
    let address = service.url.strip_prefix("http://").unwrap().parse().unwrap();
    let server = Server::start_open(Clock::at(instant(MORNING)), address).await;
    let (ines, group) = server.group().await;
    let (ana, bea) = (server.person("Ana").await, server.person("Béa").await);
    ines.add(&group, &ana, "member").await;
    ines.add(&group, &bea, "member").await;
    let opened = json!({ "kind": "question", "body": "Qui a déjà évalué ?" });
    let opened = ana.post(&format!("/api/v1/channels/{}/threads", group.channel), opened).await.json();
    let question = opened["id"].as_str().unwrap().to_owned();
    Scene { server, service, ines, bea, group, question }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Asks with a browser's session.
async fn ask(server: &Server, cookie: &str, method: Method, path: &str, body: Option<Value>) -> (u16, String, Value) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut request = client.request(method, format!("{}{path}", server.url)).header("cookie", cookie);
    request = request.header("accept", if path.starts_with("/api/") { "application/json" } else { "text/html" });
    let answer = match body {
        Some(body) => request.json(&body).send().await.unwrap(),
        None => request.send().await.unwrap(),
    };
    let status = answer.status().as_u16();
    let location = answer.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    (status, location.unwrap_or_else(|| text.clone()), serde_json::from_str(&text).unwrap_or(Value::Null))
}

impl Scene {
    /// A browser of somebody, with a session of its own.
    async fn browser(&self, who: &Actor) -> Device {
        let cookie = self.server.session(who).await;
        let path = format!("/device/{}", uuid::Uuid::now_v7().simple());
        Device { cookie, path, key: PrivateKey::generate(&ECDH_P256).unwrap(), auth: rand::random() }
    }

    /// A browser of somebody that is told.
    async fn device(&self, who: &Actor) -> Device {
        let device = self.browser(who).await;
        let (status, text, _) = self.subscribe(&device).await;
        assert_eq!(status, 201, "{text}");
        device
    }

    async fn subscribe(&self, device: &Device) -> (u16, String, Value) {
        let body = Some(device.subscription(&self.service));
        ask(&self.server, &device.cookie, Method::POST, "/api/v1/push/devices", body).await
    }

    async fn devices(&self, cookie: &str) -> Vec<Value> {
        let (status, text, list) = ask(&self.server, cookie, Method::GET, "/api/v1/push/devices", None).await;
        assert_eq!(status, 200, "{text}");
        list["items"].as_array().unwrap().clone()
    }

    /// Tells what is due, sends it, and answers what the service was sent.
    async fn sent(&self) -> Vec<Received> {
        preau::notifications::catch_up(&self.server.db).await.unwrap();
        preau::push::send_due(&self.server.db, &Sender::new(&self.server.settings)).await.unwrap();
        self.service.taken()
    }

    /// The words that a device is shown.
    async fn shown(&self, device: &Device) -> Vec<String> {
        let sent = self.sent().await;
        sent.iter().map(|received| device.read(received)["body"].as_str().unwrap().to_owned()).collect()
    }

    /// Nobody has used its session for longer than one lasts.
    async fn idle(&self, device: &Device) {
        sqlx::query("update sessions set seen_at = seen_at - interval '31 days' where id = (select session_id from push_devices where endpoint like '%' || $1)")
            .bind(&device.path)
            .execute(self.server.db.pool())
            .await
            .unwrap();
    }

    async fn waiting(&self) -> i64 {
        sqlx::query_scalar("select count(*) from pushes").fetch_one(self.server.db.pool()).await.unwrap()
    }
}

#[tokio::test]
async fn a_mention_reaches_a_device_once_encrypted_for_it_and_signed() {
    let scene = scene().await;
    let outsider = scene.server.person("Ondine").await;
    let (device, _other) = (scene.device(&scene.bea).await, scene.device(&outsider).await);
    scene.ines.say(&scene.question, "Avec **@Béa**, pas @Ondine").await;
    let sent = scene.sent().await;
    assert_eq!(sent.len(), 1, "once, and to who is named");
    assert_eq!(scene.sent().await.len() + usize::try_from(scene.waiting().await).unwrap(), 0, "nothing is left");
    let shown = device.read(&sent[0]);
    assert_eq!(shown["title"], "Inès vous mentionne");
    assert_eq!(shown["body"], "Évaluation · Qui a déjà évalué ?\nAvec @Béa, pas @Ondine");
    assert!(shown["url"].as_str().unwrap().starts_with(&format!("/threads/{}?at=2#message-", scene.question)));
    assert_eq!(shown["unseen"], 1);
    let headers = &sent[0].headers;
    for (name, value) in [("content-encoding", "aes128gcm"), ("ttl", "86400"), ("urgency", "high")] {
        assert_eq!(headers[name], value);
    }
    assert_eq!(headers["topic"].len(), 22, "a retry replaces what waits for the device");
    let (key, claims) = signed(&sent[0]);
    let (_, _, offered) = ask(&scene.server, &device.cookie, Method::GET, "/api/v1/push/key", None).await;
    assert_eq!((offered["key"].as_str(), claims["aud"].as_str()), (Some(&*key), Some(&*scene.service.url)));
    let holds = claims["exp"].as_i64().unwrap() - instant(MORNING).timestamp();
    assert!((1..=24 * 60 * 60).contains(&holds), "{holds}");
    // In the language of who is told.
    let settings = [("name", "Béa"), ("locale", "en"), ("theme", "system")];
    assert_eq!(scene.bea.form("/settings", &settings).await.status, 303);
    scene.ines.say(&scene.question, "Encore, @Béa").await;
    let sent = scene.sent().await;
    assert_eq!(device.read(&sent[0])["title"], "Inès mentions you");
    assert_eq!(device.read(&sent[0])["unseen"], 2);
}

#[tokio::test]
async fn all_that_is_told_is_sent_and_a_burst_is_announced_together() {
    let scene = scene().await;
    let device = scene.device(&scene.bea).await;
    let announced = json!({ "kind": "announcement", "body": "Le label est renouvelé" });
    scene.ines.post(&format!("/api/v1/channels/{}/threads", scene.group.channel), announced).await;
    let mut sent = scene.sent().await;
    scene.ines.say(&scene.group.standing, "À @Évaluation : bonjour").await;
    sent.extend(scene.sent().await);
    let titles: Vec<_> = sent.iter().map(|received| device.read(received)["title"].clone()).collect();
    assert_eq!(titles, ["Inès fait une annonce", "Inès mentionne un salon que vous recevez"]);
    assert_eq!(sent[0].headers["urgency"], "normal");
    for number in 1..=5 {
        scene.ines.say(&scene.question, &format!("{number}, @Béa")).await;
    }
    let sent = scene.sent().await;
    assert_eq!(sent.len(), 1);
    let shown = device.read(&sent[0]);
    assert_eq!(shown["body"], "5 notifications vous attendent");
    assert_eq!((shown["title"].as_str(), shown["url"].as_str()), (Some("Préau"), Some("/notifications")));
}

#[tokio::test]
async fn what_is_seen_removed_or_read_no_more_is_not_sent() {
    let scene = scene().await;
    let device = scene.device(&scene.bea).await;
    let tell = async || preau::notifications::catch_up(&scene.server.db).await.unwrap();
    let says = async |words: &str| scene.ines.say(&scene.question, words).await;
    says("Ouvert, @Béa").await;
    tell().await;
    assert_eq!(scene.bea.form("/notifications/seen", &[]).await.status, 303);
    let removed = says("Retiré, @Béa").await;
    scene.ines.request(Method::DELETE, &format!("/api/v1/messages/{}", removed["id"].as_str().unwrap()), None).await;
    let read = says("Lu, @Béa").await;
    tell().await;
    let position = json!({ "position": read["position"] });
    scene.bea.request(Method::PUT, &format!("/api/v1/threads/{}/read", scene.question), Some(position)).await;
    says("Nouveau, @Béa").await;
    assert_eq!(scene.shown(&device).await, ["Évaluation · Qui a déjà évalué ?\nNouveau, @Béa"]);
    says("Trop tard, @Béa").await;
    tell().await;
    assert_eq!(scene.waiting().await, 1);
    scene.ines.remove(&scene.group, &scene.bea).await;
    assert_eq!((scene.sent().await.len(), scene.waiting().await), (0, 0), "a former member is told nothing");
}

#[tokio::test]
async fn quiet_hours_hold_what_is_told_and_announce_it_together_in_the_morning() {
    let scene = scene().await;
    let device = scene.device(&scene.bea).await;
    let clock = &scene.server.clock;
    clock.set(instant("2026-11-03T18:30:00Z"));
    for words in ["Un, @Béa", "Deux, @Béa", "Trois, @Béa", "Quatre, @Béa"] {
        scene.ines.say(&scene.question, words).await;
        assert_eq!(scene.sent().await.len(), 0, "in the evening");
        clock.advance(TimeDelta::minutes(50));
    }
    clock.set(instant("2026-11-04T06:59:00Z"));
    assert_eq!(scene.sent().await.len(), 0);
    // What is read meanwhile is announced no more.
    let path = format!("/api/v1/threads/{}/read", scene.question);
    scene.bea.request(Method::PUT, &path, Some(json!({ "position": 2 }))).await;
    clock.set(instant("2026-11-04T07:00:00Z"));
    assert_eq!(scene.shown(&device).await, ["3 notifications vous attendent"]);
    assert_eq!(scene.waiting().await, 0);
    // One alone says what it says; a bank holiday, and a week-end.
    scene.bea.form("/notifications/seen", &[]).await;
    for (now, end) in
        [("2026-11-11T11:00:00Z", "2026-11-12T07:00:00Z"), ("2026-11-14T11:00:00Z", "2026-11-16T07:00:00Z")]
    {
        clock.set(instant(now));
        scene.ines.say(&scene.question, &format!("Le {now}, @Béa")).await;
        assert_eq!(scene.sent().await.len(), 0, "{now}");
        clock.set(instant(end) - TimeDelta::seconds(1));
        assert_eq!(scene.sent().await.len(), 0, "{now}");
        clock.set(instant(end));
        assert_eq!(scene.shown(&device).await, [format!("Évaluation · Qui a déjà évalué ?\nLe {now}, @Béa")]);
        scene.bea.form("/notifications/seen", &[]).await;
    }
}

#[tokio::test]
async fn who_wants_other_quiet_hours_or_none_has_them() {
    let scene = scene().await;
    let device = scene.device(&scene.bea).await;
    let page = scene.bea.page("/settings/notifications").await.text;
    assert!(page.contains(r#"name="from" type="time" value="19:00""#), "{page}");
    scene.server.clock.set(instant("2026-11-24T20:00:00Z"));
    scene.ines.say(&scene.question, "Un, @Béa").await;
    assert_eq!(scene.sent().await.len(), 0);
    let form = [("from", "22:00"), ("to", "07:30"), ("enabled", "true")];
    let saved = scene.bea.form("/settings/notifications/quiet-hours", &form).await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, "/settings/notifications?done=1"));
    scene.server.clock.advance(TimeDelta::minutes(15));
    assert_eq!(scene.shown(&device).await, ["Évaluation · Qui a déjà évalué ?\nUn, @Béa"], "what was held is told");
    let path = "/api/v1/push/quiet-hours";
    let now = scene.bea.get(path).await.json();
    assert_eq!(
        now,
        json!({ "enabled": true, "from": "22:00:00", "to": "07:30:00", "weekends": false, "holidays": false })
    );
    scene.server.clock.set(instant("2026-11-28T21:30:00Z"));
    scene.ines.say(&scene.question, "Deux, @Béa").await;
    assert_eq!(scene.sent().await.len(), 0);
    let mut off = now.clone();
    off["enabled"] = false.into();
    assert_eq!(scene.bea.request(Method::PUT, path, Some(off)).await.status, 200);
    scene.server.clock.advance(TimeDelta::minutes(15));
    assert_eq!(scene.sent().await.len(), 1);
    // What is refused stays as it was typed.
    for (from, to, said) in
        [("21:00", "21:00", "Choisissez une autre heure"), ("", "08:00", "La forme ne convient pas")]
    {
        let refused = scene.bea.form("/settings/notifications/quiet-hours", &[("from", from), ("to", to)]).await;
        let kept = format!(r#"name="to" type="time" value="{to}""#);
        assert!(refused.text.contains(said) && refused.text.contains(&kept), "{}", refused.text);
    }
    let mut same = now;
    same["to"] = "22:00".into();
    assert_eq!(scene.bea.request(Method::PUT, path, Some(same)).await.status, 422);
}

#[tokio::test]
async fn a_service_that_is_away_is_asked_again_and_one_that_forgot_the_device_never() {
    let scene = scene().await;
    let device = scene.device(&scene.bea).await;
    let clock = &scene.server.clock;
    scene.ines.say(&scene.question, "Un, @Béa").await;
    scene.service.answer(503, Some("120"));
    scene.service.answer(429, None);
    let first = scene.sent().await;
    clock.advance(TimeDelta::seconds(119));
    assert_eq!(scene.sent().await.len(), 0, "not before the service said");
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(scene.sent().await.len(), 1, "again");
    clock.advance(TimeDelta::seconds(59));
    assert_eq!(scene.sent().await.len(), 0, "the waits grow");
    clock.advance(TimeDelta::seconds(1));
    let last = scene.sent().await;
    assert_eq!(
        (first[0].headers["topic"].clone(), device.read(&first[0])),
        (last[0].headers["topic"].clone(), device.read(&last[0]))
    );
    clock.advance(TimeDelta::hours(1));
    assert_eq!((scene.sent().await.len(), scene.waiting().await), (0, 0), "it has it");
    // Where it never answers well, a message is given up; the device is not.
    scene.ines.say(&scene.question, "Deux, @Béa").await;
    let mut tries = 0;
    for _ in 0..20 {
        scene.service.answer(500, None);
        tries += scene.sent().await.len();
        clock.advance(TimeDelta::minutes(10));
    }
    assert_eq!((tries, scene.waiting().await), (8, 0));
    scene.service.answers.lock().unwrap().clear();
    // A message that it does not take is no reason to send it again.
    for (status, left) in [(400, 1), (413, 1), (301, 1), (410, 0)] {
        scene.ines.say(&scene.question, &format!("{status}, @Béa")).await;
        scene.service.answer(status, None);
        assert_eq!((scene.sent().await.len(), scene.waiting().await), (1, 0), "{status}");
        assert_eq!(scene.devices(&device.cookie).await.len(), left, "{status}");
    }
}

#[tokio::test]
async fn a_device_is_told_until_its_session_ends() {
    let scene = scene().await;
    let [first, second, third] = [(); 3].map(|()| scene.device(&scene.bea));
    let [first, second, third] = [first.await, second.await, third.await];
    let says = async |words: &str| {
        scene.ines.say(&scene.question, words).await;
        let mut paths: Vec<_> = scene.sent().await.into_iter().map(|received| received.path).collect();
        paths.sort();
        paths
    };
    let mut all = vec![first.path.clone(), second.path.clone(), third.path.clone()];
    all.sort();
    assert_eq!(says("Un, @Béa").await, all);
    scene.ines.say(&scene.question, "Deux, @Béa").await;
    preau::notifications::catch_up(&scene.server.db).await.unwrap();
    assert_eq!(ask(&scene.server, &first.cookie, Method::POST, "/sign-out", None).await.0, 303);
    assert_eq!(scene.waiting().await, 2, "what waited for it has gone with it");
    assert_eq!(scene.sent().await.len(), 2);
    // A session that nobody uses ends too, without anybody ending it.
    scene.idle(&second).await;
    assert_eq!(says("Trois, @Béa").await, std::slice::from_ref(&third.path));
    assert_eq!(scene.devices(&third.cookie).await.len(), 1);
    sqlx::query("update people set disabled_at = now() where id = $1")
        .bind(scene.bea.id.0)
        .execute(scene.server.db.pool())
        .await
        .unwrap();
    assert_eq!(says("Quatre, @Béa").await, [""; 0], "an account that was closed");
}

#[tokio::test]
async fn a_device_is_its_holder_s_alone() {
    let scene = scene().await;
    let device = scene.device(&scene.bea).await;
    let list = scene.devices(&device.cookie).await;
    assert_eq!((list.len(), &list[0]["current"]), (1, &json!(true)));
    assert!(!list[0].to_string().contains(&scene.service.url), "its address is a secret");
    let id = list[0]["id"].as_str().unwrap();
    let ines = scene.server.session(&scene.ines).await;
    let path = format!("/api/v1/push/devices/{id}");
    assert_eq!(ask(&scene.server, &ines, Method::DELETE, &path, None).await.0, 404);
    let form = format!("/settings/notifications/devices/{id}/remove");
    assert_eq!(ask(&scene.server, &ines, Method::POST, &form, None).await.0, 404);
    let test = Some(json!({ "device": id }));
    assert_eq!(ask(&scene.server, &ines, Method::POST, "/api/v1/push/tests", test).await.0, 404);
    assert_eq!(scene.bea.post("/api/v1/push/devices", device.subscription(&scene.service)).await.status, 403);
    // A browser in which somebody else signs in tells who was there before nothing any more.
    let taken = Device { cookie: ines, ..device };
    assert_eq!(scene.subscribe(&taken).await.0, 201);
    scene.ines.say(&scene.question, "Un, @Béa").await;
    scene.bea.say(&scene.question, "Deux, @Inès").await;
    let sent = scene.sent().await;
    assert_eq!(sent.len(), 1);
    assert_eq!(taken.read(&sent[0])["title"], "Béa vous mentionne");
}

#[tokio::test]
async fn a_person_has_so_many_devices_and_one_for_each_session() {
    let scene = scene().await;
    let mut devices = Vec::new();
    for _ in 0..10 {
        devices.push(scene.device(&scene.bea).await);
    }
    let eleventh = scene.browser(&scene.bea).await;
    let (status, text, _) = scene.subscribe(&eleventh).await;
    assert!(status == 409 && text.contains("Dix appareils"), "{text}");
    // A browser that subscribes anew is the same device.
    let renewed = Device { path: "/device/renewed".to_owned(), ..devices.pop().unwrap() };
    assert_eq!(scene.subscribe(&renewed).await.0, 201);
    assert_eq!(scene.devices(&renewed.cookie).await.len(), 10);
    let other = devices[0].cookie.clone();
    let id = scene.devices(&other).await.iter().find(|device| device["current"] == true).unwrap()["id"].clone();
    let path = format!("/api/v1/push/devices/{}", id.as_str().unwrap());
    assert_eq!(ask(&scene.server, &renewed.cookie, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(scene.subscribe(&eleventh).await.0, 201);
}

#[tokio::test]
async fn a_device_whose_session_has_ended_is_neither_listed_nor_tried_nor_counted() {
    let scene = scene().await;
    let mut devices = Vec::new();
    for _ in 0..10 {
        devices.push(scene.device(&scene.bea).await);
    }
    let (ended, first) = (devices.pop().unwrap(), &devices[0]);
    let list = scene.devices(&ended.cookie).await;
    let id = list.iter().find(|device| device["current"] == true).unwrap()["id"].clone();
    scene.idle(&ended).await;
    assert_eq!(scene.devices(&first.cookie).await.len(), 9);
    let one = Some(json!({ "device": id }));
    assert_eq!(ask(&scene.server, &first.cookie, Method::POST, "/api/v1/push/tests", one).await.0, 404);
    let all = ask(&scene.server, &first.cookie, Method::POST, "/api/v1/push/tests", Some(json!({}))).await.2;
    assert_eq!(all, json!({ "accepted": 9, "gone": 0, "refused": 0, "unreachable": 0 }));
    assert!(scene.service.taken().iter().all(|received| received.path != ended.path));
    scene.device(&scene.bea).await;
    assert_eq!(scene.devices(&first.cookie).await.len(), 10, "it leaves its place to another");
    // Who has none but such has none to try.
    let alone = scene.device(&scene.ines).await;
    scene.idle(&alone).await;
    let none = scene.ines.post("/api/v1/push/tests", json!({})).await.json();
    assert_eq!(none, json!({ "accepted": 0, "gone": 0, "refused": 0, "unreachable": 0 }));
    assert_eq!(scene.service.taken().len(), 0);
}

#[tokio::test]
async fn a_try_says_what_came_of_it_without_javascript() {
    let scene = scene().await;
    let [device, gone] = [scene.device(&scene.bea).await, scene.device(&scene.bea).await];
    let test = "/settings/notifications/test";
    // In quiet hours, too.
    scene.server.clock.set(instant("2026-11-24T22:00:00Z"));
    let (status, place, _) = ask(&scene.server, &device.cookie, Method::POST, test, None).await;
    assert_eq!((status, &*place), (303, "/settings/notifications?accepted=2&gone=0&refused=0&unreachable=0"));
    let sent = scene.service.taken();
    let own = sent.iter().find(|received| received.path == device.path).unwrap();
    assert_eq!(device.read(own)["body"], "Les notifications arrivent bien sur cet appareil.");
    assert_eq!(ask(&scene.server, &device.cookie, Method::POST, test, None).await.0, 429, "not again at once");
    assert_eq!(scene.service.taken().len(), 0);
    scene.server.clock.advance(TimeDelta::seconds(10));
    scene.service.answer(410, None);
    scene.service.answer(410, None);
    let (_, place, _) = ask(&scene.server, &device.cookie, Method::POST, test, None).await;
    assert_eq!(place, "/settings/notifications?accepted=0&gone=2&refused=0&unreachable=0");
    let (_, page, _) = ask(&scene.server, &gone.cookie, Method::GET, &place, None).await;
    assert!(page.contains("2 appareils n’acceptent plus de notifications"), "{page}");
    assert!(page.contains("Aucun appareil n’est prévenu"), "{page}");
    let none = scene.bea.post("/api/v1/push/tests", json!({})).await.json();
    assert_eq!(none, json!({ "accepted": 0, "gone": 0, "refused": 0, "unreachable": 0 }));
}

#[tokio::test]
async fn several_nodes_send_each_thing_once() {
    let scene = scene().await;
    let mut devices = Vec::new();
    for _ in 0..4 {
        devices.push(scene.device(&scene.bea).await);
    }
    for words in ["Un, @Béa", "Deux, @Béa"] {
        scene.ines.say(&scene.question, words).await;
    }
    preau::notifications::catch_up(&scene.server.db).await.unwrap();
    let sender = Sender::new(&scene.server.settings);
    let node = || preau::push::send_due(&scene.server.db, &sender);
    let (one, two, three) = tokio::join!(node(), node(), node());
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let mut sent: Vec<_> = scene
        .service
        .taken()
        .iter()
        .map(|received| received.headers["topic"].to_str().unwrap().to_owned() + &received.path)
        .collect();
    assert_eq!(sent.len(), 8);
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), 8, "each once");
}

#[tokio::test]
async fn nothing_leads_into_a_private_network() {
    let scene = scene().await;
    let device = scene.device(&scene.bea).await;
    scene.ines.say(&scene.question, "Un, @Béa").await;
    preau::notifications::catch_up(&scene.server.db).await.unwrap();
    let closed = Server::start().await;
    // One that was let in by whatever way is not reached either.
    let sender = Sender::new(&closed.settings);
    preau::push::send_due(&scene.server.db, &sender).await.unwrap();
    assert_eq!(scene.service.taken().len(), 0);
    let bea = closed.person("Béa").await;
    let cookie = closed.session(&bea).await;
    let port = scene.service.url.rsplit(':').next().unwrap();
    for endpoint in [
        &scene.service.url,
        &format!("https://127.0.0.1:{port}/a"),
        "https://localhost/a",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
    ] {
        let mut body = device.subscription(&scene.service);
        body["endpoint"] = endpoint.to_owned().into();
        let (status, text, refused) = ask(&closed, &cookie, Method::POST, "/api/v1/push/devices", Some(body)).await;
        assert_eq!((status, refused["errors"][0]["field"].as_str()), (422, Some("endpoint")), "{endpoint}: {text}");
    }
    let mut body = device.subscription(&scene.service);
    body["endpoint"] = "https://push.example.org/a".into();
    assert_eq!(ask(&closed, &cookie, Method::POST, "/api/v1/push/devices", Some(body)).await.0, 201);
}

#[tokio::test]
async fn the_script_of_the_browser_is_at_the_root_and_always_fresh() {
    let server = Server::start().await;
    let script = server.stranger().send(Method::GET, "/service-worker.js", &[]).await;
    assert_eq!((script.status.as_u16(), script.header("cache-control")), (200, "no-cache"));
    assert!(script.header("content-type").contains("javascript") && script.text.contains("showNotification"));
    let manifest = server.stranger().send(Method::GET, "/manifest.webmanifest", &[]).await;
    assert_eq!(
        (manifest.header("content-type"), manifest.json()["display"].as_str()),
        ("application/manifest+json", Some("standalone"))
    );
    let icons = manifest.json()["icons"].as_array().unwrap().clone();
    for (icon, size) in icons[1..].iter().zip(["180x180", "512x512"]) {
        assert_eq!((&icon["sizes"], &icon["type"]), (&size.into(), &"image/png".into()));
        let icon = server.stranger().send(Method::GET, icon["src"].as_str().unwrap(), &[]).await;
        assert_eq!((icon.status.as_u16(), icon.header("content-type")), (200, "image/png"));
        assert!(icon.header("cache-control").contains("immutable"), "{:?}", icon.headers);
    }
    let page = server.person("Camille").await.page("/settings").await.text;
    assert!(page.contains(r#"href="/settings/notifications""#) && page.contains(r#"rel="manifest""#), "{page}");
    assert!(page.contains(&format!(r#"rel="apple-touch-icon" sizes="180x180" href={}"#, icons[1]["src"])), "{page}");
}
