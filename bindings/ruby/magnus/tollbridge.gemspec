# frozen_string_literal: true

# Read in a folder that package.rb has filled. With the extension in it, the gem is one for this platform and
# this Ruby's ABI; without, it holds the sources, and is built by cargo where it is installed.
Gem::Specification.new do |spec|
  spec.name = "tollbridge"
  spec.version = File.read("Cargo.toml")[/^version = "(.+)"$/, 1]
  spec.summary = "A latency histogram in Rust, carried into Ruby by magnus"
  spec.description = "HdrHistogram as an ordinary Ruby class: blocks, Enumerable, typed exceptions, packed numbers, " \
                     "interval logs."
  spec.authors = ["The Tollbridge authors"]
  spec.licenses = ["MIT", "Apache-2.0"]
  spec.files = Dir["{lib,sig}/**/*.{rb,rbs,so}", "LICENSE-*", "README.md"]
  spec.metadata = { "rubygems_mfa_required" => "true" }

  prebuilt = Dir["lib/**/*.so"].any?
  spec.required_ruby_version = prebuilt ? "~> #{RbConfig::CONFIG["ruby_version"]}" : ">= 3.1"

  if prebuilt
    spec.platform = Gem::Platform.local
  else
    spec.required_rubygems_version = ">= 3.3"
    spec.extensions = ["ext/extconf.rb"]
    spec.files += Dir["Cargo.{toml,lock}", "ext/extconf.rb", "{core,bindings}/**/{Cargo.toml,*.rs}"]
  end
end
