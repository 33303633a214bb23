//! `kargo-tokens man`: pages for man, from the same descriptions as `--help`.

use std::io::Write;

use clap::CommandFactory;

use crate::config::{Config, StartError};

/// Prints the page of a command; of the program itself without one.
///
/// # Errors
/// There is no such command.
pub fn print(name: Option<&str>, out: &mut impl Write) -> Result<(), StartError> {
    let mut program = Config::command();
    program.build();
    let command = match name {
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| StartError::NoCommand(name.to_owned()))?
        }
        None => program,
    };
    // A reader that closes the output has seen enough.
    let _ = clap_mangen::Man::new(command).render(out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: Option<&str>) -> Result<String, StartError> {
        let mut page = Vec::new();
        print(name, &mut page)?;
        Ok(String::from_utf8(page).expect("text"))
    }

    #[test]
    fn each_command_has_a_page() {
        let program = page(None).expect("a page");
        assert!(program.contains("\\-\\-metrics\\-listen"), "{program}");
        for command in Config::command().get_subcommands() {
            let page = page(Some(command.get_name())).expect("a page");
            assert!(page.contains("DESCRIPTION"), "{page}");
        }
        assert!(page(Some("fly")).is_err());
    }
}
