package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// calamineProgram reads a workbook's first sheet cell by cell, which is
// calamine's fastest way and takes the least memory, and prints an outcome.
const calamineProgram = `use calamine::{open_workbook, Reader, Xlsx};
use std::{env, fs, fs::File, io::BufReader, time::Instant};

fn main() {
    let path = env::args().nth(1).expect("a workbook");
    let start = Instant::now();
    let mut book: Xlsx<BufReader<File>> = open_workbook(&path).expect("opens");
    let name = book.sheet_names()[0].clone();
    let mut reader = book.worksheet_cells_reader(&name).expect("has the sheet");
    let mut cells = 0u64;
    while let Some(cell) = reader.next_cell().expect("reads") {
        std::hint::black_box(cell.get_value());
        cells += 1;
    }
    let wall = start.elapsed().as_nanos();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok())
        .unwrap_or(0);
    println!("{{\"Wall\":{wall},\"Peak\":{peak},\"Cells\":{cells}}}");
}
`

const calamineManifest = `[package]
name = "peer"
version = "0.0.0"
edition = "2021"

[dependencies]
calamine = ">=0.26, <1"

[profile.release]
lto = true
codegen-units = 1
panic = "abort"
`

// buildLimit is how long cargo may take to fetch and build.
const buildLimit = 10 * time.Minute

// debianCrates is where Debian's packages put the sources of crates, such as those
// of librust-calamine-dev.
const debianCrates = "/usr/share/cargo/registry"

// buildCalamine builds the program in a folder of its own and returns its path. The
// crates come from a folder of them if calamine is there, else from where cargo
// usually has them.
func buildCalamine(folder, crates string, log io.Writer) (string, error) {
	if _, err := exec.LookPath("cargo"); err != nil {
		return "", errors.New("there is no cargo on this machine")
	}
	home := filepath.Join(folder, "calamine")
	if err := os.MkdirAll(filepath.Join(home, "src"), 0o750); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(home, "Cargo.toml"), []byte(calamineManifest), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(home, "src", "main.rs"), []byte(calamineProgram), 0o600); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()
	cargo := exec.CommandContext(ctx, "cargo", append([]string{"build", "--release", "--quiet"},
		sourceFlags(crates)...)...)
	cargo.Dir, cargo.Stdout, cargo.Stderr = home, log, log
	if cargo.Run() != nil {
		return "", errors.New("cargo could not fetch and build it; what it said is above")
	}
	return filepath.Join(home, "target", "release", "peer"), nil
}

// sourceFlags make cargo take its crates from a folder, if calamine is there.
func sourceFlags(crates string) []string {
	if there, err := filepath.Glob(filepath.Join(crates, "calamine-*", "Cargo.toml")); err != nil || len(there) == 0 {
		return nil
	}
	return []string{"--offline", "--config", `source.crates-io.replace-with="folder"`, "--config", fmt.Sprintf("source.folder.directory=%q", crates)}
}
