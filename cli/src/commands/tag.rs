use clap::Args;
use runlog::id::IdPattern;
use runlog::model::Tag as TagText;

use super::edit_all;
use crate::context::{Context, say};
use crate::error::Error;
use crate::text::argument;
use crate::text::plain::plain;

/// Put tags on an execution, or take them off
///
///   runlog tag 1f3a9c02 nightly release
///   runlog tag 1f3a9c02 nightly --remove
///   runlog list --tag release
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Tag {
    /// Which execution
    id: IdPattern,
    /// The tags
    #[arg(required = true, value_name = "TAG", value_parser = argument::tag)]
    tags: Vec<TagText>,
    /// Take them off
    #[arg(long, short)]
    remove: bool,
}

impl Tag {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let Self { id, tags, remove } = self;
        let edited = edit_all(context, &[id], |history, id| {
            tags.iter().try_for_each(|tag| {
                if remove { history.untag(id, tag) } else { history.tag(id, tag) }
            })
        })?;
        let tags = tags.iter().map(|tag| plain(tag.as_str())).collect::<Vec<_>>().join(", ");
        let done = if remove { "no longer tagged" } else { "tagged" };
        say(format_args!("{} is {done} {tags}", super::listed(&edited)));
        Ok(())
    }
}
