//! Lists as the API answers them: a page of items, and the cursor of the next.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How many items a list holds, unless asked otherwise.
pub const PAGE: i64 = 50;
/// How many items one may ask for.
pub const LONGEST_PAGE: i64 = 200;

/// A list as the API answers it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct List<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Which page of a list is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct ListQuery {
    /// How many items at most.
    pub limit: Option<i64>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// How many items are asked for.
pub fn checked_limit(limit: Option<i64>) -> Result<i64> {
    match limit.unwrap_or(PAGE) {
        limit if (1..=LONGEST_PAGE).contains(&limit) => Ok(limit),
        _ => Err(Error::field("limit", "malformed")),
    }
}

/// The cursor of a place in a list that is in order of time: when something was, and what.
pub fn cursor_of<Id: Display>((at, id): (DateTime<Utc>, Id)) -> String {
    format!("{}.{id}", at.timestamp_micros())
}

/// The place that a cursor names, which came in this field.
pub fn place_of<Id: FromStr>(field: &'static str, cursor: &str) -> Result<(DateTime<Utc>, Id)> {
    let parts = cursor.split_once('.').and_then(|(at, id)| {
        let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
        Some((at, id.parse().ok()?))
    });
    parts.ok_or_else(|| Error::field(field, "malformed"))
}

impl<T> List<T> {
    /// The page of a list that is read as a whole. A cursor names the last item that was seen by its place and its key:
    /// an item that has gone meanwhile leaves its place to the next.
    pub fn page(items: Vec<T>, query: &ListQuery, key: impl Fn(&T) -> String) -> Result<Self> {
        let limit = usize::try_from(checked_limit(query.limit)?).unwrap_or_default();
        let begins = match query.cursor.as_deref().map(|cursor| cursor.split_once('.')) {
            None => 0,
            Some(seen) => {
                let seen = seen.and_then(|(place, key)| Some((place.parse::<usize>().ok()?, key)));
                let (place, last) = seen.ok_or_else(|| Error::field("cursor", "malformed"))?;
                items.iter().position(|item| key(item) == last).map_or(place, |place| place + 1)
            }
        };
        let ends = begins.saturating_add(limit);
        let next = items.get(ends).and_then(|_| items.get(ends - 1)).map(|last| format!("{}.{}", ends - 1, key(last)));
        let items = items.into_iter().skip(begins).take(limit).collect();
        Ok(Self { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::{List, ListQuery};

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let page = |limit, cursor: Option<&str>| {
            let query = ListQuery { limit, cursor: cursor.map(str::to_owned) };
            List::page(vec![1, 2, 3, 4, 5], &query, ToString::to_string).map(|list| (list.items, list.next))
        };
        assert_eq!(page(None, None).unwrap(), (vec![1, 2, 3, 4, 5], None));
        assert_eq!(page(Some(2), None).unwrap(), (vec![1, 2], Some("1.2".to_owned())));
        assert_eq!(page(Some(2), Some("1.2")).unwrap(), (vec![3, 4], Some("3.4".to_owned())));
        assert_eq!(page(Some(2), Some("3.4")).unwrap(), (vec![5], None));
        assert_eq!(page(Some(2), Some("0.4")).unwrap(), (vec![5], None), "items before it have gone");
        assert_eq!(page(Some(2), Some("2.gone")).unwrap(), (vec![3, 4], Some("3.4".to_owned())), "it has gone itself");
        assert_eq!(page(Some(2), Some("18446744073709551615.gone")).unwrap(), (vec![], None));
        for (limit, cursor) in [(Some(0), None), (Some(201), None), (None, Some("9")), (None, Some("x.9"))] {
            assert!(page(limit, cursor).is_err(), "{limit:?} {cursor:?}");
        }
    }
}
