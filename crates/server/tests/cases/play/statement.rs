//! What a statement is once it has been parsed.

use trunkline_server::Type;

#[derive(Clone, Debug)]
pub enum Statement {
    Select(Select),
    /// `create table … as`, `select … into`
    Store {
        table: String,
        select: Select,
    },
    Insert {
        table: (String, u32),
        source: Source,
        returning: bool,
    },
    Update {
        table: (String, u32),
    },
    Delete {
        table: (String, u32),
        equals: i32,
    },
    Merge {
        table: (String, u32),
        value: i32,
    },
    CreateTable {
        table: String,
        columns: Vec<Column>,
        if_not_exists: bool,
    },
    DropTable {
        table: (String, u32),
    },
    AddColumn {
        table: (String, u32),
        column: Column,
    },
    Truncate {
        table: (String, u32),
    },
    Set {
        name: String,
        value: String,
    },
    Reset {
        name: String,
    },
    Show {
        name: String,
    },
    Listen(String),
    Unlisten(String),
    Notify {
        channel: String,
        payload: String,
    },
    Do(Vec<Step>),
    CopyOut(Select),
    CopyIn {
        table: (String, u32),
    },
    Explain,
    /// `call f(n)`: twice n.
    Call(i32),
    /// A statement that does nothing but give its tag.
    Fixed {
        tag: &'static str,
        outside_transaction: bool,
    },
}

#[derive(Clone, Debug)]
pub struct Select {
    pub items: Vec<Item>,
    pub from: Source,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub expr: Expr,
    pub name: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Source {
    /// One row of nothing.
    Nothing,
    Series {
        from: i64,
        to: i64,
        name: String,
    },
    Values(Vec<Vec<Expr>>),
    Table(String, u32),
    Query(Box<Select>),
}

#[derive(Clone, Debug)]
pub enum Expr {
    Int(i64),
    Text(String),
    Null,
    Param(usize, u32),
    Column(String, u32),
    /// `*`
    Star,
    Cast(Box<Self>, Type),
    Add(Box<Self>, Box<Self>),
    Subtract(Box<Self>, Box<Self>),
    Divide(Box<Self>, Box<Self>),
    IsNull(Box<Self>),
    Call(String, Vec<Self>, u32),
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub ty: Type,
    pub not_null: bool,
    pub positive: bool,
    pub unique: Option<When>,
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    AtOnce,
    AtCommit,
}

/// A statement of a `do` block.
#[derive(Clone, Debug)]
pub enum Step {
    Raise {
        level: String,
        text: String,
    },
    Sleep(f64),
    Execute(String),
    /// Panics: a bug in the user's code.
    Panic,
}
