//! The types of the session's database that are not built in: asked for once, known to every clone.

use std::sync::Arc;

use trunkline_types::Type;

use super::rows::Rows;
use super::slots::Keep;
use super::{Client, Mode, Statement, literal};
use crate::catalog::{self, Catalog, UserType};
use crate::error::Kind;
use crate::row::ValueError;
use crate::{Error, Result, Row};

/// The types of the database.
impl Client {
    /// What is known of the database's own types: what this client or a clone of it has [asked for](Self::user_type), or needed to
    /// know. It is forgotten when the server says that a type is gone.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    /// What a type is that is not built in, and with it all that it is made of. The server is asked once. `None`: it has no such
    /// type, or it is built in.
    ///
    /// # Errors
    ///
    /// The server is older than PostgreSQL 14, or refuses; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn user_type(&self, ty: Type) -> Result<Option<Arc<UserType>>> {
        if let Some(known) = self.catalog().find(ty.oid()) {
            return Ok(Some(known));
        }
        self.look_up(&[ty]).await?;
        Ok(self.catalog().find(ty.oid()))
    }

    /// Has the catalogue know these types, and what is beneath them.
    async fn look_up(&self, types: &[Type]) -> Result<()> {
        let unknown = self.catalog().unknown(types.iter().copied());
        if unknown.is_empty() {
            return Ok(());
        }
        let (params, keep) = ((unknown,), Keep::Rows(u32::MAX));
        let mut rows: Rows = match self.mode {
            Mode::Simple => {
                let sql = literal::interpolate(catalog::SQL, &params)?;
                let answer = self.simple(&sql, keep).await?;
                self.rows(answer, None, keep).await?
            }
            _ => self.unnamed(catalog::SQL, &params, keep).await?,
        };
        while let Some(row) = rows.next::<Row<'_>>().await? {
            self.catalog().add(row)?;
        }
        Ok(())
    }

    /// After a parameter was refused because its type is not built in: finds out what is beneath, for a value of that type to be given.
    ///
    /// # Errors
    ///
    /// The refusal, if there is nothing beneath; what looking it up fails with.
    pub(super) async fn see_through(&self, statement: &Statement, refusal: Error) -> Result<()> {
        self.look_up(statement.params()).await?;
        let params = statement.params().iter();
        let beneath: Box<[Type]> = params.map(|ty| self.catalog().base(*ty)).collect();
        if *beneath == *statement.params() || !statement.see_through(beneath) {
            return Err(refusal);
        }
        Ok(())
    }
}

/// Whether a parameter was refused because of a type that is not built in, and may be a domain.
pub(super) fn may_be_domain(error: &Error) -> bool {
    matches!(error.kind(), Kind::Value(ValueError::ParamType { ty, .. }) if !ty.is_built_in())
}
