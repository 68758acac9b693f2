# frozen_string_literal: true

# Packs both gems, installs each where nothing else is, and runs the quickstart from there, outside the checkout.
require "fileutils"
require "rbconfig"
require "tmpdir"

HERE = __dir__
ROOT = File.expand_path("../../..", HERE)

def run(*command, **options)
  system(*command, exception: true, **options)
end

%w[platform source].each do |kind|
  Dir.mktmpdir do |folder|
    run(RbConfig.ruby, "#{HERE}/package.rb", kind, folder)
    gem = Dir["#{folder}/*.gem"].first
    env = {
      "GEM_HOME" => "#{folder}/home", "GEM_PATH" => "#{folder}/home", "RUBYLIB" => nil, "RUBYOPT" => nil,
      # So that the second time is quick.
      "CARGO_TARGET_DIR" => "#{ENV.fetch("CARGO_TARGET_DIR", "#{ROOT}/target")}/gem"
    }
    run(env, "gem", "install", "--local", "--quiet", "--no-document", gem, chdir: folder, out: File::NULL)
    FileUtils.cp("#{HERE}/quickstart.rb", folder)
    run(env, RbConfig.ruby, "quickstart.rb", chdir: folder, out: File::NULL)
    held = Dir["#{folder}/home/gems/tollbridge-*/{lib/tollbridge.rb,LICENSE-MIT,sig/tollbridge.rbs}"]
    abort "#{kind}: files are missing" unless held.size == 3
    puts "#{kind}: #{File.basename(gem)}, #{File.size(gem) / 1024} KiB"
  end
end
