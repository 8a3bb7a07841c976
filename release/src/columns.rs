//! The columns that the running version's tables have, as its migrations made them.
//!
//! A statement that joins two tables need not say whose column it means as long as only one of them has it. A column of the same name
//! in the other makes that statement fail, in a version that is running: so adding one takes something away.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{AlterTableOperation, Ident, ObjectName, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};

/// The statements of a migration.
///
/// # Errors
/// If it is no SQL that can be read.
pub fn statements(sql: &str) -> Result<Vec<Statement>, ParserError> {
    Parser::parse_sql(&PostgreSqlDialect {}, sql)
}

/// Columns by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<String, BTreeSet<String>>);

impl Columns {
    /// What `files` make, one after the other. What can't be read makes nothing.
    pub fn made_by<'a>(files: impl IntoIterator<Item = &'a str>) -> Self {
        let mut columns = Self::default();
        let read = files.into_iter().filter_map(|sql| statements(sql).ok());
        for statement in read.flatten() {
            columns.apply(&statement);
        }
        columns
    }

    fn apply(&mut self, statement: &Statement) {
        match statement {
            Statement::CreateTable(made) => {
                let names = made.columns.iter().map(|it| folded(&it.name)).collect();
                self.0.insert(table(&made.name), names);
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
                            columns.insert(folded(&column_def.name));
                        }
                        AlterTableOperation::DropColumn { column_names, .. } => {
                            for name in column_names {
                                columns.remove(&folded(name));
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// The first column that `added` gives to one of these tables although another of them has one of that name, in words.
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
                "{other} has a column `{name}` too, and a statement that joins it with {table} and says only `{name}` would fail; \
                 give it another name"
            ))
        })
    }
}

/// As PostgreSQL compares names: in lower case, unless quoted.
fn folded(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    }
}

/// Without its schema.
fn table(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|part| part.as_ident());
    last.map(folded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE users (id bigint, Email text); CREATE TABLE public.messages (id bigint, text text)";

    #[test]
    fn a_name_that_another_table_has_is_ambiguous() {
        let columns = Columns::made_by([
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
    fn a_new_name_a_new_table_and_a_name_that_is_gone_are_not() {
        let gone = "ALTER TABLE users DROP COLUMN email";
        let columns =
            Columns::made_by([FIRST, gone, "CREATE TABLE old (x text)", "DROP TABLE old"]);
        for sql in [
            "ALTER TABLE users ADD COLUMN nick text",
            "ALTER TABLE messages ADD COLUMN email text",
            "ALTER TABLE messages ADD COLUMN x text",
            // Nobody joins it yet.
            "CREATE TABLE likes (id bigint, email text)",
            "CREATE TABLE likes (id bigint); ALTER TABLE likes ADD COLUMN email text",
        ] {
            let added = statements(sql).unwrap();
            assert_eq!(columns.ambiguous(&added), None, "{sql}");
        }
    }
}
