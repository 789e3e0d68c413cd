//! From tokens to a statement. Nothing is looked up here: this is the part of the work that `check_syntax` needs.

use trunkline_server::{Error, SqlState, Type};

use super::error_at;
use super::lex::{Placed, Token, lex};
use super::statement::{Column, Expr, Item, Select, Source, Statement, Step, When};

pub fn parse(sql: &str) -> Result<Statement, Error> {
    let mut parser = Parser {
        tokens: lex(sql)?,
        at: 0,
    };
    let statement = parser.statement()?;
    parser.end()?;
    Ok(statement)
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
}

impl Parser {
    fn statement(&mut self) -> Result<Statement, Error> {
        let Token::Word(verb) = self.next() else {
            return self.wrong_before();
        };
        match verb.as_str() {
            "select" => self.select(),
            "table" => {
                let (name, place) = self.placed_name()?;
                Ok(Statement::Select(all_of(Source::Table(name, place))))
            }
            "values" => Ok(Statement::Select(all_of(Source::Values(self.rows()?)))),
            "insert" => self.insert(),
            "create" => self.create(),
            "drop" => {
                self.word("table")?;
                Ok(Statement::DropTable {
                    table: self.placed_name()?,
                })
            }
            "alter" => {
                self.word("table")?;
                let table = self.placed_name()?;
                self.word("add")?;
                Ok(Statement::AddColumn {
                    table,
                    column: self.column()?,
                })
            }
            "truncate" => Ok(Statement::Truncate {
                table: self.placed_name()?,
            }),
            "update" => {
                let table = self.placed_name()?;
                self.rest();
                Ok(Statement::Update { table })
            }
            "delete" => {
                self.word("from")?;
                let table = self.placed_name()?;
                self.word("where")?;
                self.name()?;
                self.sign("=")?;
                Ok(Statement::Delete {
                    table,
                    equals: self.int()?,
                })
            }
            "merge" => {
                self.word("into")?;
                let table = self.placed_name()?;
                while !matches!(self.peek(), Token::Int(_)) {
                    self.next();
                }
                let value = self.int()?;
                self.rest();
                Ok(Statement::Merge { table, value })
            }
            "set" => self.set(),
            "reset" => Ok(Statement::Reset { name: self.name()? }),
            "show" => Ok(Statement::Show { name: self.name()? }),
            "listen" => Ok(Statement::Listen(self.name()?)),
            "unlisten" => Ok(Statement::Unlisten(self.name()?)),
            "notify" => {
                let channel = self.name()?;
                let payload = if self.took_sign(",") {
                    self.text()?
                } else {
                    String::new()
                };
                Ok(Statement::Notify { channel, payload })
            }
            "do" => {
                let body = self.text()?;
                steps(&body).map(Statement::Do)
            }
            "copy" => {
                if !self.took_sign("(") {
                    let table = self.placed_name()?;
                    self.word("from")?;
                    self.word("stdin")?;
                    return Ok(Statement::CopyIn { table });
                }
                self.word("select")?;
                let select = self.select_body()?;
                self.sign(")")?;
                self.word("to")?;
                self.word("stdout")?;
                Ok(Statement::CopyOut(select))
            }
            "explain" => {
                self.rest();
                Ok(Statement::Explain)
            }
            "call" => {
                while !matches!(self.peek(), Token::Int(_) | Token::End) {
                    self.next();
                }
                let n = self.int()?;
                self.rest();
                Ok(Statement::Call(n))
            }
            "analyze" => self.fixed("ANALYZE", false),
            "vacuum" => self.fixed("VACUUM", true),
            "lock" => self.fixed("LOCK TABLE", false),
            _ => self.wrong_before(),
        }
    }

    fn fixed(&mut self, tag: &'static str, outside_transaction: bool) -> Result<Statement, Error> {
        self.rest();
        Ok(Statement::Fixed {
            tag,
            outside_transaction,
        })
    }

    fn select(&mut self) -> Result<Statement, Error> {
        let items = self.items()?;
        if self.took_word("into") {
            self.took_word("temp");
            let table = self.name()?;
            return Ok(Statement::Store {
                table,
                select: Select {
                    items,
                    from: self.from()?,
                },
            });
        }
        Ok(Statement::Select(Select {
            items,
            from: self.from()?,
        }))
    }

    fn select_body(&mut self) -> Result<Select, Error> {
        Ok(Select {
            items: self.items()?,
            from: self.from()?,
        })
    }

    fn items(&mut self) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        while !matches!(self.peek(), Token::End | Token::Sign(")"))
            && !self.at_word("from")
            && !self.at_word("into")
        {
            let expr = if self.took_sign("*") {
                Expr::Star
            } else {
                self.expr()?
            };
            let mut name = None;
            if self.took_word("as")
                || matches!(self.peek(), Token::Word(w) if w != "from" && w != "into")
            {
                name = Some(self.name()?);
            }
            items.push(Item { expr, name });
            if !self.took_sign(",") {
                break;
            }
        }
        Ok(items)
    }

    fn from(&mut self) -> Result<Source, Error> {
        if !self.took_word("from") {
            return Ok(Source::Nothing);
        }
        if self.took_sign("(") {
            self.word("values")?;
            let rows = self.rows()?;
            self.sign(")")?;
            self.name()?;
            return Ok(Source::Values(rows));
        }
        let (name, place) = self.placed_name()?;
        if name != "generate_series" {
            return Ok(Source::Table(name, place));
        }
        self.sign("(")?;
        let from = i64::from(self.int()?);
        self.sign(",")?;
        let to = i64::from(self.int()?);
        self.sign(")")?;
        Ok(Source::Series {
            from,
            to,
            name: self.name()?,
        })
    }

    fn rows(&mut self) -> Result<Vec<Vec<Expr>>, Error> {
        let mut rows = Vec::new();
        loop {
            self.sign("(")?;
            rows.push(self.list()?);
            self.sign(")")?;
            if !self.took_sign(",") {
                return Ok(rows);
            }
        }
    }

    fn list(&mut self) -> Result<Vec<Expr>, Error> {
        let mut list = Vec::new();
        while *self.peek() != Token::Sign(")") {
            list.push(if self.took_sign("*") {
                Expr::Star
            } else {
                self.expr()?
            });
            if !self.took_sign(",") {
                break;
            }
        }
        Ok(list)
    }

    fn expr(&mut self) -> Result<Expr, Error> {
        let mut left = self.operand()?;
        loop {
            if self.took_sign("+") {
                left = Expr::Add(Box::new(left), Box::new(self.operand()?));
            } else if self.took_sign("-") {
                left = Expr::Subtract(Box::new(left), Box::new(self.operand()?));
            } else if self.took_sign("/") {
                left = Expr::Divide(Box::new(left), Box::new(self.operand()?));
            } else if self.took_word("is") {
                self.word("null")?;
                left = Expr::IsNull(Box::new(left));
            } else {
                return Ok(left);
            }
        }
    }

    fn operand(&mut self) -> Result<Expr, Error> {
        let place = self.place();
        let mut operand = match self.next() {
            Token::Int(n) => Expr::Int(n),
            Token::Number(text) | Token::Text(text) => Expr::Text(text),
            Token::Param(n) => Expr::Param(n, place),
            Token::Sign("(") => {
                let inner = self.expr()?;
                self.sign(")")?;
                inner
            }
            Token::Word(word) if word == "null" => Expr::Null,
            Token::Word(word) => {
                if self.took_sign("(") {
                    let arguments = self.list()?;
                    self.sign(")")?;
                    Expr::Call(word, arguments, place)
                } else {
                    Expr::Column(word, place)
                }
            }
            _ => return self.wrong_before(),
        };
        while self.took_sign("::") {
            operand = Expr::Cast(Box::new(operand), self.ty()?);
        }
        Ok(operand)
    }

    fn ty(&mut self) -> Result<Type, Error> {
        let place = self.place();
        let name = self.name()?;
        Type::from_name(&name).ok_or_else(|| {
            error_at(
                SqlState::UNDEFINED_OBJECT,
                place,
                format!("type \"{name}\" does not exist"),
            )
        })
    }

    fn insert(&mut self) -> Result<Statement, Error> {
        self.word("into")?;
        let table = self.placed_name()?;
        let source = if self.took_word("values") {
            Source::Values(self.rows()?)
        } else {
            self.word("select")?;
            let items = self.returning_items()?;
            Source::Query(Box::new(Select {
                items,
                from: self.from()?,
            }))
        };
        let returning = self.took_word("returning");
        if returning {
            self.name()?;
        }
        Ok(Statement::Insert {
            table,
            source,
            returning,
        })
    }

    fn returning_items(&mut self) -> Result<Vec<Item>, Error> {
        self.items()
    }

    fn create(&mut self) -> Result<Statement, Error> {
        if self.at_word("function") {
            return self.fixed("CREATE FUNCTION", false);
        }
        if self.at_word("procedure") {
            return self.fixed("CREATE PROCEDURE", false);
        }
        self.took_word("temp");
        self.word("table")?;
        let if_not_exists = self.took_word("if");
        if if_not_exists {
            self.word("not")?;
            self.word("exists")?;
        }
        let table = self.name()?;
        if self.took_word("as") {
            self.word("select")?;
            return Ok(Statement::Store {
                table,
                select: self.select_body()?,
            });
        }
        self.sign("(")?;
        let mut columns = vec![self.column()?];
        while self.took_sign(",") {
            columns.push(self.column()?);
        }
        self.sign(")")?;
        Ok(Statement::CreateTable {
            table,
            columns,
            if_not_exists,
        })
    }

    fn column(&mut self) -> Result<Column, Error> {
        let mut column = Column {
            name: self.name()?,
            ty: self.ty()?,
            not_null: false,
            positive: false,
            unique: None,
        };
        loop {
            if self.took_word("not") {
                self.word("null")?;
                column.not_null = true;
            } else if self.took_word("unique") {
                column.unique = Some(When::AtOnce);
            } else if self.took_word("deferrable") {
                self.word("initially")?;
                self.word("deferred")?;
                column.unique = Some(When::AtCommit);
            } else if self.took_word("check") {
                while !self.took_sign(")") {
                    self.next();
                }
                column.positive = true;
            } else {
                return Ok(column);
            }
        }
    }

    fn set(&mut self) -> Result<Statement, Error> {
        let name = self.name()?;
        if !self.took_word("to") {
            self.sign("=")?;
        }
        let value = match self.next() {
            Token::Text(text) | Token::Word(text) => text,
            Token::Int(n) => n.to_string(),
            _ => return self.wrong_before(),
        };
        Ok(Statement::Set { name, value })
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn place(&self) -> u32 {
        self.tokens[self.at].1
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        if token != Token::End {
            self.at += 1;
        }
        token
    }

    /// Takes all that is left.
    fn rest(&mut self) {
        while self.next() != Token::End {}
    }

    fn end(&mut self) -> Result<(), Error> {
        self.took_sign(";");
        match self.peek() {
            Token::End => Ok(()),
            _ => self.wrong(),
        }
    }

    fn at_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(w) if w == word)
    }

    fn took_word(&mut self, word: &str) -> bool {
        let took = self.at_word(word);
        self.at += usize::from(took);
        took
    }

    fn took_sign(&mut self, sign: &str) -> bool {
        let took = matches!(self.peek(), Token::Sign(s) if *s == sign);
        self.at += usize::from(took);
        took
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if self.took_word(word) {
            Ok(())
        } else {
            self.wrong()
        }
    }

    fn sign(&mut self, sign: &str) -> Result<(), Error> {
        if self.took_sign(sign) {
            Ok(())
        } else {
            self.wrong()
        }
    }

    fn name(&mut self) -> Result<String, Error> {
        self.placed_name().map(|(name, _)| name)
    }

    fn placed_name(&mut self) -> Result<(String, u32), Error> {
        let place = self.place();
        match self.next() {
            Token::Word(name) => Ok((name, place)),
            Token::End => self.wrong(),
            _ => self.wrong_before(),
        }
    }

    fn int(&mut self) -> Result<i32, Error> {
        match self.next() {
            Token::Int(n) => Ok(i32::try_from(n).unwrap_or(i32::MAX)),
            Token::End => self.wrong(),
            _ => self.wrong_before(),
        }
    }

    fn text(&mut self) -> Result<String, Error> {
        match self.next() {
            Token::Text(text) => Ok(text),
            Token::End => self.wrong(),
            _ => self.wrong_before(),
        }
    }

    /// A syntax error at the token just taken.
    fn wrong_before<T>(&mut self) -> Result<T, Error> {
        self.at = self.at.saturating_sub(1);
        self.wrong()
    }

    fn wrong<T>(&self) -> Result<T, Error> {
        let message = match self.peek() {
            Token::End => "syntax error at end of input".into(),
            Token::Word(text) | Token::Number(text) => {
                format!("syntax error at or near \"{text}\"")
            }
            Token::Text(text) => format!("syntax error at or near \"'{text}'\""),
            Token::Int(n) => format!("syntax error at or near \"{n}\""),
            Token::Param(n) => format!("syntax error at or near \"${n}\""),
            Token::Sign(sign) => format!("syntax error at or near \"{sign}\""),
        };
        Err(error_at(SqlState::SYNTAX_ERROR, self.place(), message))
    }
}

fn all_of(from: Source) -> Select {
    Select {
        items: vec![Item {
            expr: Expr::Star,
            name: None,
        }],
        from,
    }
}

/// The body of a `do` block.
fn steps(body: &str) -> Result<Vec<Step>, Error> {
    let mut parser = Parser {
        tokens: lex(body)?,
        at: 0,
    };
    let mut steps = Vec::new();
    parser.word("begin")?;
    while !parser.took_word("end") {
        if parser.took_word("raise") {
            steps.push(Step::Raise {
                level: parser.name()?,
                text: parser.text()?,
            });
        } else if parser.took_word("perform") {
            parser.word("pg_sleep")?;
            parser.sign("(")?;
            let seconds = match parser.next() {
                Token::Int(n) => n.to_string(),
                Token::Number(text) => text,
                _ => return parser.wrong_before(),
            };
            steps.push(Step::Sleep(seconds.parse().unwrap_or(0.0)));
            parser.sign(")")?;
        } else if parser.took_word("panic") {
            steps.push(Step::Panic);
        } else {
            parser.word("execute")?;
            steps.push(Step::Execute(parser.text()?));
        }
        parser.sign(";")?;
    }
    Ok(steps)
}
