//! What leaves the server for addresses that people give: it reaches nobody but the public web, however the address is
//! written, wherever it leads on and whatever its name becomes; and nothing that is answered holds it up.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, Method},
};
use futures_util::future::join_all;
use preau::outgoing::{Names, Outgoing, Refused};

use crate::support::{Pages, Reply, answer, page};

/// Addresses of this machine, its neighbours and its cloud.
const OURS: [[u8; 4]; 6] =
    [[127, 0, 0, 1], [0, 0, 0, 0], [10, 1, 2, 3], [169, 254, 169, 254], [192, 168, 0, 1], [100, 64, 0, 1]];

/// The ways in which an address is written.
fn written([a, b, c, d]: [u8; 4]) -> Vec<String> {
    let number = u32::from_be_bytes([a, b, c, d]);
    let (high, low) = (number >> 16, number & 0xffff);
    let plain = format!("{a}.{b}.{c}.{d}");
    let wide: String =
        plain.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c != '.').unwrap_or(c)).collect();
    let encoded = plain.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
    vec![
        plain.clone(),
        format!("{plain}."),
        format!("{number}"),
        format!("{number}."),
        format!("0x{number:x}"),
        format!("0X{number:08X}"),
        format!("0{number:o}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("000{a:03o}.{b}.{c}.{d}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0x{a:x}.{b}.0{c:o}.{d}"),
        format!("{a}.{}", number & 0x00ff_ffff),
        format!("{a}.{b}.{low}"),
        format!("0x{a:x}.0x{:x}", number & 0x00ff_ffff),
        wide.clone(),
        wide.replace('.', "\u{ff0e}"),
        plain.replace('.', "\u{3002}"),
        plain.replace('.', "\u{ff61}"),
        encoded,
        plain.replacen('.', "%2e", 1),
        format!("[::ffff:{plain}]"),
        format!("[::FFFF:{high:x}:{low:x}]"),
        format!("[0:0:0:0:0:ffff:{high:04x}:{low:04x}]"),
        format!("[::{plain}]"),
        format!("[::{high:x}:{low:x}]"),
        format!("[::ffff:0:{plain}]"),
        format!("[64:ff9b::{plain}]"),
        format!("[64:ff9b:1::{plain}]"),
        format!("[2002:{high:x}:{low:x}::]"),
        format!("[2001:0:4136:e378:8000:63bf:{:x}:{:x}]", !high & 0xffff, !low & 0xffff),
        format!("public.example@{plain}"),
        format!("public.example:80@{plain}"),
        format!("public.example%40{plain}"),
        format!("public.example\\@{plain}"),
        format!("{}\t{}", &plain[..3], &plain[3..]),
        format!("{plain}%00.public.example"),
    ]
}

/// Names and addresses of this machine that are no spelling of the ones above.
const OTHERS: [&str; 22] = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "preau.localhost",
    "ip6-localhost",
    "rebound.public.example",
    "127.1",
    "127.0.1",
    "127.127.127.127",
    "0",
    "0x0",
    "00",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[::1%lo]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "255.255.255.255",
];

fn all() -> Vec<String> {
    OURS.into_iter().flat_map(written).chain(OTHERS.into_iter().map(str::to_owned)).collect()
}

/// Every name is this machine's.
fn ours() -> Names {
    Arc::new(|_| Box::pin(async { Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]) }))
}

/// Who listens at every address of this machine, and another that leads to it under a name of the test's choice.
async fn stage() -> (Pages, Pages, Vec<String>) {
    let ours = Pages::start("[::]:0", |_| page("<title>Secret</title>")).await;
    let (hosts, port) = (all(), ours.address.port());
    let to = hosts.clone();
    let leading = Pages::start("127.0.0.9:0", move |path| {
        let host = &to[path[1..].parse::<usize>().unwrap()];
        Reply::Whole(answer("302 Found", &format!("location: http://{host}:{port}/"), b""))
    })
    .await;
    (ours, leading, hosts)
}

#[tokio::test]
async fn however_an_address_is_written_nothing_arrives_that_is_not_public() {
    let (here, leading, hosts) = stage().await;
    assert!(hosts.len() >= 120, "{} ways", hosts.len());
    // The port is let through, so that only the address can be what is refused.
    let opened = format!("127.0.0.9:{}", here.address.port()).parse().unwrap();
    let outgoing = Outgoing::with_names(ours(), &[opened, leading.address]);
    for (number, host) in hosts.iter().enumerate() {
        let url = format!("http://{host}:{}/", here.address.port());
        let alone = outgoing.get_html(&url).await;
        assert!(matches!(alone, Err(Refused::Address | Refused::Malformed)), "{host}: {alone:?}");
        let posted = outgoing.request(Method::POST, &url, HeaderMap::new(), Bytes::from_static(b"x")).await;
        assert!(matches!(posted, Err(Refused::Address | Refused::Malformed)), "{host}: {posted:?}");
        let led = outgoing.get_html(&leading.url(&format!("/{number}"))).await;
        assert!(led.is_err(), "{host}: {led:?}");
        assert_eq!(leading.arrived(), number + 1, "it led on");
    }
    assert_eq!(here.arrived(), 0);
}

/// What the listener counts where the guard is opened: the test above could not pass by chance.
#[tokio::test]
async fn what_a_test_lets_through_arrives_and_is_counted() {
    let (here, leading, _) = stage().await;
    let port = here.address.port();
    let opened = format!("127.0.0.1:{port}").parse().unwrap();
    let outgoing = Outgoing::with_names(ours(), &[opened, leading.address]);
    for (number, url) in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://public.example:{port}/"),
        leading.url("/0"),
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(outgoing.get_html(url).await.as_deref(), Ok("<title>Secret</title>"), "{url}");
        assert_eq!(here.arrived(), number + 1, "{url}");
    }
    let refused = Outgoing::with_names(ours(), &["10.0.0.1:80".parse().unwrap()]).get_html("http://10.0.0.1/").await;
    assert_eq!(refused, Err(Refused::Address), "nothing but this machine is ever let through");
}

#[tokio::test]
async fn a_name_is_resolved_once_and_what_it_becomes_later_is_nobodys() {
    let here = Pages::start("[::]:0", |_| page("<title>Secret</title>")).await;
    let (port, asked) = (here.address.port(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    // Public by its form, and nobody's: no network carries it.
    let public: IpAddr = "3ffe::1".parse().unwrap();
    // Public when it is looked at, this machine's when it is looked at again.
    let names: Names = Arc::new(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let found = if number.is_multiple_of(2) { public } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
        Box::pin(async move { Ok(vec![found]) })
    });
    let opened = format!("127.0.0.9:{port}").parse().unwrap();
    let outgoing = Outgoing::with_names(names, &[opened]);
    let url = format!("http://rebound.example:{port}/");
    let first = outgoing.get_html(&url).await;
    assert!(matches!(first, Err(Refused::Late | Refused::Unreachable)), "{first:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "it was resolved once, and asked there");
    assert_eq!(outgoing.get_html(&url).await, Err(Refused::Address));
    let both: Names = Arc::new(move |_| Box::pin(async move { Ok(vec![public, IpAddr::V4(Ipv4Addr::LOCALHOST)]) }));
    assert_eq!(Outgoing::with_names(both, &[opened]).get_html(&url).await, Err(Refused::Address));
    let none: Names = Arc::new(|_| Box::pin(async { Ok(Vec::new()) }));
    assert_eq!(Outgoing::with_names(none, &[opened]).get_html(&url).await, Err(Refused::Address));
    assert_eq!(here.arrived(), 0);
}

#[tokio::test]
async fn another_port_another_scheme_and_a_password_are_refused() {
    let outgoing = Outgoing::with_names(ours(), &[]);
    for url in [
        "http://1.1.1.1:8080/",
        "https://1.1.1.1:80/",
        "http://public.example:22/",
        "ftp://1.1.1.1/",
        "file:///etc/passwd",
        "gopher://1.1.1.1/",
        "http://user@1.1.1.1/",
        "http://user:word@1.1.1.1/",
        "http://",
        "//1.1.1.1/",
        "",
        &format!("http://1.1.1.1/{}", "a".repeat(2000)),
    ] {
        let refused = outgoing.get_html(url).await;
        assert!(matches!(refused, Err(Refused::Address | Refused::Malformed)), "{url}: {refused:?}");
    }
}

fn limits(path: &str) -> Reply {
    const HTML: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>Sans fin</title>";
    match path {
        "/silent" => Reply::Silence,
        "/dripping" => Reply::Dripping(HTML),
        "/head" => Reply::Endless("HTTP/1.1 200 OK\r\n", "a: b\r\n"),
        "/endless" => Reply::Endless(HTML, "<p>encore</p>"),
        "/gzip" => {
            let header = "content-type: text/html\r\ncontent-encoding: gzip";
            Reply::Whole(answer("200 OK", header, b"\x1f\x8b\x08\0\0\0\0\0\0\x03"))
        }
        "/json" => Reply::Whole(answer("200 OK", "content-type: application/json", b"{}")),
        "/untyped" => Reply::Whole(answer("200 OK", "x: y", b"<title>x</title>")),
        "/broken" => Reply::Whole(answer("500 Internal Server Error", "content-type: text/html", b"<title>x</title>")),
        "/nowhere" => Reply::Whole(answer("302 Found", "x: y", b"")),
        "/old" => {
            let body = b"<meta charset=windows-1252><title>\xc9valuer \x80</title>";
            Reply::Whole(answer("200 OK", "content-type: Text/HTML", body))
        }
        path => {
            let number: u32 = path.trim_start_matches("/on/").parse().unwrap();
            Reply::Whole(answer("302 Found", &format!("location: /on/{}", number + 1), b""))
        }
    }
}

#[tokio::test]
async fn nothing_that_is_answered_holds_the_server_up() {
    let other = Pages::start("127.0.0.1:0", limits).await;
    let outgoing = Outgoing::with_names(ours(), &[other.address]);
    let began = Instant::now();
    let asked = ["/silent", "/dripping", "/head"].map(|path| {
        let (outgoing, url) = (outgoing.clone(), other.url(path));
        async move { outgoing.get_html(&url).await }
    });
    let answers = join_all(asked).await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(answers[..2], [Err(Refused::Late), Err(Refused::Late)]);
    assert!(answers[2].is_err(), "a head without end");
    let beginning = outgoing.get_html(&other.url("/endless")).await.unwrap();
    assert!(beginning.starts_with("<title>Sans fin</title>") && beginning.len() == 512 * 1024);
    let status = |number: u16| Err(Refused::Status(number.try_into().unwrap()));
    for (path, expected) in [
        ("/gzip", Err(Refused::NotHtml)),
        ("/json", Err(Refused::NotHtml)),
        ("/untyped", Err(Refused::NotHtml)),
        ("/broken", status(500)),
        ("/nowhere", status(302)),
        ("/old", Ok("<meta charset=windows-1252><title>Évaluer €</title>".to_owned())),
    ] {
        assert_eq!(outgoing.get_html(&other.url(path)).await, expected, "{path}");
    }
    let before = other.arrived();
    assert_eq!(outgoing.get_html(&other.url("/on/0")).await, Err(Refused::Redirected));
    assert_eq!(other.arrived() - before, 4, "three redirects are followed");
}

#[tokio::test]
async fn what_is_pushed_is_answered_by_its_status_and_led_nowhere() {
    let other = Pages::start("127.0.0.1:0", |path| {
        let status = if path == "/moved" { "307 Temporary Redirect" } else { "201 Created" };
        Reply::Whole(answer(status, "location: /elsewhere", b"what nobody reads"))
    })
    .await;
    let outgoing = Outgoing::with_names(ours(), &[other.address]);
    for (path, status) in [("/push", 201), ("/moved", 307)] {
        let headers = HeaderMap::from_iter([("ttl".parse().unwrap(), "60".parse().unwrap())]);
        let sent = outgoing.request(Method::POST, &other.url(path), headers, Bytes::from_static(b"bonjour")).await;
        assert_eq!(sent.unwrap().0.as_u16(), status, "{path}");
    }
    assert_eq!(other.arrived(), 2);
    let head = &other.asked()[0];
    assert!(head.starts_with("POST /push ") && head.contains("ttl: 60"), "{head}");
}
