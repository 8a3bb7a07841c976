//! Operations that list objects.

use super::super::bucket::{Bucket, Version};
use super::super::listing::{self, Entry, Page, Query};
use super::super::s3_types;
use super::super::state::Spaces;
use super::{Answer, answer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, EncodingType, ListObjectVersionsInput,
    ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass,
    Owner,
};
use s3s::{S3Request, S3Result, s3_error};
use std::sync::Arc;

fn encodes(encoding: Option<&EncodingType>) -> bool {
    encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL)
}

/// Keys that have a current version, from the first that may be shown.
fn page<'a>(bucket: &'a Bucket, query: &Query<'_>) -> Page<'a> {
    let from = query.prefix.max(query.after).to_owned();
    let keys = bucket.objects.range(from..).map(|(key, _)| key.as_str());
    listing::list(keys.filter(|key| bucket.current(key).is_some()), query)
}

/// The entries of a page, as S3 has them.
fn shown(
    bucket: &Bucket,
    page: &Page<'_>,
    encode: bool,
    owner: Option<&Owner>,
) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
    for entry in &page.entries {
        let text = s3_types::encoded(entry.text(), encode);
        match entry {
            Entry::Common(_) => prefixes.push(CommonPrefix { prefix: Some(text) }),
            Entry::Key(key) => objects.extend(bucket.current(key).map(|version| Object {
                owner: owner.cloned(),
                ..object(version, text)
            })),
        }
    }
    (objects, prefixes)
}

fn object(version: &Version, key: String) -> Object {
    Object {
        e_tag: s3_types::etag(version),
        key: Some(key),
        last_modified: Some(s3_types::moment(version.modified)),
        size: version
            .content
            .as_ref()
            .map(|content| s3_types::size(content.size)),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        ..Object::default()
    }
}

pub fn first(
    spaces: &Arc<Spaces>,
    request: S3Request<ListObjectsInput>,
) -> Answer<ListObjectsOutput> {
    let input = request.input;
    let encode = encodes(input.encoding_type.as_ref());
    let owner = s3_types::owner(&spaces.account());
    let max = listing::limit(input.max_keys)?;
    let output = spaces.read(&input.bucket, |bucket| {
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: input.marker.as_deref().unwrap_or_default(),
            max,
        };
        let page = page(bucket, &query);
        let (contents, prefixes) = shown(bucket, &page, encode, Some(&owner));
        let last = page.entries.last().filter(|_| page.truncated);
        Ok(ListObjectsOutput {
            next_marker: last.map(|entry| s3_types::encoded(entry.text(), encode)),
            is_truncated: Some(page.truncated),
            contents: Some(contents),
            common_prefixes: Some(prefixes),
            ..ListObjectsOutput::default()
        })
    })?;
    answer(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: input
            .prefix
            .map(|prefix| s3_types::encoded(&prefix, encode)),
        marker: Some(s3_types::encoded(
            input.marker.as_deref().unwrap_or_default(),
            encode,
        )),
        max_keys: i32::try_from(max).ok(),
        delimiter: input
            .delimiter
            .map(|delimiter| s3_types::encoded(&delimiter, encode)),
        encoding_type: input.encoding_type,
        ..output
    })
}

pub fn second(
    spaces: &Arc<Spaces>,
    request: S3Request<ListObjectsV2Input>,
) -> Answer<ListObjectsV2Output> {
    let input = request.input;
    let encode = encodes(input.encoding_type.as_ref());
    let owner = (input.fetch_owner == Some(true)).then(|| s3_types::owner(&spaces.account()));
    let max = listing::limit(input.max_keys)?;
    let after = match &input.continuation_token {
        Some(token) => last_of(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let output = spaces.read(&input.bucket, |bucket| {
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: &after,
            max,
        };
        let page = page(bucket, &query);
        let (contents, prefixes) = shown(bucket, &page, encode, owner.as_ref());
        let last = page.entries.last().filter(|_| page.truncated);
        Ok(ListObjectsV2Output {
            key_count: i32::try_from(page.entries.len()).ok(),
            next_continuation_token: last.map(|entry| URL_SAFE_NO_PAD.encode(entry.text())),
            is_truncated: Some(page.truncated),
            contents: Some(contents),
            common_prefixes: Some(prefixes),
            ..ListObjectsV2Output::default()
        })
    })?;
    answer(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(s3_types::encoded(
            input.prefix.as_deref().unwrap_or_default(),
            encode,
        )),
        max_keys: i32::try_from(max).ok(),
        continuation_token: input.continuation_token,
        delimiter: input
            .delimiter
            .map(|delimiter| s3_types::encoded(&delimiter, encode)),
        start_after: input
            .start_after
            .map(|after| s3_types::encoded(&after, encode)),
        encoding_type: input.encoding_type,
        ..output
    })
}

/// The last entry of the previous page, which the continuation token contains.
fn last_of(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            s3_error!(
                InvalidArgument,
                "The continuation token provided is incorrect"
            )
        })
}

pub fn versions(
    spaces: &Arc<Spaces>,
    request: S3Request<ListObjectVersionsInput>,
) -> Answer<ListObjectVersionsOutput> {
    let input = request.input;
    if input
        .delimiter
        .as_ref()
        .is_some_and(|delimiter| !delimiter.is_empty())
    {
        return Err(s3_error!(NotImplemented, "Versions can't be listed by delimiter.").into());
    }
    let encode = encodes(input.encoding_type.as_ref());
    let max = listing::limit(input.max_keys)?;
    let owner = s3_types::owner(&spaces.account());
    let mut output = ListObjectVersionsOutput::default();
    spaces.read(&input.bucket, |bucket| {
        let (mut markers, mut versions) = (Vec::new(), Vec::new());
        let all: Vec<_> = bucket
            .versions()
            .filter(|(version, _)| {
                version
                    .key
                    .starts_with(input.prefix.as_deref().unwrap_or_default())
            })
            .collect();
        let rest = after(
            &all,
            input.key_marker.as_deref(),
            input.version_id_marker.as_deref(),
        );
        for (version, newest) in rest.iter().take(max) {
            let key = Some(s3_types::encoded(&version.key, encode));
            let (id, modified) = (
                Some(version.id.clone()),
                Some(s3_types::moment(version.modified)),
            );
            match &version.content {
                None => markers.push(DeleteMarkerEntry {
                    is_latest: Some(*newest),
                    key,
                    last_modified: modified,
                    owner: Some(owner.clone()),
                    version_id: id,
                }),
                Some(content) => versions.push(ObjectVersion {
                    e_tag: s3_types::etag(version),
                    is_latest: Some(*newest),
                    key,
                    last_modified: modified,
                    owner: Some(owner.clone()),
                    size: Some(s3_types::size(content.size)),
                    storage_class: Some(ObjectVersionStorageClass::from_static(
                        ObjectVersionStorageClass::STANDARD,
                    )),
                    version_id: id,
                    ..ObjectVersion::default()
                }),
            }
        }
        if max > 0 && rest.len() > max {
            let last = rest[max - 1].0;
            output.next_key_marker = Some(s3_types::encoded(&last.key, encode));
            output.next_version_id_marker = Some(last.id.clone());
        }
        output.delete_markers = Some(markers);
        output.versions = Some(versions);
        Ok(())
    })?;
    answer(ListObjectVersionsOutput {
        is_truncated: Some(output.next_key_marker.is_some()),
        key_marker: input.key_marker,
        max_keys: i32::try_from(max).ok(),
        name: Some(input.bucket),
        prefix: input
            .prefix
            .map(|prefix| s3_types::encoded(&prefix, encode)),
        version_id_marker: input.version_id_marker,
        encoding_type: input.encoding_type,
        ..output
    })
}

/// The versions after the one that these markers name, or after all versions of a key.
fn after<'a, 'b>(
    all: &'b [(&'a Version, bool)],
    key: Option<&str>,
    id: Option<&str>,
) -> &'b [(&'a Version, bool)] {
    let Some(key) = key else { return all };
    let named =
        |(version, _): &(&Version, bool)| version.key == key && Some(version.id.as_str()) == id;
    let start = match id.and_then(|_| all.iter().position(named)) {
        Some(at) => at + 1,
        None => all.partition_point(|(version, _)| version.key.as_str() <= key),
    };
    &all[start..]
}
