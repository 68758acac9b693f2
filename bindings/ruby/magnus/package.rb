# frozen_string_literal: true

# Packs the gem, as `gem build` does: ruby package.rb source|platform FOLDER
#
#   source     tollbridge-VERSION.gem: this crate, the core, and a lockfile; built by cargo where it is installed
#   platform   tollbridge-VERSION-PLATFORM.gem: what build.sh has built here, for this Ruby's ABI
require "fileutils"
require "tmpdir"

HERE = __dir__
ROOT = File.expand_path("../../..", HERE)

def run(*command, **options)
  system(*command, exception: true, **options)
end

# What both gems have.
def stage(folder)
  FileUtils.cp_r(["lib", "sig", "README.md", "tollbridge.gemspec"].map { |name| "#{HERE}/#{name}" }, folder)
  FileUtils.rm("#{folder}/lib/tollbridge/tollbridge_native.so")
  FileUtils.cp(["LICENSE-MIT", "LICENSE-APACHE", "Cargo.toml"].map { |name| "#{ROOT}/#{name}" }, folder)
end

# What build.sh has built, for the link to it.
def stage_extension(folder)
  FileUtils.cp("#{HERE}/build/tollbridge_native.so", "#{folder}/lib/tollbridge")
end

# A workspace of the two crates, with what the lockfile says of them.
def stage_sources(folder)
  manifest = File.read("#{ROOT}/Cargo.toml")
  manifest.sub!(/^members = .*$/, 'members = ["core", "bindings/ruby/magnus"]')
  manifest.sub!(/^default-members = .*\n/, "")
  File.write("#{folder}/Cargo.toml", manifest)
  { ROOT => "core", HERE => "bindings/ruby/magnus" }.each do |from, to|
    from = "#{ROOT}/core" if from == ROOT
    FileUtils.mkdir_p("#{folder}/#{to}")
    FileUtils.cp_r(["#{from}/Cargo.toml", "#{from}/src"], "#{folder}/#{to}")
  end
  FileUtils.cp_r("#{HERE}/ext", folder)
  FileUtils.cp("#{ROOT}/Cargo.lock", folder)
  # Takes out of the lockfile what other members need.
  run("cargo", "metadata", "--quiet", "--format-version=1", chdir: folder, out: File::NULL)
end

kind, out = ARGV
abort "usage: package.rb source|platform FOLDER" unless %w[source platform].include?(kind) && out

FileUtils.mkdir_p(out)
Dir.mktmpdir do |folder|
  stage(folder)
  kind == "source" ? stage_sources(folder) : stage_extension(folder)
  run("gem", "build", "--quiet", "tollbridge.gemspec", chdir: folder)
  FileUtils.mv(Dir["#{folder}/*.gem"], out)
end
