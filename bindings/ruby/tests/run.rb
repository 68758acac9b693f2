# frozen_string_literal: true

# The tests of every Ruby bridge: ruby bindings/ruby/tests/run.rb REQUIRE MODULE [minitest's options]
#
# Where `require` finds the bridge is said by RUBYLIB, as in its bridge.toml.
library = ARGV.shift
bridge = ARGV.shift
abort "usage: run.rb REQUIRE MODULE [minitest's options]" unless bridge

require "minitest/autorun"
require library
TB = Object.const_get(bridge)
LIBRARY = library

Dir.glob("#{__dir__}/**/test_*.rb").each { |file| require file }
