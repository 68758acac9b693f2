# frozen_string_literal: true

# Run by `gem install` of the source gem: a Makefile that has cargo build the extension. It needs Rust, and
# libclang, by which rb-sys reads Ruby's headers.
require "rbconfig"

abort "Rust is needed to build this gem: https://rustup.rs" unless system("cargo", "--version", out: File::NULL)

File.write("Makefile", <<~MAKEFILE)
  # The command line of newer RubyGems sets it, older ones have set it here.
  sitearchdir = #{RbConfig::MAKEFILE_CONFIG["sitearchdir"]}
  CARGO_TARGET_DIR ?= $(CURDIR)/target
  export CARGO_TARGET_DIR

  all:
  \tcargo build --release --locked --config "profile.release.lto='fat'" \\
  \t  --manifest-path ../Cargo.toml -p tollbridge-ruby-magnus

  # Nothing that was built on the way stays with the gem.
  install: all
  \tmkdir -p "$(DESTDIR)$(sitearchdir)/tollbridge"
  \tcp "$(CARGO_TARGET_DIR)/release/libtollbridge_native.so" \\
  \t  "$(DESTDIR)$(sitearchdir)/tollbridge/tollbridge_native.so"
  \trm -rf target

  clean:

  .PHONY: all install clean
MAKEFILE
