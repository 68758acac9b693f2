# frozen_string_literal: true

require "minitest/autorun"
require "open3"
require "rbconfig"
require "tmpdir"

# What the tests of both bridges over the C ABI need: the headers that they declare, and programs of their own.
class CabiTest < Minitest::Test
  INCLUDE = File.expand_path("../../c/cabi/include", __dir__)
  # A function of the headers: how many parameters it has, and whether its comment says that it waits or calls back.
  Declared = Struct.new(:parameters, :waits)

  # A comment, and the function that follows it: its name and its parameters.
  FUNCTION = %r{((?:^///.*\n)+)[^;{}/]*?\b(tb_\w+)\(([^;{}]*)\);}
  def self.functions(header)
    File.read("#{INCLUDE}/#{header}").scan(FUNCTION).to_h do |comment, name, parameters|
      count = parameters == "void" ? 0 : parameters.count(",") + 1
      [name, Declared.new(count, comment.match?(%r{waits|calls\s+(?:///\s)?back}i))]
    end
  end

  # Found by the check of the ABI; what a cursor does better; what another does with a limit of 0.
  ELSEWHERE = %w[tb_abi_version tb_histogram_for_each_bucket tb_replay_log].freeze
  FUNCTIONS = functions("tollbridge.h").except(*ELSEWHERE).freeze

  # What a C program prints that has this header and these lines in its `main`.
  def c_program(lines, header = "tollbridge.h")
    Dir.mktmpdir do |folder|
      # The header refers to a symbol of the library, which is not linked here.
      source = "#include <stdio.h>\n#include <#{header}>\nconst uint32_t tb_abi_1 = 1;\n" \
               "int main(void) {#{lines.join("\n")}}"
      compile(source, "#{folder}/program", "-I#{INCLUDE}")
      Open3.capture2("#{folder}/program").first.lines(chomp: true)
    end
  end

  # A library of this source, for as long as the block.
  def with_library(source)
    Dir.mktmpdir do |folder|
      library = "#{File.realpath(folder)}/lib.so"
      compile(source, library, "-shared", "-fPIC")
      yield library
    end
  end

  def compile(source, into, *flags)
    said, status = Open3.capture2e(ENV.fetch("CC", "cc"), *flags, "-xc", "-", "-o", into, stdin_data: source)
    assert_predicate status, :success?, said
  end

  # What another interpreter prints that has loaded the bridge, and how it ended.
  def program(source, **env)
    path = $LOAD_PATH.grep(%r{/bindings/ruby/}).join(":")
    Open3.capture2e({ "RUBYLIB" => path, **env.transform_keys(&:to_s) }, RbConfig.ruby, "-w", "-e", source)
  end
end
