# frozen_string_literal: true

# The tests of every Ruby bridge: ruby bindings/ruby/tests/run.rb REQUIRE MODULE [FOLDER] [minitest's options]
#
# FOLDER is one of the folders here: `.` has the tests that run on what users get. Without one it is all of them.
#
# Where `require` finds the bridge is said by RUBYLIB, as in its bridge.toml.
library = ARGV.shift
bridge = ARGV.shift
abort "usage: run.rb REQUIRE MODULE [FOLDER] [minitest's options]" unless bridge
folder = ARGV.first&.match?(/\A[^-]/) ? ARGV.shift : "**"

require "minitest/autorun"
require library
TB = Object.const_get(bridge)
LIBRARY = library

Dir.glob("#{__dir__}/#{folder}/test_*.rb").each { |file| require file }
