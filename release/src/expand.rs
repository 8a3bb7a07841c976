//! Whether a migration only expands the schema, so that the previous version keeps working on it.
//!
//! Each statement is parsed. Statements that are known to only add are accepted; all others are refused. A statement that removes or
//! restricts something belongs in a file named `NNNN_contract_…`, which a release never applies.

use sqlparser::ast::{AlterTableOperation, ColumnDef, ColumnOption, Statement};

use crate::artifact::Migration;
use crate::columns::{Columns, statements};
use crate::error::{Error, Result};

/// Whether a migration contracts the schema.
#[must_use]
pub fn is_contract(migration: &Migration) -> bool {
    migration
        .name
        .get(4..)
        .is_some_and(|rest| rest.starts_with("_contract_"))
}

/// Checks that the migrations in `migrations` which the database does not have yet only expand the schema. `present` contains the
/// numbers of those that it has.
///
/// # Errors
/// [`Error::Migration`] with the statement.
pub fn check(migrations: &[Migration], present: &[i32]) -> Result<()> {
    let missing = migrations
        .iter()
        .filter(|it| !present.contains(&it.version) && !is_contract(it));
    let applied = migrations.iter().filter(|it| present.contains(&it.version));
    let columns = Columns::after(applied.map(|it| it.sql.as_str()));
    for migration in missing {
        judge(&migration.sql, &columns).map_err(|problem| {
            Error::Migration(format!(
                "{} does more than expand the schema: {problem}. The current version must keep working on the new schema: add in \
                 one release, and remove in a later one, in a file named NNNN_contract_…",
                migration.name
            ))
        })?;
    }
    Ok(())
}

/// Checks one file against tables with these columns.
fn judge(sql: &str, columns: &Columns) -> Result<(), String> {
    let statements = statements(sql).map_err(|error| format!("it can't be parsed ({error})"))?;
    only_adds(&statements)?;
    columns.ambiguous(&statements).map_or(Ok(()), Err)
}

fn only_adds(statements: &[Statement]) -> Result<(), String> {
    // A table that the same file creates may be changed in any way: no version uses it yet.
    let mut created = Vec::new();
    for statement in statements {
        let adds = match statement {
            Statement::CreateTable(table) => {
                created.push(table.name.to_string());
                true
            }
            // A unique index can refuse rows that the previous version writes.
            Statement::CreateIndex(index) => {
                !index.unique || created.contains(&index.table_name.to_string())
            }
            Statement::AlterTable {
                name, operations, ..
            } => created.contains(&name.to_string()) || operations.iter().all(operation_adds),
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

/// Whether a version that does not use the column can insert rows.
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
    fn statements_that_only_add_are_accepted() {
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
    fn statements_that_remove_or_restrict_are_refused() {
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
    fn applied_migrations_and_contracts_are_not_checked() {
        let drop = "DROP TABLE users";
        assert_eq!(
            check(&[migration("0007_x", drop)], &[]).unwrap_err().code(),
            6
        );
        assert!(check(&[migration("0007_x", drop)], &[7]).is_ok());
        assert!(check(&[migration("0007_contract_users", drop)], &[]).is_ok());
    }

    #[test]
    fn a_column_name_of_another_table_is_refused() {
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
        // `make test-schemas` runs the current version on the migrations in the other directory.
        let present: Vec<_> = migrations.iter().map(|it| it.version).collect();
        migrations.extend(read("tests/next-release"));
        assert!(migrations.len() > present.len());
        check(&migrations, &present).unwrap();
    }
}
