//! What one's devices show while no page is open, and when they show nothing.

use askama::Template;
use chrono::{DateTime, NaiveTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use words::DeviceId;

use crate::{
    Text, date,
    page::{Faults, Shell},
};

/// A browser that is told. Serialised, it is the device of the API: without its address, which is a secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// The browser, as it called itself.
    pub browser: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When its service last took something.
    pub used_at: Option<DateTime<Utc>>,
}

/// When somebody's devices show nothing: in the network's zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// Whether there are any.
    pub enabled: bool,
    /// Where they begin each day.
    pub from: NaiveTime,
    /// Where they end: on the next day, if that is before their beginning.
    pub to: NaiveTime,
    /// Whether Saturdays and Sundays are quiet.
    pub weekends: bool,
    /// Whether the bank holidays of France are.
    pub holidays: bool,
}

impl Default for QuietHours {
    /// From seven in the evening to eight in the morning, on week-ends and on bank holidays.
    fn default() -> Self {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        Self { enabled: true, from: hour(19), to: hour(8), weekends: true, holidays: true }
    }
}

/// What came of a test, in devices.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, JsonSchema)]
pub struct Tested {
    /// Whose service took the word.
    pub accepted: u32,
    /// Who are subscribed no more, and were taken off the list.
    pub gone: u32,
    /// Whose service refused it.
    pub refused: u32,
    /// Whose service did not answer, or was not able to.
    pub unreachable: u32,
}

/// Quiet hours as they are typed.
#[derive(Clone, Debug)]
pub struct QuietForm {
    /// Whether there are any.
    pub enabled: bool,
    /// Where they begin.
    pub from: String,
    /// Where they end.
    pub to: String,
    /// Whether Saturdays and Sundays are quiet.
    pub weekends: bool,
    /// Whether bank holidays are.
    pub holidays: bool,
}

impl From<QuietHours> for QuietForm {
    fn from(hours: QuietHours) -> Self {
        let QuietHours { enabled, from, to, weekends, holidays } = hours;
        let typed = |time: NaiveTime| time.format("%H:%M").to_string();
        Self { enabled, from: typed(from), to: typed(to), weekends, holidays }
    }
}

/// One's devices, and when they show nothing.
#[derive(Debug, Template)]
#[template(path = "push/page.html")]
pub struct PushPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// What a browser subscribes with.
    pub key: String,
    /// One's devices, the last one first.
    pub devices: Vec<Device>,
    /// When they show nothing.
    pub quiet: QuietForm,
    /// Whether something was just done.
    pub done: bool,
    /// What came of a test, if there was one.
    pub tested: Option<Tested>,
    /// The time.
    pub now: DateTime<Utc>,
}

impl PushPage {
    fn name(&self, device: &Device) -> String {
        name(self.shell.text, &device.browser)
    }

    fn since(&self, device: &Device) -> String {
        self.shell.text.name("push-since", &date::short(self.shell.text, device.created_at, self.now))
    }

    /// What came of a test: a sentence for each thing that did.
    fn came(&self) -> Vec<String> {
        let Some(Tested { accepted, gone, refused, unreachable }) = self.tested else { return Vec::new() };
        let text = self.shell.text;
        let parts = [
            ("push-test-accepted", accepted),
            ("push-test-gone", gone),
            ("push-test-refused", refused),
            ("push-test-unreachable", unreachable),
        ];
        let came: Vec<_> =
            parts.iter().filter(|(_, count)| *count > 0).map(|(key, count)| text.count(key, *count)).collect();
        if came.is_empty() { vec![text.get("push-none")] } else { came }
    }

    /// Whether a test went well everywhere.
    fn went_well(&self) -> bool {
        self.tested.is_some_and(|tested| tested.accepted > 0 && tested.gone + tested.refused + tested.unreachable == 0)
    }
}

/// A browser and its system, as people call them: `Firefox, Windows`.
fn name(text: Text, browser: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    ];
    let known =
        |list: &[(&str, &'static str)]| list.iter().find(|(sign, _)| browser.contains(sign)).map(|(_, name)| *name);
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => text.get("push-some-browser"),
    }
}

#[cfg(test)]
mod tests {
    use words::Locale;

    use super::name;
    use crate::Text;

    #[test]
    fn a_browser_is_called_as_people_call_it() {
        let text = Text::of(Locale::Fr);
        for (agent, called) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Windows"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Mobile Safari/604.1",
                "Safari, iPhone",
            ),
            ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome, Android"),
            ("curl/8", "Un navigateur"),
        ] {
            assert_eq!(name(text, agent), called);
        }
    }
}
