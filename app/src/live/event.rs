//! A message as a server-sent event.

use bytes::Bytes;
use handlebars::RenderError;
use serde::Serialize;

use crate::render::messages::MessageRenderer;
use crate::store::messages::Message;

/// A message as listeners receive it.
#[derive(Debug)]
pub struct Event {
    /// The message's number.
    pub id: i64,
    /// Seconds since 1970 in UTC.
    pub published_at: i64,
    /// The author's name.
    pub author: String,
    /// In the format of `text/event-stream`.
    pub frame: Bytes,
}

#[derive(Serialize)]
struct Data<'i> {
    id: i64,
    /// The list item as it is on the page.
    html: &'i str,
}

impl Event {
    pub fn of(message: &Message, messages: &MessageRenderer) -> Result<Self, RenderError> {
        let item = messages.item(message)?;
        let id = message.id;
        let html = item.html.as_str();
        // JSON contains no line breaks, which would end the field.
        let json = serde_json::to_string(&Data { id, html });
        let json = json.expect("numbers and text have a JSON form");
        Ok(Self {
            id,
            published_at: message.published_at,
            author: message.author.clone(),
            frame: format!("id: {id}\ndata: {json}\n\n").into(),
        })
    }
}
