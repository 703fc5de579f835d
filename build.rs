//! How the program is linked.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && has_unwinder() {
        // Panics are unwound by code of GCC, which is in an archive as well as in libgcc_s.so. That asks
        // the processor for its features whenever it is loaded, which costs a virtual machine as much
        // time as a key: 0.1 ms of every run.
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Whether the compiler that links has the archive. It repeats the name of a file that it has not.
fn has_unwinder() -> bool {
    let is_native = env::var_os("HOST") == env::var_os("TARGET");
    let found = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    is_native
        && found.is_ok_and(|found| {
            let name = String::from_utf8_lossy(&found.stdout);
            Path::new(name.trim()).is_absolute()
        })
}
