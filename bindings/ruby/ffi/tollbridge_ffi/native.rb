# frozen_string_literal: true

module TollbridgeFFI
  # The C library: found, checked, and every structure and function declared once, as its headers write them.
  module Native
    extend FFI::Library

    # The ABI that is declared here.
    ABI = 1

    # What to load: the environment's choice is the only one if made; then what stands beside this folder, what
    # `bindings/c/cabi/install` put into the source tree, and what the system's loader finds.
    def self.candidate
      chosen = ENV.fetch("TOLLBRIDGE_LIBRARY", "")
      return chosen unless chosen.empty?

      name = "libtollbridge.#{FFI::Platform::LIBSUFFIX}"
      files = ["../#{name}", "../../../c/build/prefix/lib/#{name}"].map { |file| File.expand_path(file, __dir__) }
      files.find { |file| File.file?(file) } || (FFI::Platform.mac? ? "libtollbridge.1.dylib" : "libtollbridge.so.1")
    end

    begin
      ffi_lib candidate
    rescue LoadError => e
      raise LoadError, "cannot load the C library of Tollbridge (#{e.message.strip}); " \
                       "install it, or set TOLLBRIDGE_LIBRARY to its file"
    end

    # Where a function really comes from, as the dynamic linker tells.
    module Linker
      extend FFI::Library
      ffi_lib FFI::CURRENT_PROCESS

      class Info < FFI::Struct
        layout :file, :string, :base, :pointer, :symbol, :string, :address, :pointer
      end

      attach_function :dladdr, [:pointer, Info.by_ref], :int

      def self.file_of(address)
        info = Info.new
        dladdr(address, info)
        info[:file]
      end
    end
    private_constant :Linker

    # What is asked of Ruby's own library.
    module Collector
      extend FFI::Library
      ffi_lib FFI::CURRENT_PROCESS
      attach_function :rb_gc_adjust_memory_usage, [:ssize_t], :void
    end
    private_constant :Collector
    ADJUST_MEMORY_USAGE = Collector.method(:rb_gc_adjust_memory_usage)

    begin
      version = attach_function(:tb_abi_version, [], :uint32)
    rescue FFI::NotFoundError
      raise LoadError, "#{candidate} is no C library of Tollbridge"
    end
    PATH = Linker.file_of(version).freeze
    unless (found = tb_abi_version) == ABI
      raise LoadError, "#{PATH} has ABI #{found}, but this bridge is for ABI #{ABI}"
    end

    # ---- structures

    # A structure that is made of its fields; the others are 0.
    class Made < FFI::Struct
      def self.of(**fields)
        new.tap { |made| fields.each { |name, value| made[name] = value } }
      end
    end

    class ErrorField < FFI::Struct
      layout :name, :pointer, :kind, :uint32, :number, :uint64, :real, :double, :text, :pointer, :text_length, :size_t
    end

    class ErrorDetails < FFI::Struct
      layout :code, :int32, :name, :pointer, :message, :pointer, :message_length, :size_t,
             :fields, :pointer, :field_count, :size_t
    end

    class Config < Made
      layout :lowest, :uint64, :highest, :uint64, :significant_digits, :uint8
    end

    class Scan < Made
      layout :kind, :uint32, :ticks, :uint32, :step, :uint64, :base, :double
    end

    class Progress < FFI::Struct
      layout :bytes, :uint64, :total, :uint64, :intervals, :uint64
    end

    # tb_bytes and tb_text: memory that the caller frees.
    class Given < FFI::Struct
      layout :data, :pointer, :length, :size_t
    end

    # Records that are read or written many at a time: how String#unpack has them, and their size.
    SUMMARY = "Q3d2Q4"
    SUMMARY_SIZE = 72
    BUCKET = "Q3"
    BUCKET_SIZE = 24

    FIELD_U64 = 1
    FIELD_F64 = 2
    FIELD_TEXT = 3

    SCAN_RECORDED = 0
    SCAN_LINEAR = 1
    SCAN_LOGARITHMIC = 2
    SCAN_QUANTILES = 3

    # What callbacks answer.
    GO_ON = 0
    STOP = 1

    # ---- functions
    #
    # `user` is a key of ours and no pointer. What is borrowed for the call is :buffer_in, which a String may be; what
    # is written during it is :buffer_out. :pointer is everything else: handles, structures, functions and errors.

    # The functions declared below: how many parameters, and whether the GVL is kept. For the test.
    DECLARED = {} # rubocop:disable Style/MutableConstant -- Filled by the two that follow.

    # Keeps the GVL: for what only computes, or calls back and never waits.
    def self.holds(name, parameters, result = :pointer)
      attach_function(name, parameters, result)
      DECLARED[name] = [parameters.size, true]
    end

    # Lets go of the GVL: for what may wait for a lock, since who holds it may need the GVL to go on.
    def self.releases(name, parameters, result = :pointer)
      attach_function(name, parameters, result, blocking: true)
      DECLARED[name] = [parameters.size, false]
    end
    private_class_method :holds, :releases

    holds :tb_version, [], :string

    holds :tb_error_code, [:pointer], :int32
    holds :tb_error_info, %i[pointer pointer], :void
    holds :tb_error_free, [:pointer], :void

    holds :tb_bytes_free, [:pointer], :void
    holds :tb_text_free, [:pointer], :void

    holds :tb_histogram_new, %i[pointer pointer]
    holds :tb_histogram_clone, %i[pointer pointer]
    releases :tb_histogram_free, [:pointer], :void
    releases :tb_histogram_config, %i[pointer pointer]
    releases :tb_histogram_record, %i[pointer uint64]
    releases :tb_histogram_record_n, %i[pointer uint64 uint64]
    releases :tb_histogram_record_all, %i[pointer buffer_in size_t]
    releases :tb_histogram_record_durations, %i[pointer buffer_in size_t buffer_out]
    releases :tb_histogram_len, %i[pointer buffer_out]
    releases :tb_histogram_is_empty, %i[pointer buffer_out]
    releases :tb_histogram_min, %i[pointer buffer_out buffer_out]
    releases :tb_histogram_max, %i[pointer buffer_out buffer_out]
    releases :tb_histogram_mean, %i[pointer buffer_out buffer_out]
    releases :tb_histogram_stdev, %i[pointer buffer_out buffer_out]
    releases :tb_histogram_value_at_quantile, %i[pointer double buffer_out buffer_out]
    releases :tb_histogram_values_at_quantiles, %i[pointer buffer_in size_t buffer_out buffer_out]
    releases :tb_histogram_summary, %i[pointer buffer_out buffer_out]
    releases :tb_histogram_tag, %i[pointer pointer]
    releases :tb_histogram_set_tag, %i[pointer buffer_in size_t]
    releases :tb_histogram_merge, %i[pointer pointer]
    releases :tb_histogram_render, %i[pointer uint32 double pointer]
    releases :tb_histogram_encode, %i[pointer pointer]
    releases :tb_histogram_decode, %i[buffer_in size_t pointer]

    releases :tb_histogram_buckets, %i[pointer pointer pointer]
    releases :tb_buckets_next, %i[pointer buffer_out size_t buffer_out]
    holds :tb_buckets_free, [:pointer], :void

    releases :tb_histogram_watch, %i[pointer uint64 pointer uintptr_t pointer pointer]
    releases :tb_watch_end, %i[pointer buffer_out]
    holds :tb_watch_free, [:pointer], :void

    releases :tb_replay_log_with_limit, %i[buffer_in size_t uint64 pointer uintptr_t pointer]
    holds :tb_replay_len, [:pointer], :size_t
    holds :tb_replay_histogram, %i[pointer size_t pointer]
    releases :tb_replay_free, [:pointer], :void
    releases :tb_log_writer_new, %i[buffer_in size_t double pointer]
    releases :tb_log_writer_write, %i[pointer pointer double double]
    releases :tb_log_writer_free, [:pointer], :void
  end
  private_constant :Native

  # The library's version.
  VERSION = Native.tb_version.freeze

  # The file of the C library that was loaded.
  def self.library_path = Native::PATH
end
