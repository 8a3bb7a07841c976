//! The columns of the current version's tables, read from its migrations.
//!
//! A statement that joins two tables may name a column without its table while only one of them has such a column. Adding a column of
//! the same name to the other table makes that statement ambiguous, and it fails in the version that runs.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{AlterTableOperation, Ident, ObjectName, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};

/// The statements of a migration.
///
/// # Errors
/// If it can't be parsed.
pub fn statements(sql: &str) -> Result<Vec<Statement>, ParserError> {
    Parser::parse_sql(&PostgreSqlDialect {}, sql)
}

/// Columns by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<String, BTreeSet<String>>);

impl Columns {
    /// The columns after these files, applied in order. A file that can't be parsed is ignored.
    pub fn after<'a>(files: impl IntoIterator<Item = &'a str>) -> Self {
        let mut columns = Self::default();
        let parsed = files.into_iter().filter_map(|sql| statements(sql).ok());
        for statement in parsed.flatten() {
            columns.apply(&statement);
        }
        columns
    }

    fn apply(&mut self, statement: &Statement) {
        match statement {
            Statement::CreateTable(created) => {
                let names = created
                    .columns
                    .iter()
                    .map(|it| normalized(&it.name))
                    .collect();
                self.0.insert(table(&created.name), names);
            }
            Statement::Drop { names, .. } => {
                for name in names {
                    self.0.remove(&table(name));
                }
            }
            Statement::AlterTable {
                name, operations, ..
            } => {
                let columns = self.0.entry(table(name)).or_default();
                for operation in operations {
                    match operation {
                        AlterTableOperation::AddColumn { column_def, .. } => {
                            columns.insert(normalized(&column_def.name));
                        }
                        AlterTableOperation::DropColumn { column_names, .. } => {
                            for name in column_names {
                                columns.remove(&normalized(name));
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// A sentence about the first column that `added` adds to one of these tables although another one has a column of that name.
    #[must_use]
    pub fn ambiguous(&self, added: &[Statement]) -> Option<String> {
        let mut grown = self.clone();
        for statement in added {
            grown.apply(statement);
        }
        let added = self.0.iter().flat_map(|(table, before)| {
            let now = grown.0.get(table).into_iter().flatten();
            now.filter(|name| !before.contains(*name))
                .map(move |name| (table, name))
        });
        added.into_iter().find_map(|(table, name)| {
            let used = self.0.keys().filter(|it| *it != table);
            let other = used.into_iter().find(|it| grown.0.get(*it).is_some_and(|there| there.contains(name)))?;
            Some(format!(
                "{other} has a column `{name}` too, and a statement that joins it with {table} and names only `{name}` would fail; \
                 choose another name"
            ))
        })
    }
}

/// The name as PostgreSQL compares it: in lower case, unless quoted.
fn normalized(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    }
}

/// A table's name without its schema.
fn table(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|part| part.as_ident());
    last.map(normalized).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE users (id bigint, Email text); CREATE TABLE public.messages (id bigint, text text)";

    #[test]
    fn a_column_name_of_another_table_is_ambiguous() {
        let columns = Columns::after([
            FIRST,
            "this is no SQL",
            "ALTER TABLE users ADD COLUMN bio text",
        ]);
        for (sql, other) in [
            (
                "ALTER TABLE messages ADD COLUMN email text",
                "users has a column `email` too",
            ),
            (
                "ALTER TABLE messages ADD COLUMN bio text",
                "users has a column `bio` too",
            ),
            (
                "ALTER TABLE users ADD COLUMN \"text\" text",
                "messages has a column `text` too",
            ),
            (
                "ALTER TABLE messages ADD COLUMN x text; ALTER TABLE users ADD COLUMN x text",
                "has a column `x` too",
            ),
        ] {
            let found = columns.ambiguous(&statements(sql).unwrap());
            let found = found.unwrap_or_default();
            assert!(found.contains(other), "{sql}: {found}");
        }
    }

    #[test]
    fn new_names_new_tables_and_dropped_names_are_not_ambiguous() {
        let gone = "ALTER TABLE users DROP COLUMN email";
        let columns = Columns::after([FIRST, gone, "CREATE TABLE old (x text)", "DROP TABLE old"]);
        for sql in [
            "ALTER TABLE users ADD COLUMN nick text",
            "ALTER TABLE messages ADD COLUMN email text",
            "ALTER TABLE messages ADD COLUMN x text",
            // No version joins it yet.
            "CREATE TABLE likes (id bigint, email text)",
            "CREATE TABLE likes (id bigint); ALTER TABLE likes ADD COLUMN email text",
        ] {
            let added = statements(sql).unwrap();
            assert_eq!(columns.ambiguous(&added), None, "{sql}");
        }
    }
}
