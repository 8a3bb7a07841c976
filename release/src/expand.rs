//! Does a migration only add? Then the version before it goes on working on the new schema.
//!
//! Statements are parsed, and those that are known to add are let pass; all others are refused, also those that this file doesn't
//! know. What takes away goes into a file named `NNNN_contract_…`, which a release never applies.

use sqlparser::ast::{AlterTableOperation, ColumnDef, ColumnOption, Statement};

use crate::artifact::Migration;
use crate::columns::{Columns, statements};
use crate::error::{Error, Result};

/// Whether a file is one that takes away.
#[must_use]
pub fn is_contract(migration: &Migration) -> bool {
    migration
        .name
        .get(4..)
        .is_some_and(|rest| rest.starts_with("_contract_"))
}

/// Refuses if a migration that the database doesn't have yet does more than add.
///
/// # Errors
/// [`Error::Migration`] with the statement.
pub fn check(migrations: &[Migration], present: &[i32]) -> Result<()> {
    let missing = migrations
        .iter()
        .filter(|it| !present.contains(&it.version) && !is_contract(it));
    let applied = migrations.iter().filter(|it| present.contains(&it.version));
    let columns = Columns::made_by(applied.map(|it| it.sql.as_str()));
    for migration in missing {
        judge(&migration.sql, &columns).map_err(|problem| {
            Error::Migration(format!(
                "{} is not expand-only: {problem}. The version that runs now must go on working on the new schema: add \
                 in one release, and take away in a later one, in a file named NNNN_contract_…",
                migration.name
            ))
        })?;
    }
    Ok(())
}

/// Why a file does more than add to tables with these columns.
fn judge(sql: &str, columns: &Columns) -> Result<(), String> {
    let statements = statements(sql)
        .map_err(|error| format!("it can't be read, so it can't be judged ({error})"))?;
    only_adds(&statements)?;
    columns.ambiguous(&statements).map_or(Ok(()), Err)
}

fn only_adds(statements: &[Statement]) -> Result<(), String> {
    // What is made in the same file may be anything: nobody uses it yet.
    let mut made = Vec::new();
    for statement in statements {
        let adds = match statement {
            Statement::CreateTable(table) => {
                made.push(table.name.to_string());
                true
            }
            // A unique index can refuse what the version before writes.
            Statement::CreateIndex(index) => {
                !index.unique || made.contains(&index.table_name.to_string())
            }
            Statement::AlterTable {
                name, operations, ..
            } => made.contains(&name.to_string()) || operations.iter().all(operation_adds),
            Statement::CreateSequence { .. }
            | Statement::CreateType { .. }
            | Statement::CreateView {
                or_replace: false, ..
            }
            | Statement::CreateExtension { .. }
            | Statement::Comment { .. }
            | Statement::Grant { .. } => true,
            _ => false,
        };
        if !adds {
            let text: String = statement.to_string().chars().take(80).collect();
            return Err(format!("`{text}` is not known to only add"));
        }
    }
    Ok(())
}

fn operation_adds(operation: &AlterTableOperation) -> bool {
    match operation {
        AlterTableOperation::AddColumn { column_def, .. } => may_be_left_out(column_def),
        _ => false,
    }
}

/// Whether a row can be inserted by a version that doesn't know the column.
fn may_be_left_out(column: &ColumnDef) -> bool {
    let options = || column.options.iter().map(|it| &it.option);
    let needs_value = options().any(|it| matches!(it, ColumnOption::NotNull));
    let has_value = options().any(|it| {
        matches!(
            it,
            ColumnOption::Default(_) | ColumnOption::Generated { .. }
        )
    });
    let refuses =
        options().any(|it| matches!(it, ColumnOption::Unique { .. } | ColumnOption::Check(_)));
    (!needs_value || has_value) && !refuses
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn migration(name: &str, sql: &str) -> Migration {
        Migration {
            version: 7,
            name: name.to_owned(),
            sql: sql.to_owned(),
        }
    }

    #[test]
    fn what_only_adds_passes() {
        for sql in [
            "CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b text NOT NULL)",
            "CREATE TABLE a (b text); CREATE UNIQUE INDEX c ON a (b); ALTER TABLE a ADD CHECK (b <> '')",
            "CREATE INDEX c ON messages (author_id) WHERE NOT flagged",
            "ALTER TABLE users ADD COLUMN bio text",
            "ALTER TABLE users ADD COLUMN bio text NOT NULL DEFAULT ''",
            "CREATE SEQUENCE s; COMMENT ON TABLE users IS 'people'",
        ] {
            assert_eq!(judge(sql, &Columns::default()), Ok(()), "{sql}");
        }
    }

    #[test]
    fn what_takes_away_or_may_refuse_does_not() {
        for sql in [
            "DROP TABLE users",
            "ALTER TABLE users DROP COLUMN email",
            "ALTER TABLE users RENAME COLUMN email TO mail",
            "ALTER TABLE users ALTER COLUMN email TYPE varchar(10)",
            "ALTER TABLE users ADD COLUMN bio text NOT NULL",
            "ALTER TABLE users ADD COLUMN nick text UNIQUE",
            "CREATE UNIQUE INDEX c ON users (email)",
            "ALTER TABLE users ADD CONSTRAINT c CHECK (email <> '')",
            "UPDATE users SET email = ''",
            "DELETE FROM users",
            "DO $$ BEGIN DROP TABLE users; END $$",
            "CREATE TABLE a (b text); DROP TABLE users",
            "this is no SQL",
        ] {
            assert!(judge(sql, &Columns::default()).is_err(), "{sql}");
        }
    }

    #[test]
    fn only_what_is_missing_is_judged_and_contracts_are_left_out() {
        let drop = "DROP TABLE users";
        assert_eq!(
            check(&[migration("0007_x", drop)], &[]).unwrap_err().code(),
            6
        );
        assert!(check(&[migration("0007_x", drop)], &[7]).is_ok());
        assert!(check(&[migration("0007_contract_users", drop)], &[]).is_ok());
    }

    #[test]
    fn a_column_that_another_table_has_is_refused() {
        let first = Migration {
            version: 1,
            ..migration(
                "0001_x",
                "CREATE TABLE users (email text); CREATE TABLE messages (text text)",
            )
        };
        let next = migration("0007_x", "ALTER TABLE messages ADD COLUMN email text");
        let error = check(&[first, next], &[1]).unwrap_err();
        assert_eq!(error.code(), 6);
        assert!(
            error.to_string().contains("users has a column `email` too"),
            "{error}"
        );
    }

    #[test]
    fn the_migrations_of_this_tree_only_add() {
        let read = |directory: &str| -> Vec<Migration> {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
            let files = std::fs::read_dir(directory).unwrap();
            let mut migrations: Vec<_> = files
                .map(|entry| {
                    let path = entry.unwrap().path();
                    let name = path.file_stem().unwrap().to_str().unwrap();
                    Migration {
                        version: name[..4].parse().unwrap(),
                        ..migration(name, &std::fs::read_to_string(&path).unwrap())
                    }
                })
                .collect();
            migrations.sort_unstable_by_key(|it| it.version);
            migrations
        };
        let mut migrations = read("../app/migrations");
        for (n, next) in migrations.iter().enumerate() {
            let before: Vec<_> = migrations[..n].iter().map(|it| it.version).collect();
            assert!(check(&migrations[..=n], &before).is_ok(), "{}", next.name);
        }
        // The other directory has what `make test-schemas` tries the present version on.
        let present: Vec<_> = migrations.iter().map(|it| it.version).collect();
        migrations.extend(read("tests/next-release"));
        assert!(migrations.len() > present.len());
        check(&migrations, &present).unwrap();
    }
}
