//! A build without the front end's bundle fails with a sentence that names the command.

fn main() {
    println!("cargo::rerun-if-changed=dist/names.txt");
    println!("cargo::rerun-if-changed=askama.toml");
    if !std::path::Path::new("dist/names.txt").exists() {
        println!("cargo::error=the scripts and styles are not built yet: run `make assets`");
    }
}
