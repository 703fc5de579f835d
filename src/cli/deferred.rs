//! Commands whose flags are declared when they are asked for.
//!
//! A program declares all its flags before it reads its arguments, and of a hundred it needs ten. What is
//! not asked for is not declared, which saves memory that would have to be got from the system.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::error::Error;
use clap::{ArgMatches, Args, Command, FromArgMatches, Id};

use super::compatibility::CompatibilityArgs;

/// Whether everything is declared at once.
static AT_ONCE: AtomicBool = AtomicBool::new(false);

/// From now on nothing is deferred: help, messages and completions name flags of many commands.
pub(super) fn declare_at_once() {
    AT_ONCE.store(true, Ordering::Relaxed);
}

/// The arguments of a command, of which nothing is declared before it is reached. Until then it has a
/// name, and no help.
pub(super) struct Deferred<T>(pub(super) Box<T>);

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(|args| Self(Box::new(args)))
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(|args| Self(Box::new(args)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}

impl<T: Args> Args for Deferred<T> {
    fn group_id() -> Option<Id> {
        T::group_id()
    }

    fn augment_args(command: Command) -> Command {
        if AT_ONCE.load(Ordering::Relaxed) {
            return declare::<T>(command);
        }
        command.defer(declare::<T>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}

/// With the flags that are accepted everywhere. As global ones clap would copy them into every command.
fn declare<T: Args>(command: Command) -> Command {
    CompatibilityArgs::augment_args(T::augment_args(command))
}
