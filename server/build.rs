//! Builds the program anew whenever the site changes, which is part of it.

fn main() {
    println!("cargo::rerun-if-changed=../target/site");
}
